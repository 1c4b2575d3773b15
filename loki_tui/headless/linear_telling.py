"""Tells the events of a run one after another: keeps what later ones refer to, and calls when something waits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from loki_tui.core import events as ev
from loki_tui.core.errors import JournalError
from loki_tui.core.events import Record
from loki_tui.core.state import RunState
from loki_tui.headless.linear_desk import Desk, done
from loki_tui.headless.linear_events import Told, said, speaks, words
from loki_tui.headless.linear_past import whole_parts

RECENT = 12
"""How many of the latest events are told of a run that was opened after they happened."""


class Teller:
    """Tells each event once.

    Args:
        desk: Where it is written.
        ring: Calls a person; once for each request.
    """

    def __init__(self, desk: Desk, *, ring: Callable[[], None]) -> None:
        self.seq = 0
        """The last event told, or passed over."""
        self._desk = desk
        self._ring = ring
        self._asking: dict[str, str] = {}
        """Request to the agent that waits for its answer."""
        self._doing: dict[str, int] = {}
        """Action under way to the line that told of it."""

    def begin(self, state: RunState, earlier: Sequence[Record]) -> None:
        """Take a run up where it stands: tell the latest of what was, and all that waits.

        Args:
            state: The run as it is.
            earlier: The latest events before it.
        """
        self.seq = state.seq
        waiting = state.undecided
        before = [one for one in earlier if speaks(one.event) and getattr(one.event, "approval", "") not in waiting]
        told = {one.seq for one in before[-RECENT:]}
        if told:
            self._desk.paper.put(f"The latest {len(told)} things that happened:")
        for record in earlier:
            self._take(record, quiet=record.seq not in told)
        for approval in waiting.values():
            self._call_for(approval.request, 0, approval.stream)

    def tell(self, record: Record, *, settled: Collection[str]) -> None:
        """Tell an event.

        Args:
            record: The event.
            settled: Requests that have been decided meanwhile, which nobody needs to be called for.

        Raises:
            OutputLostError: Nothing can be written any more.
        """
        self.seq = record.seq
        if isinstance(record.event, ev.ApprovalRequested) and record.event.approval not in settled:
            self._call_for(record.event, record.seq, record.stream or "")
        else:
            self._take(record, quiet=False)

    def _call_for(self, asked: ev.ApprovalRequested, seq: int, stream: str) -> None:
        done(lambda: self._desk.tell(asked, seq=seq, stream=stream), self._desk.paper)
        self._ring()

    def _take(self, record: Record, *, quiet: bool) -> None:
        told = self._refer(record.event)
        spoken = None if quiet else words(self._whole(record.event), told)
        if spoken is None:
            return
        text, passages = spoken
        stream = f"Stream {record.stream}: " if record.stream else ""
        number = self._desk.paper.put(f"{stream}{text}", *passages, seq=record.seq)
        if isinstance(record.event, ev.ActionStarted):
            self._doing[record.event.action] = number

    def _refer(self, event: ev.Event) -> Told:
        """What an event refers to, which is forgotten with it."""
        number = self._desk.paper.number + 1
        match event:
            case ev.ModelRequested():
                self._asking[event.request] = event.agent
            case ev.ModelAnswered() | ev.ModelFailed():
                return Told(agent=self._asking.pop(event.request, "agent"), number=number)
            case ev.ActionFinished():
                line = self._doing.pop(event.action, None)
                return Told(line=None if line == number - 1 else line, number=number)
            case ev.EngineStarted():
                # What the engine before was in the middle of is not heard of again.
                self._asking.clear()
            case _:
                pass
        return Told(number=number)

    def _whole(self, event: ev.Event) -> ev.Event:
        """An answer that was too long for the journal, with all its words."""
        if not isinstance(event, ev.ModelAnswered) or event.blob is None or not said(event.parts):
            return event
        try:
            return event.model_copy(update={"parts": whole_parts(event, self._desk.history)})
        except JournalError:
            return event  # what the journal itself has of it is better than nothing
