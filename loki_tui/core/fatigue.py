"""How much a person is asked, and whether they still look: approvals that are waved through protect nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from loki_tui.core.state import RECENT_ANSWERS, RunState

WINDOW = timedelta(hours=1)
"""How far back it is counted."""

MANY = 20
"""Answers within that time from which on one can tell a habit."""

GLANCE = 3.0
"""Seconds in which nobody reads what a command would do."""

NEARLY_ALL = 0.95
"""Share of answers that are approvals at a glance, from which on they are taken for a habit."""


@dataclass(frozen=True, slots=True)
class Fatigue:
    """The last hour of a run's questions."""

    asked: int
    """Questions that people answered within the hour, and those that wait."""
    answered: int
    approved: int
    glanced: int
    """Approved within `GLANCE` of having come up."""

    @property
    def share(self) -> float | None:
        """Of the answers, how many are approvals, from 0 to 1; none where there are no answers."""
        return self.approved / self.answered if self.answered else None

    @property
    def more(self) -> bool:
        """Whether there may have been more than a state remembers."""
        return self.answered >= RECENT_ANSWERS

    @property
    def waved_through(self) -> bool:
        """Whether it looks as if nobody reads any more what is asked."""
        return self.answered >= MANY and self.glanced >= NEARLY_ALL * self.answered


def fatigue_of(state: RunState, now: datetime) -> Fatigue:
    """What a person was asked in the hour before a moment.

    Args:
        state: The run.
        now: The moment: the present, or that of the event looked back at.
    """
    since = now - WINDOW
    answers = [answer for answer in state.answers if answer.at > since]
    approved = [answer for answer in answers if answer.approved]
    return Fatigue(
        asked=len(answers) + len(state.undecided),
        answered=len(answers),
        approved=len(approved),
        glanced=sum(answer.seconds < GLANCE for answer in approved),
    )
