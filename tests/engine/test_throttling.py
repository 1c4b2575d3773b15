"""Fewer agents work while the machine has too much to do or the provider refuses, and more again after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelFault
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.places import Places
from loki_tui.engine.throttling import AT_ONCE, CALM, RATE_LIMIT, Throttle
from tests.support.life import created
from tests.support.memory import MemoryJournal
from tests.support.scripted import FakeClock


@dataclass
class Watch:
    chronicle: Chronicle
    places: Places
    clock: FakeClock
    throttle: Throttle

    async def refused(self) -> None:
        """The provider says that there are too many requests."""
        name = f"m{self.chronicle.run.requests + 1}"
        self.chronicle.note(ev.ModelRequested(request=name, purpose=Purpose.WORK, agent="agent", model="m"))
        self.chronicle.note(ev.ModelFailed(request=name, fault=ModelFault.RATE_LIMITED, message="429"))
        for _ in range(5):
            await asyncio.sleep(0)

    async def passes(self, seconds: float) -> None:
        await self.clock.sleep(seconds)
        for _ in range(5):
            await asyncio.sleep(0)

    def said(self) -> list[tuple[int, tuple[str, ...]]]:
        """Every change, with its reason."""
        events = (record.event for record in self.chronicle.records())
        return [(event.agents, event.over) for event in events if isinstance(event, ev.ParallelWorkLimited)]


@asynccontextmanager
async def watching(number: int = 8, *, at_work: int = 8) -> AsyncIterator[Watch]:
    journal = MemoryJournal()
    journal.append(created())
    chronicle, places, clock = Chronicle(journal), Places(number), FakeClock()
    places.taken = at_work
    throttle = Throttle(chronicle, places, clock)
    tasks = [asyncio.create_task(throttle.heed()), asyncio.create_task(throttle.watch())]
    await asyncio.sleep(0)
    try:
        yield Watch(chronicle, places, clock, throttle)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_refusal_by_the_provider_halves_and_calm_doubles_again() -> None:
    async with watching() as watch:
        await watch.refused()
        assert watch.places.allowed == 4
        assert watch.said() == [(4, (RATE_LIMIT,))]
        await watch.passes(CALM)
        assert watch.said() == [(4, (RATE_LIMIT,)), (8, ())]
        await watch.passes(CALM)
        assert watch.places.allowed == 8


async def test_refusals_that_meet_all_agents_at_once_are_one() -> None:
    async with watching() as watch:
        for _ in range(8):
            await watch.refused()
        assert watch.places.allowed == 4
        await watch.passes(AT_ONCE + 1)
        watch.places.taken = 4
        await watch.refused()
        assert watch.places.allowed == 2


async def test_it_never_falls_below_one_and_one_agent_alone_makes_room_for_nobody() -> None:
    async with watching(at_work=2) as watch:
        await watch.refused()
        assert watch.places.allowed == 1
        await watch.passes(AT_ONCE + 1)
        watch.places.taken = 1
        await watch.refused()
        assert watch.places.allowed == 1
        assert len(watch.said()) == 1


async def test_the_lower_limit_of_machine_and_provider_holds() -> None:
    async with watching() as watch:
        await watch.refused()
        assert watch.throttle.of_machine(("cpu",)) == ()  # it is at half already
        assert watch.throttle.of_machine(("cpu",)) == (
            ev.ParallelWorkLimited(agents=2, of=8, over=("cpu", RATE_LIMIT)),
        )
        assert watch.places.allowed == 2
        await watch.passes(CALM)
        assert watch.places.allowed == 2  # the provider would bear eight


async def test_other_failures_say_nothing_about_how_many_there_are() -> None:
    async with watching() as watch:
        chronicle = watch.chronicle
        chronicle.note(ev.ModelRequested(request="m1", purpose=Purpose.WORK, agent="agent", model="m"))
        chronicle.note(ev.ModelFailed(request="m1", fault=ModelFault.OVERLOADED, message="529"))
        await watch.passes(0)
        assert watch.said() == []
