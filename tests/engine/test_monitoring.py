"""The machine's load in the journal, and a warning when it gets high: one each time, not one each look."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError
from loki_tui.core.events import Event, Record
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Sample
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.engine import Engine
from loki_tui.engine.monitoring import Monitor
from loki_tui.engine.places import Places
from loki_tui.engine.ports import Machine
from loki_tui.engine.throttling import Throttle
from tests.support.life import created
from tests.support.memory import MemoryJournal
from tests.support.runs import make_bench
from tests.support.scripted import QUIET, FakeClock, Held, ScriptedMachine, ScriptedModel, finishes

INTERVAL = 300.0
BUSY = QUIET.model_copy(update={"cpu_percent": 93.4})
FULL = QUIET.model_copy(update={"memory_percent": 80.1})
JUST_RIGHT = QUIET.model_copy(update={"cpu_percent": 80.0, "memory_percent": 80.0})
BOTH = BUSY.model_copy(update={"memory_percent": 99.0})


class Watch:
    """A monitor at work, and what it journals."""

    def __init__(self, machine: Machine, journal: MemoryJournal, settings: Settings) -> None:
        self.clock = FakeClock()
        self.chronicle = Chronicle(journal)
        self._records: asyncio.Queue[Record] = asyncio.Queue()
        self.chronicle.observe(self._records.put_nowait)
        self.places = Places(settings.max_parallel_agents)
        self.monitor = Monitor(
            self.chronicle, machine, self.clock, settings, throttle=Throttle(self.chronicle, self.places, self.clock)
        )

    async def next(self) -> Event:
        """The next event, once it is there."""
        async with asyncio.timeout(10):
            return (await self._records.get()).event

    async def looks(self, count: int) -> list[Event]:
        """All events of this many looks, with the interval between any two."""
        events: list[Event] = []
        for look in range(count):
            if look:
                await self.clock.sleep(INTERVAL)
            events.append(await self.next())
            while not self._records.empty():
                events.append(self._records.get_nowait().event)
        return events


@asynccontextmanager
async def watching(
    *loads: Sample | LokiError, journal: MemoryJournal | None = None, **settings: object
) -> AsyncIterator[Watch]:
    if journal is None:
        journal = MemoryJournal()
        journal.append(created())
    watch = Watch(ScriptedMachine(*loads), journal, Settings.model_validate(settings))
    task = asyncio.create_task(watch.monitor.watch())
    try:
        yield watch
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def overs(events: list[Event]) -> list[tuple[str, ...]]:
    return [event.over for event in events if isinstance(event, ev.ResourcesSampled)]


def warnings(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, ev.Warned)]


async def test_it_looks_at_once_and_then_once_an_interval() -> None:
    async with watching(QUIET, JUST_RIGHT) as watch:
        assert await watch.next() == ev.ResourcesSampled(sample=QUIET)
        await watch.clock.sleep(INTERVAL - 1)
        assert len(watch.chronicle.state.samples) == 1
        await watch.clock.sleep(1)
        assert await watch.next() == ev.ResourcesSampled(sample=JUST_RIGHT)
        (first, second) = watch.chronicle.state.samples
    assert (first.sample, second.sample) == (QUIET, JUST_RIGHT)
    assert second.at - first.at == timedelta(seconds=1)


async def test_a_threshold_is_warned_of_each_time_it_is_crossed_and_not_while_it_stays_so() -> None:
    async with watching(QUIET, BUSY, BUSY, QUIET, BUSY) as watch:
        events = await watch.looks(5)
    assert overs(events) == [(), ("cpu",), ("cpu",), (), ("cpu",)]
    assert [event.kind for event in events] == [
        "resources_sampled",
        "resources_sampled",
        "warned",
        "parallel_work_limited",
        "resources_sampled",
        "parallel_work_limited",
        "resources_sampled",
        "parallel_work_limited",
        "resources_sampled",
        "warned",
        "parallel_work_limited",
    ]
    assert warnings(events)[0] == (
        "The machine's CPU is at 93.4 %, above the 80 % of LOKI_RESOURCE_CPU_THRESHOLD; "
        "the run's own processes use 1.5 cores."
    )


def limits(events: list[Event]) -> list[tuple[int, tuple[str, ...]]]:
    return [(event.agents, event.over) for event in events if isinstance(event, ev.ParallelWorkLimited)]


async def test_parallel_work_is_throttled_while_a_threshold_is_exceeded_and_let_go_again_afterwards() -> None:
    async with watching(QUIET, BUSY, BOTH, FULL, BUSY, QUIET, QUIET, QUIET, QUIET, QUIET) as watch:
        events = await watch.looks(5)
        assert limits(events) == [(5, ("cpu",)), (2, ("cpu", "memory")), (1, ("memory",))]
        assert (watch.places.allowed, watch.chronicle.state.agents_limited) == (1, 1)
        assert watch.places.number == 10
        await watch.clock.sleep(INTERVAL)
        assert limits(await watch.looks(5)) == [(2, ()), (4, ()), (8, ()), (10, ())]
        assert (watch.places.allowed, watch.chronicle.state.agents_limited) == (10, None)


async def test_the_engine_that_takes_a_run_up_throttles_on() -> None:
    journal = MemoryJournal()
    over = ("cpu",)
    journal.append(
        created(), ev.ResourcesSampled(sample=BUSY, over=over), ev.ParallelWorkLimited(agents=5, of=10, over=over)
    )
    async with watching(BUSY, journal=journal) as watch:
        assert limits(await watch.looks(1)) == [(2, ("cpu",))]


async def test_one_agent_is_never_throttled() -> None:
    async with watching(FULL, max_parallel_agents=1) as watch:
        assert limits(await watch.looks(2)) == []
        assert watch.places.allowed == 1


async def test_each_threshold_is_warned_of_by_itself() -> None:
    async with watching(FULL, BOTH, BUSY) as watch:
        events = await watch.looks(3)
    assert overs(events) == [("memory",), ("cpu", "memory"), ("cpu",)]
    (memory, cpu) = warnings(events)
    assert memory.startswith("The machine's memory is at 80.1 %, above the 80 % of LOKI_RESOURCE_MEM_THRESHOLD")
    assert memory.endswith("use 1.5 GiB.")
    assert "CPU" in cpu


async def test_thresholds_are_the_settings() -> None:
    async with watching(QUIET, QUIET, resource_cpu_threshold=4, resource_mem_threshold=10) as watch:
        assert overs(await watch.looks(2)) == [(), ("cpu",)]


async def test_a_moment_at_the_start_is_no_measure_of_the_cpu() -> None:
    async with watching(BOTH) as watch:
        assert overs(await watch.looks(2)) == [("memory",), ("cpu", "memory")]


async def test_the_engine_that_takes_a_run_up_does_not_repeat_the_warning() -> None:
    journal = MemoryJournal()
    journal.append(created(), ev.ResourcesSampled(sample=BOTH, over=("cpu", "memory")))
    async with watching(BOTH, journal=journal) as watch:
        events = await watch.looks(2)
    assert overs(events) == [("cpu", "memory")] * 2
    assert warnings(events) == []


async def test_a_machine_that_does_not_tell_is_said_once_and_asked_again() -> None:
    blind = LokiError("The machine's load cannot be read: no.")
    async with watching(blind, blind, QUIET, blind) as watch:
        (first,) = await watch.looks(1)
        assert warnings([first]) == ["Resources are not watched: The machine's load cannot be read: no."]
        await watch.clock.sleep(INTERVAL)
        while len(watch.chronicle.state.samples) == 0:
            await watch.clock.sleep(INTERVAL)
        assert await watch.next() == ev.ResourcesSampled(sample=QUIET)
        await watch.clock.sleep(INTERVAL)
        assert warnings([await watch.next()]) == warnings([first])


async def test_nothing_comes_after_the_end_of_the_run() -> None:
    class Slow(ScriptedMachine):
        asked, let_go = threading.Event(), threading.Event()

        def sample(self) -> Sample:
            self.asked.set()
            self.let_go.wait(10)
            return super().sample()

    class Clock(FakeClock):
        look_is_over = asyncio.Event()

        async def elapse(self, seconds: float) -> None:
            self.look_is_over.set()
            await super().elapse(seconds)

    journal = MemoryJournal()
    journal.append(created())
    slow, clock, chronicle = Slow(), Clock(), Chronicle(journal)
    task = asyncio.create_task(
        Monitor(chronicle, slow, clock, Settings(), throttle=Throttle(chronicle, Places(10), clock)).watch()
    )
    await asyncio.to_thread(slow.asked.wait, 10)
    chronicle.note(ev.RunClosed(outcome="stopped", reason="enough"))
    slow.let_go.set()
    async with asyncio.timeout(10):
        await clock.look_is_over.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [record.event.kind for record in journal.records()] == ["run_created", "run_closed"]


async def test_an_engine_watches_while_it_works(tmp_path: Path) -> None:
    held = Held(finishes(claims_done=False))
    bench = make_bench(tmp_path, ScriptedModel(held), max_iterations=1)
    async with bench.engine():
        assert bench.world is not None
        engine = Engine(replace(bench.world, machine=ScriptedMachine(QUIET, BUSY)), bench.settings)
        run = asyncio.create_task(engine.run())
        await bench.until(lambda state: len(state.samples) == 1)
        await held.begun.wait()
        await bench.clock.sleep(INTERVAL)
        state = await bench.until(lambda state: len(state.samples) == 2)
        assert [taken.over for taken in state.samples] == [(), ("cpu",)]
        assert "CPU is at 93.4 %" in state.warnings[-1]
        held.go_on.set()
        assert await run == "exhausted"
    assert bench.kinds()[-1] == "run_closed"
