"""As many agents at work as there are places, whatever they wait for, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loki_tui.engine.places import Places


class Crowd:
    """Agents that hand out tasks to agents, and are cancelled at any moment."""

    def __init__(self, number: int, seed: int) -> None:
        self.places = Places(number)
        self.most = self.done = 0
        self._chance = Random(seed)

    async def agent(self, depth: int) -> None:
        async with self.places.place() as place:
            self.see()
            for _ in range(self._chance.randrange(3)):
                await self._work()
            if depth:
                async with place.given_up(), asyncio.TaskGroup() as group:
                    for _ in range(self._chance.randrange(1, 4)):
                        group.create_task(self.agent(depth - 1))
                assert place.held
                self.see()
            self.done += 1

    async def _work(self) -> None:
        await asyncio.sleep(0)
        self.see()

    def see(self) -> None:
        assert 0 < self.places.taken <= self.places.number
        self.most = max(self.most, self.places.taken)


@given(st.integers(1, 4), st.integers(0, 2**32), st.lists(st.integers(0, 60), max_size=4))
@settings(max_examples=150, deadline=None)
def test_the_bound_holds_and_nothing_locks_up(number: int, seed: int, cancelled_after: list[int]) -> None:
    async def live() -> Crowd:
        crowd = Crowd(number, seed)
        agents = [asyncio.create_task(crowd.agent(2)) for _ in range(3)]
        for victim, steps in zip(agents, cancelled_after, strict=False):
            for _ in range(steps):
                await asyncio.sleep(0)
            victim.cancel()
        async with asyncio.timeout(20):
            await asyncio.gather(*agents, return_exceptions=True)
        return crowd

    crowd = asyncio.run(live())
    assert crowd.places.taken == 0
    assert crowd.most <= number


async def test_with_one_place_a_parent_and_its_children_take_turns() -> None:
    crowd = Crowd(1, seed=1)
    async with asyncio.timeout(20):
        await crowd.agent(3)
    assert crowd.most == 1
    assert crowd.done > 3


async def test_who_failed_while_others_worked_for_it_does_not_wait_for_its_place() -> None:
    places = Places(1)
    taken, leave = asyncio.Event(), asyncio.Event()

    async def parent() -> None:
        async with places.place() as place, place.given_up():
            taken.set()
            await asyncio.Event().wait()

    async def other() -> None:
        async with places.place():
            await leave.wait()

    first = asyncio.create_task(parent())
    await taken.wait()
    second = asyncio.create_task(other())
    await asyncio.sleep(0)
    first.cancel()
    with suppress(asyncio.CancelledError), pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await first
    assert places.taken == 1
    leave.set()
    await second
    assert places.taken == 0


async def test_fewer_places_are_given_out_for_a_while_and_nobody_is_put_out() -> None:
    places = Places(4)
    go = asyncio.Event()
    seen: list[int] = []

    async def agent() -> None:
        async with places.place():
            seen.append(places.taken)
            await go.wait()

    agents = [asyncio.create_task(agent()) for _ in range(3)]
    await asyncio.sleep(0)
    places.allow(1)
    agents += [asyncio.create_task(agent()) for _ in range(3)]
    await asyncio.sleep(0)
    assert places.taken == 3
    go.set()
    await asyncio.gather(*agents[:3])
    async with asyncio.timeout(10):
        await asyncio.gather(*agents)
    assert seen == [1, 2, 3, 1, 1, 1]
    assert places.taken == 0


async def test_places_that_are_allowed_again_are_given_to_who_waits() -> None:
    places = Places(3)
    places.allow(0)
    assert places.allowed == 1
    go = asyncio.Event()

    async def agent() -> None:
        async with places.place():
            await go.wait()

    agents = [asyncio.create_task(agent()) for _ in range(4)]
    await asyncio.sleep(0)
    assert places.taken == 1
    places.allow(9)
    assert (places.allowed, places.taken) == (3, 3)
    agents[3].cancel()
    agents[1].cancel()
    await asyncio.gather(*agents[1:2], agents[3], return_exceptions=True)
    go.set()
    await asyncio.gather(*agents, return_exceptions=True)
    assert places.taken == 0


async def test_who_is_one_too_many_lets_the_others_go_first() -> None:
    places = Places(2)
    async with places.place() as first, places.place():
        places.allow(1)
        waiting = asyncio.create_task(first.make_room())
        await asyncio.sleep(0)
        assert not waiting.done()
        assert places.taken == 1
        places.allow(2)
        await waiting
        assert first.held
        await first.make_room()  # there is room
        assert places.taken == 2
    assert places.taken == 0
