"""One run as the application has it open: its state as it grows, and the way back through it.

A thread reads the journal, decodes events and leaves them here; the screen takes them into the
state when it is ready to paint. So a burst of events never holds up a key, and the state has one
owner. Whether the engine lives in this process, in another one or nowhere any more makes no
difference to what is read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError
from loki_tui.core.events import Record
from loki_tui.core.fold import apply
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Sample, Status
from loki_tui.runtime.client import Holder, RunClient, RunView
from loki_tui.runtime.history import History, IterationMarks
from loki_tui.tui.feed import Feed
from loki_tui.tui.past import Answer, Past
from loki_tui.tui.picture import Picture
from loki_tui.tui.reading import MakeVitals, Opening, Pulse, Read, RunReader
from loki_tui.tui.scope import Scope, hush

if TYPE_CHECKING:
    from loki_tui.runtime.host import RunHost
    from loki_tui.tui.engine_thread import EngineThread

AT_ONCE = 400
"""Records taken into the state before the screen may paint and hear keys again: some 5 ms."""
LOOKED_AT = 80
"""Records that a look back begins with: more than a screen holds, in a few milliseconds."""
SPOKEN = 4_000
"""Characters kept of what is being said right now."""

_Moment = tuple[RunState, list[Record]]
"""A state, and the records that led to it."""


class RunSession:
    """One run, opened.

    Args:
        client: Watches and steers it.
        host: Holds its engine, where that is to live in this process.
        now: The present, in UTC.
        vitals: Measures the engine in a process.
    """

    def __init__(
        self,
        client: RunClient,
        *,
        host: RunHost | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        vitals: MakeVitals | None = None,
    ) -> None:
        self.client = client
        self._now = now
        self.state = RunState(run=client.run)
        """As of the events taken in so far; the screen's thread alone touches it."""
        self.feed = Feed()
        self.iterations = IterationMarks()
        self.scope = Scope("", self.iterations, self.feed)
        """What is looked at: all of it, or one stream."""
        self.engine: Holder | None = None
        self.vitals: Sample | None = None
        self.opened = False
        """Whether what was in the journal has been taken in."""
        self.trouble: LokiError | None = None
        """Why the run cannot be read any further."""
        self.hosted: EngineThread | None = None
        """The engine, where it lives in this process."""
        self.turned_down: dict[str, str] = {}
        """Approvals that the engine did not take a decision on, with why; whoever sent it takes it out."""
        self.thinking: dict[str, str] = {}
        self.printing: dict[str, str] = {}
        self._inbox: deque[Read] = deque()
        self._spoken: deque[tuple[dict[str, str], str, str]] = deque()
        self._notify: Callable[[], None] = lambda: None
        self._reader = RunReader(
            client,
            follow=self._follow,
            hand_over=self._take_over,
            at_work=lambda: self.at_work,
            vitals=vitals,
            on_break=self._tell,
        )
        self._past = Past(client)
        if host is not None:
            self.host_engine(host)

    # -- the engine, where it lives here --------------------------------------------------------

    def host_engine(self, host: RunHost) -> None:
        """Give the run an engine in this process; it starts at once."""
        from loki_tui.tui.engine_thread import EngineThread  # noqa: PLC0415 (not wanted where one only looks)

        self.hosted = EngineThread(host, on_text=self._hear, on_end=self._tell)
        self.hosted.start()

    def _tell(self) -> None:
        self._notify()

    def _hear(self, kind: str, who: str, text: str) -> None:
        """Take in what is being said; called on the engine's thread."""
        self._spoken.append((self.thinking if kind == "text" else self.printing, who, text))
        self._notify()

    # -- reading --------------------------------------------------------------------------------

    def start(self, notify: Callable[[], None]) -> None:
        """Begin to read.

        Args:
            notify: Told, on some other thread, that there is something to take in.
        """
        self._notify = notify
        self._reader.start()

    def _follow(self, after: int) -> AsyncGenerator[list[Record], None]:
        if self.hosted is not None:
            return self.hosted.host.follow_pages(after=after)
        return self.client.follow_pages(after)

    def _take_over(self, read: Read) -> None:
        """Leave what was read to be taken in; called on the reading thread."""
        self._inbox.append(read)
        self._notify()

    # -- taking in ------------------------------------------------------------------------------

    def take_in(self) -> tuple[set[str], bool]:
        """Take what has come into the state, a bounded amount at a time.

        Returns:
            What changed: kinds of events, and `opened`, `pulse` or `spoken`; and whether more waits.

        Raises:
            BaseException: What the reading broke off with, where that is a defect.
        """
        if (broke := self._reader.error) is not None:
            raise broke
        changed: set[str] = set()
        taken = 0
        while self._inbox and taken < AT_ONCE:
            match item := self._inbox.popleft():
                case Opening():
                    self._take_opening(item)
                    changed.add("opened")
                case Pulse():
                    if (self.engine, self.vitals) != (item.engine, item.vitals):
                        self.engine, self.vitals = item.engine, item.vitals
                        changed.add("pulse")
                case LokiError():
                    self.trouble = item
                    changed.add("trouble")
                case list():
                    self._take_records(item, changed)
                    self._reader.taken()
                    taken += len(item)
        if self._spoken:
            self._take_spoken()
            changed.add("spoken")
        return changed, bool(self._inbox)

    def _take_opening(self, opening: Opening) -> None:
        self.state, self.engine, self.opened = opening.state, opening.engine, True
        self.iterations = opening.iterations
        self.feed = Feed()
        self.feed.take(opening.records)
        self.scope = Scope("", self.iterations, self.feed)

    def _take_records(self, records: list[Record], changed: set[str]) -> None:
        for record in records:
            apply(self.state, record)
            event = record.event
            changed.add(event.kind)
            match event:
                case ev.IterationStarted() | ev.IterationFinished():
                    self.iterations.take(record)
                case ev.ModelAnswered() | ev.ModelFailed():
                    hush(self.thinking, record.stream, self.state)
                case ev.Warned(approval=name) if name:
                    self.turned_down[name] = event.message
                case ev.ActionFinished():
                    self.printing.pop(event.action, None)
                case ev.EngineStarted():
                    # What the one before was in the middle of will not be heard of again.
                    self.thinking.clear()
                    self.printing.clear()
        self.feed.take(records)
        if self.scope.stream:
            self.scope.take(records)

    def _take_spoken(self) -> None:
        while self._spoken:
            where, who, text = self._spoken.popleft()
            where[who] = (where.get(who, "") + text)[-SPOKEN:]

    # -- what is seen ---------------------------------------------------------------------------

    @property
    def at_work(self) -> bool:
        """Whether time passes for this run: something is going on that is not yet an event."""
        return self.engine is not None and self.state.status in (Status.RUNNING, Status.STOPPING)

    def picture(self) -> Picture:
        """The run as it is now."""
        now = self._now()
        return Picture(
            view=RunView(self.state, self.engine),
            now=max(now, self.state.at),
            live=True,
            last_seq=self.state.seq,
            iterations=self.scope.iterations,
            vitals=self.vitals,
            thinking=self.scope.heard(self.thinking, self.state),
            printing=self.printing,
            stream=self.scope.stream,
        )

    async def look_back(self, seq: int) -> tuple[Picture, Feed]:
        """The run as it was right after an event.

        Raises:
            LokiError: The journal cannot be read.
        """
        seq, among = max(1, min(seq, self.state.seq)), self.scope.stream or None
        return self._as_it_was(await self.ask(lambda history: _moment(history, seq, among)))

    async def walk(self, start: int, steps: int, *, kinds: frozenset[str]) -> tuple[Picture, Feed] | None:
        """The run as it was some steps from an event.

        Args:
            start: The event.
            steps: How many; below zero backwards.
            kinds: Events that count as a step.

        Returns:
            None where there is no step to go.

        Raises:
            LokiError: The journal cannot be read.
        """
        among = self.scope.stream or None

        def question(history: History) -> _Moment | None:
            seq = start
            for _ in range(abs(steps)):
                found = history.next_of(kinds, start=seq, backwards=steps < 0, stream=among)
                if found is None:
                    break
                seq = found
            return _moment(history, seq, among) if seq != start else None

        moment = await self.ask(question)
        return self._as_it_was(moment) if moment is not None else None

    def _as_it_was(self, moment: _Moment) -> tuple[Picture, Feed]:
        state, records = moment
        feed = Feed()
        feed.take(records)
        view, last = RunView(state, self.engine), self.state.seq
        marks, stream = self.scope.iterations, self.scope.stream
        return Picture(view, state.at, live=False, last_seq=last, iterations=marks, stream=stream), feed

    async def ask(self, question: Callable[[History], Answer]) -> Answer:
        """Ask the past something, on a thread of its own.

        Raises:
            LokiError: The journal cannot be read.
        """
        return await self._past.ask(question)

    async def do(self, act: Callable[[RunClient], Answer]) -> Answer:
        """Ask something of the run's engine, on the same thread: the journal may be busy.

        Raises:
            LokiError: It could not be asked.
        """
        return await self._past.do(act)

    def close(self) -> None:
        """Stop reading. An engine that lives here is not touched."""
        self._notify = lambda: None
        self._reader.stop()
        self._past.close()


def _moment(history: History, seq: int, stream: str | None) -> _Moment:
    return history.state_at(seq), history.page_before(seq + 1, limit=LOOKED_AT, stream=stream)
