"""A run as numbered lines that only ever grow, steered by lines typed: for ears, for braille, for slow lines.

It has a thread and a loop of its own, so that an output which takes its time never holds up the engine. What
was typed goes before what is still to be told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.headless import linear_commands as cmd
from loki_tui.headless.linear_decisions import Decisions
from loki_tui.headless.linear_desk import Desk, Typed, done
from loki_tui.headless.linear_input import Hear
from loki_tui.headless.linear_paper import WIDTH, OutputLostError, Paper
from loki_tui.headless.linear_questions import Questions
from loki_tui.headless.linear_states import view_in_words
from loki_tui.headless.linear_steering import Steering
from loki_tui.headless.linear_telling import Teller
from loki_tui.headless.summary import closing_lines, read_receipt
from loki_tui.runtime.client import BEAT, RunClient
from loki_tui.runtime.history import History

__all__ = ["Hosted", "LinearFace", "OutputLostError", "Outside"]

_LOOKED_THROUGH = 300
"""Events among which the latest worth telling are sought, where a run is opened after they happened."""


class Hosted(Protocol):
    """An engine that lives in this process."""

    def interrupt(self) -> None:
        """Bring its work to a safe place, and leave the run to be resumed."""

    def go_on(self) -> bool:
        """Give the terminal back, and work on without it.

        Returns:
            Whether there is a terminal to give back; nothing was done if not.
        """


@dataclass(frozen=True, slots=True)
class Outside:
    """What lines come from and go to."""

    listen: Callable[[Hear], None]
    """Begins to read what is typed."""
    write: Callable[[str], None]
    """Takes a line."""
    ring: Callable[[], None]
    """Calls a person."""
    width: int = WIDTH


class LinearFace:
    """Tells a run, and does what is typed.

    Args:
        client: Watches and steers the run.
        follow: Its events after a number, as they come.
        outside: Where lines come from and go to.
        hosted: The engine, where it lives in this process.
    """

    def __init__(
        self,
        client: RunClient,
        *,
        follow: Callable[[int], AsyncGenerator[list[Record], None]],
        outside: Outside,
        hosted: Hosted | None = None,
    ) -> None:
        self.gone = False
        """Whether the terminal was given back: nothing is told any more."""
        self._client = client
        self._follow = follow
        self._outside = outside
        self._hosted = hosted
        self._paper = Paper(outside.write, width=outside.width)
        self._typed: asyncio.Queue[Sequence[Typed] | None] = asyncio.Queue()
        self._left = asyncio.Event()
        self._through = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._history: History | None = None

    def finish(self) -> None:
        """Tell what is left and end: the engine is through. From any thread."""
        self._through = True
        if (history := self._history) is not None:
            history.interrupt()
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # its loop is closed: it has ended
                loop.call_soon_threadsafe(self._left.set)

    async def run(self) -> None:
        """Tell the run to its end, or until a person leaves.

        Raises:
            JournalError: The journal cannot be read.
            OutputLostError: Nothing can be written any more.
        """
        self._loop = loop = asyncio.get_running_loop()
        if self._through:
            self._left.set()
        with self._client.history() as history:
            self._history = history
            desk = Desk(self._client, history, self._paper)
            teller = Teller(desk, ring=self._outside.ring)
            self._open(desk, teller)
            self._outside.listen(lambda lines: _call(loop, self._typed.put_nowait, lines))
            await self._until_left(desk, teller)
            if not self.gone:
                self._close(teller)

    def _open(self, desk: Desk, teller: Teller) -> None:
        view = desk.view()
        desk.paper.put("Type help to hear what can be typed.")
        desk.put(view_in_words(view, datetime.now(UTC)))
        teller.begin(view.state, self._earlier(desk.history, view.state.seq))

    def _earlier(self, history: History, seq: int) -> list[Record]:
        """What is told of before; nothing where the engine has yet to begin."""
        return [] if self._hosted is not None else history.page_before(seq + 1, limit=_LOOKED_THROUGH)

    async def _until_left(self, desk: Desk, teller: Teller) -> None:
        tasks = [
            asyncio.create_task(self._tell(teller)),
            asyncio.create_task(self._hear(desk)),
            asyncio.create_task(self._wait_for_the_end()),
        ]
        try:
            finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in finished:
            task.result()

    async def _wait_for_the_end(self) -> None:
        await self._left.wait()

    async def _tell(self, teller: Teller) -> None:
        async with aclosing(self._follow(teller.seq)) as pages:
            async for page in pages:
                settled = {one.event.approval for one in page if isinstance(one.event, ev.ApprovalDecided)}
                for record in page:
                    teller.tell(record, settled=settled)
                    # Whoever types is heard at once, however much there is to tell.
                    await asyncio.sleep(0)

    async def _hear(self, desk: Desk) -> None:
        ears = Ears(desk, leave=self._leave)
        while (lines := await self._typed.get()) is not None:
            ears.hear(lines)
        ears.end()
        # The run goes on without whoever typed, and so does the telling, for as long as there is an engine.
        while self._hosted is not None or self._client.engine() is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT):
                    await self._left.wait()
                    return

    def _leave(self, quit_: cmd.Quit) -> None:
        put = self._paper.put
        if self._hosted is None:
            put(
                "Left. The run is not touched by that." if not quit_.background else "Left. Its engine lives elsewhere."
            )
            self._left.set()
        elif not quit_.background:
            put(f"Saving the work. Afterwards, to go on: loki --linear resume {self._client.run}")
            self._hosted.interrupt()
        elif self._hosted.go_on():
            self.gone = True
            self._left.set()
        else:
            put("There is no terminal to give back, so nothing was done. quit saves the work and leaves.")

    def _close(self, teller: Teller) -> None:
        """Tell what has come meanwhile, and where the work is."""
        if self._hosted is None and self._left.is_set():
            return  # a person left, who wants to hear no more
        for record in self._client.records(after=teller.seq):
            teller.tell(record, settled=frozenset())
        state = self._client.view().state
        for line in closing_lines(state, read_receipt(self._client)):
            self._paper.put(line.text)
        if not state.status.ended and self._hosted is not None:
            self._paper.put(f"The run is not over. To go on: loki --linear resume {self._client.run}")


class Ears:
    """Takes in lines as they come.

    Args:
        desk: The run.
        leave: Called when a person wants to leave.
    """

    def __init__(self, desk: Desk, *, leave: Callable[[cmd.Quit], None]) -> None:
        self._paper = desk.paper
        self._leave = leave
        self._questions = Questions(desk)
        self._decisions = Decisions(desk)
        self._steering = Steering(desk)

    def hear(self, lines: Sequence[Typed]) -> None:
        """Do what lines say that came together; of several that say nothing, only the first is answered.

        Raises:
            OutputLostError: Nothing can be written any more.
        """
        lost = 0
        for typed in lines:
            command = None if self._decisions.editing else cmd.parse(typed.text)
            if not isinstance(command, cmd.NotUnderstood):
                done(lambda typed=typed, command=command: self._do(typed, command), self._paper)  # type: ignore[misc]
                continue
            lost += 1
            if lost == 1:
                self._paper.put(command.why)
        if lost > 1:
            self._paper.put(f"Of what came with it, {lost - 1:,} more lines were not understood and did nothing.")

    def end(self) -> None:
        """Nothing more will come."""
        self._decisions.give_up("since the input ended")

    def _do(self, typed: Typed, command: cmd.Command | None) -> None:
        match command:
            case None:
                self._decisions.take(typed.text)
            case cmd.Quit():
                self._leave(command)
            case cmd.Approve() | cmd.ApproveForRun() | cmd.Deny() | cmd.Edit():
                self._decisions.decide(command, typed)
            case cmd.Nothing() | cmd.NotUnderstood():
                pass
            case _ if isinstance(command, cmd.Steering):
                self._steering.ask(command)
            case _:
                self._questions.answer(command)


def _call(
    loop: asyncio.AbstractEventLoop, act: Callable[[Sequence[Typed] | None], None], lines: Sequence[Typed] | None
) -> None:
    with suppress(RuntimeError):  # its loop is closed: nobody listens any more
        loop.call_soon_threadsafe(act, lines)
