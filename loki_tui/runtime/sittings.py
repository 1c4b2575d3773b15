"""All sittings of a run's council, from its records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from loki_tui.core import events as ev
from loki_tui.core.events import Record

KINDS = frozenset({"council_convened", "vote_cast", "council_decided", "member_calibrated"})
"""Kinds of events that tell of them."""


@dataclass(slots=True)
class Sitting:
    """One sitting, as far as it has got."""

    convened: ev.CouncilConvened
    at: datetime
    votes: list[ev.VoteCast] = field(default_factory=list)
    decided: ev.CouncilDecided | None = None
    calibrations: list[ev.MemberCalibrated] = field(default_factory=list)

    @property
    def standing(self) -> str:
        """What it came to, in a word or two."""
        if self.decided is None:
            return "not decided"
        return "approved" if self.decided.approved else "rejected"


def sittings(records: Iterable[Record]) -> Iterator[Sitting]:
    """Each sitting as soon as the next one begins, the last one at the end.

    Args:
        records: Of `KINDS`, in order.
    """
    sitting: Sitting | None = None
    for record in records:
        match record.event:
            case ev.CouncilConvened() as convened:
                if sitting is not None:
                    yield sitting
                sitting = Sitting(convened, record.at)
            case ev.VoteCast() as vote if sitting is not None and vote.sitting == sitting.convened.sitting:
                sitting.votes.append(vote)
            case ev.CouncilDecided() as decided if sitting and decided.sitting == sitting.convened.sitting:
                sitting.decided = decided
            case ev.MemberCalibrated() as calibrated if sitting:
                sitting.calibrations.append(calibrated)
            case _:
                pass
    if sitting is not None:
        yield sitting
