"""The reading thread of a run: what is in its journal, then what comes, and whether its engine still lives.

It decodes and hands over; it never touches the state that the screen owns.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loki_tui.core.errors import LokiError
from loki_tui.core.events import Record
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Sample
from loki_tui.runtime.client import Holder, RunClient
from loki_tui.runtime.history import IterationMarks
from loki_tui.tui.threads import LoopThread

if TYPE_CHECKING:
    from loki_tui.runtime.vitals import Vitals

OPENED_WITH = 200
"""Records the feed begins with."""
AHEAD = 10
"""Pages that may wait to be taken in: the journal holds the rest better than memory does."""
BEAT = 1.0
"""Seconds between looks whether the engine still lives, and what it uses."""
RESTING_BEAT = 4.0
"""The same, where the run stands still."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A run as it was found."""

    state: RunState
    records: list[Record]
    """The latest."""
    iterations: IterationMarks
    engine: Holder | None


@dataclass(frozen=True, slots=True)
class Pulse:
    """Who is at work, and what that takes."""

    engine: Holder | None
    vitals: Sample | None


MakeVitals = Callable[["int | None"], "Vitals"]
"""Measures the engine in a process."""

Read = Opening | Pulse | list[Record] | LokiError
"""What a reader hands over."""


class RunReader:
    """Reads one run on a thread of its own.

    Args:
        client: The run.
        follow: Its events after one of them, by page, as they come.
        hand_over: Takes what was read; called on the thread.
        at_work: Whether time passes for the run, so that what it takes is worth measuring.
        vitals: Measures the engine in a process.
        on_break: Told where the reading broke off with what nobody expected: `error`.
    """

    def __init__(
        self,
        client: RunClient,
        *,
        follow: Callable[[int], AsyncGenerator[list[Record], None]],
        hand_over: Callable[[Read], None],
        at_work: Callable[[], bool],
        vitals: MakeVitals | None = None,
        on_break: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._follow = follow
        self._hand_over = hand_over
        self._at_work = at_work
        self._vitals_of = vitals
        self._ahead = 0
        self._room = asyncio.Event()
        self._thread = LoopThread(self._read, name=f"read-{client.run}", on_break=on_break)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End it, soon."""
        self._thread.cancel()

    def taken(self) -> None:
        """A page was taken in; from any thread."""
        self._thread.call(self._make_room)

    def _make_room(self) -> None:
        self._ahead -= 1
        self._room.set()

    async def _hand_over_page(self, page: list[Record]) -> None:
        while self._ahead >= AHEAD:
            self._room.clear()
            await self._room.wait()
        self._ahead += 1
        self._hand_over(page)

    @property
    def error(self) -> BaseException | None:
        """What it broke off with, where nobody expected that."""
        return self._thread.error

    async def _read(self) -> None:
        try:
            opening = self._open()
            self._hand_over(opening)
            if opening.state.status.ended:
                return
            pulse = asyncio.create_task(self._feel_pulse(opening))
            try:
                async with aclosing(self._follow(opening.state.seq)) as pages:
                    async for page in pages:
                        await self._hand_over_page(page)
            finally:
                pulse.cancel()
        except LokiError as error:
            self._hand_over(error)

    def _open(self) -> Opening:
        with self._client.history() as history:
            state = history.state_at()
            records = history.page_before(state.seq + 1, limit=OPENED_WITH)
            return Opening(state, records, history.iterations(), self._client.engine())

    async def _feel_pulse(self, opening: Opening) -> None:
        """See whether an engine is at work and what it takes."""
        from loki_tui.runtime.vitals import Vitals  # noqa: PLC0415 (not before the run is on the screen)

        vitals_of = self._vitals_of or Vitals
        engine, vitals, before = opening.engine, vitals_of(None), None
        while True:
            found = self._client.engine()
            if found != engine or before is None:
                engine, vitals = found, vitals_of(found.pid if found else None)
            if before is None or self._at_work():
                # Of a run that stands still, nothing on the screen moves.
                before = vitals.read()
            self._hand_over(Pulse(engine, before))
            await asyncio.sleep(BEAT if self._at_work() else RESTING_BEAT)
