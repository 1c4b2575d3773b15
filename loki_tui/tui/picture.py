"""What the panes are made from: one run at one moment, now or looked back on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from loki_tui.runtime.history import IterationMark, IterationMarks

if TYPE_CHECKING:
    from loki_tui.core.state import RunState
    from loki_tui.core.vocabulary import Sample, Status
    from loki_tui.runtime.client import RunView


@dataclass(slots=True)
class Picture:
    """A run as the screen shows it. Every pane is a function of this and of its own width."""

    view: RunView
    now: datetime
    """The moment that is shown: the present for a run that is watched, else that of the event looked at."""
    live: bool
    """Whether this is the present, not a look back."""
    last_seq: int
    """The newest event of the run, which a look back has not reached."""
    iterations: IterationMarks = field(default_factory=IterationMarks)
    """All of the run's iterations, later ones than the moment shown included."""
    vitals: Sample | None = None
    """The machine and the run's processes right now, where they are on this machine."""
    thinking: Mapping[str, str] = field(default_factory=dict)
    """Agent to the end of what it is saying, while it is saying it."""
    printing: Mapping[str, str] = field(default_factory=dict)
    """Action to the end of its output, while it runs."""
    stream: str = ""
    """The stream of a parallel run that is looked at by itself; empty where the whole run is."""

    @property
    def state(self) -> RunState:
        """The folded state of what is looked at: of the run, or of one stream, which is of the same kind."""
        found = self.whole.streams.get(self.stream) if self.stream else None
        return found.state if found is not None else self.whole

    @property
    def whole(self) -> RunState:
        """The run's, whatever is looked at: approvals, council, resources and streams are the run's as a whole."""
        return self.view.state

    @property
    def seq(self) -> int:
        """The event whose moment is shown."""
        return self.last_seq if self.live else self.whole.seq

    @property
    def in_flight(self) -> frozenset[str]:
        """The actions under way, those in streams included where the whole run is looked at."""
        streams = [] if self.stream else [each.state for each in self.whole.streams.values()]
        return frozenset().union(self.state.in_flight, *(each.in_flight for each in streams))

    @property
    def status(self) -> Status:
        """The run's status; a look back cannot tell a crash from a run that went on."""
        return self.view.status if self.live else self.whole.status

    @property
    def reason(self) -> str:
        """Why it is so."""
        return self.view.reason if self.live else self.whole.reason

    @property
    def worked_until(self) -> datetime:
        """The moment up to which work went on: without an engine that of the last event, however long ago that is."""
        return self.now if self.view.engine is not None else self.whole.at

    @property
    def elapsed(self) -> timedelta:
        """How long the run had been going."""
        return self.state.elapsed(self.worked_until)

    @property
    def past_iterations(self) -> IterationMarks:
        """The iterations begun by the moment shown."""
        return self.iterations if self.live else self.iterations.begun_by(self.whole.seq)

    def pace(self, latest: int = 5) -> tuple[Decimal, timedelta] | None:
        """What the latest finished iterations cost and took together; none before the first has finished."""
        seq = self.seq
        finished = list(islice((mark for mark in reversed(self.past_iterations) if _finished_by(mark, seq)), latest))
        if not finished:
            return None
        spent = sum((mark.spent for mark in finished), Decimal(0))
        took = sum(((mark.finished_at or mark.started_at) - mark.started_at for mark in finished), timedelta())
        return spent, took


def _finished_by(mark: IterationMark, seq: int) -> bool:
    return mark.finished_seq is not None and mark.finished_seq <= seq
