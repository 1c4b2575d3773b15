"""The engine's heartbeat: what it is at, how late its loop was, and what counts as hung."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError
from loki_tui.core.heartbeat import INTERVAL, Beat
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Purpose, Risk
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.ports import Live
from loki_tui.engine.pulse import GRACE, MODEL_PATIENCE, PROBE, Pulse
from loki_tui.store.heartbeat import age, read_heartbeat
from tests.support.life import created
from tests.support.memory import MemoryJournal
from tests.support.runs import make_bench
from tests.support.scripted import FakeClock, Held, ScriptedModel, finishes

ASKED = ev.ModelRequested(request="m1", purpose=Purpose.WORK, agent="agent", model="sonnet")


def action(tool: str, **given: float) -> ev.ActionStarted:
    return ev.ActionStarted(action="a1", call="c1", agent="agent", tool=tool, input=dict(given), risk=Risk.RUN)


class Listener:
    """Hears every beat, or cannot."""

    def __init__(self) -> None:
        self.beats: queue.Queue[Beat] = queue.Queue()
        self.deaf = False

    def beat(self, beat: Beat) -> None:
        self.beats.put(beat)
        if self.deaf:
            raise LokiError("The disk is gone.")


class Beating:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.heart = Listener()
        journal = MemoryJournal()
        journal.append(created())
        self.chronicle = Chronicle(journal)
        self.pulse = Pulse(self.chronicle, self.heart, self.clock, Settings())

    async def next(self) -> Beat:
        """The next beat."""
        async with asyncio.timeout(10):
            while self.heart.beats.empty():
                await self.clock.sleep(PROBE)
                await asyncio.sleep(0)
        return self.heart.beats.get()


@asynccontextmanager
async def beating() -> AsyncIterator[Beating]:
    here = Beating()
    task = asyncio.create_task(here.pulse.beat())
    try:
        yield here
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_beats_at_once_and_then_at_every_interval() -> None:
    async with beating() as here:
        first = await here.next()
        assert (first.run, first.seq, first.status, first.work) == (here.chronicle.state.run, 1, "running", ())
        begun = here.clock.monotonic()
        await here.next()
        assert here.clock.monotonic() - begun >= INTERVAL - PROBE


async def test_what_is_under_way_is_told_until_it_ends_and_hangs_once_it_is_quiet_for_too_long() -> None:
    async with beating() as here:
        await here.next()
        here.chronicle.note(ASKED)
        (work,) = (await here.next()).work
        assert (work.kind, work.name, work.what, work.hangs) == ("model", "m1", "sonnet", False)
        await here.clock.sleep(MODEL_PATIENCE)
        while not (told := (await here.next()).work[0]).hangs:
            assert told.quiet <= MODEL_PATIENCE
        here.pulse.hearing(Live()).on_text("agent", "a word")
        assert not (await here.next()).work[0].hangs
        here.chronicle.note(ev.ModelFailed(request="m1", fault="stalled", message="gone"))
        while (await here.next()).work:
            pass


async def test_a_command_may_take_as_long_as_it_was_given() -> None:
    async with beating() as here:
        here.chronicle.note(action("shell", timeout_seconds=30.0))
        (work,) = (await here.next()).work
        assert (work.what, work.patience) == ("shell", 30 + GRACE)
        here.chronicle.note(action("shell"))
        assert (await here.next()).work[0].patience == Settings().command_timeout + GRACE
        here.chronicle.note(action("delegate"))
        assert Beat.model_validate_json((await here.next()).model_dump_json()).work[0].patience > 1e6


async def test_nothing_hangs_while_a_person_is_waited_for() -> None:
    async with beating() as here:
        here.chronicle.note(ASKED, ev.RunPaused(by="person", reason="lunch"))
        await here.clock.sleep(10_000)
        while not (beat := await here.next()).waits:
            pass
        here.chronicle.note(ev.RunContinued())
        await here.next()
        beat = await here.next()
        assert (beat.waits, beat.work[0].hangs) == (False, False)


async def test_a_loop_that_is_late_is_told_once() -> None:
    async with beating() as here:
        await here.next()
        async with asyncio.timeout(10):
            while not here.clock._awaited:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0)
        await here.clock.sleep(PROBE + 7)
        lags = [(await here.next()).lag for _ in range(3)]
        assert 6.9 <= max(lags) <= 8
        assert lags[-1] < 1


async def test_a_heartbeat_that_cannot_be_written_stops_nothing_and_is_said_once() -> None:
    async with beating() as here:
        here.heart.deaf = True
        for _ in range(3):
            await here.next()
        await here.clock.sleep(PROBE)
        assert [w for w in here.chronicle.state.warnings if "heartbeat" in w] == [
            "The engine's heartbeat cannot be written: The disk is gone."
        ]


async def test_an_engine_beats_where_others_can_see_it(tmp_path: Path) -> None:
    held = Held(finishes(claims_done=False))
    bench = make_bench(tmp_path, ScriptedModel(held), max_iterations=1)
    async with bench.engine() as engine:
        run = asyncio.create_task(engine.run())
        await held.begun.wait()
        state = bench.around.project.state
        async with asyncio.timeout(20):
            while (beat := read_heartbeat(state)) is None or not beat.beat.work:
                await bench.clock.sleep(INTERVAL)
                await asyncio.sleep(0)
        assert beat.beat.work[0].kind == "model"
        assert age(beat) < 60
        assert (state.heartbeat.stat().st_mode & 0o077) == 0 or state.root.stat().st_mode & 0o077 == 0
        held.go_on.set()
        assert await run == "exhausted"
