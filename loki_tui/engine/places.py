"""Places for agents at work: one number of them in a run, for agents of every kind.

Whoever works holds a place, the agent of an iteration as well as planner and sub-agents. An agent
that waits for others gives its place up for so long and queues for one again when they are done.
So nobody who holds a place ever waits for another one, and no bound, not even 1, can lock up. An
agent that waits for a person, the provider or a pause keeps its place: it is in the middle of something.

Fewer may be given out for a while, where the machine has too much to do. Who has one by then keeps it until it is
between two turns, and lets the others go first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Places:
    """As many places as there may be agents at work, given out in the order they are asked for.

    Args:
        number: How many.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.allowed = number
        """How many are given out at this moment: at least one, at most all."""
        self.taken = 0
        """How many are held at this moment."""
        self._queue: deque[asyncio.Future[None]] = deque()

    def allow(self, number: int) -> None:
        """Give out so many from now on."""
        self.allowed = max(1, min(number, self.number))
        self._seat()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """A place to work at, waited for; free again with the context's end."""
        place = Place(self)
        await place.take()
        try:
            yield place
        finally:
            place.leave()

    async def _take(self) -> None:
        if not self._queue and self.taken < self.allowed:
            self.taken += 1
            return
        seat = asyncio.get_running_loop().create_future()
        self._queue.append(seat)
        try:
            await seat
        except asyncio.CancelledError:
            with suppress(ValueError):  # it is not waited for any more
                self._queue.remove(seat)
            if not seat.cancelled():  # given, and not to be used
                self._leave()
            raise

    def _leave(self) -> None:
        self.taken -= 1
        self._seat()

    def _seat(self) -> None:
        while self._queue and self.taken < self.allowed:
            seat = self._queue.popleft()
            if not seat.done():
                self.taken += 1
                seat.set_result(None)


class Place:
    """One agent's place; see `Places.place`."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.held = False

    async def take(self) -> None:
        """Wait for it."""
        await self._places._take()  # noqa: SLF001 - two halves of one thing
        self.held = True

    def leave(self) -> None:
        """Let another agent have it."""
        if self.held:
            self.held = False
            self._places._leave()  # noqa: SLF001

    async def make_room(self) -> None:
        """Give the place up where fewer are to be at work than are, and wait for one again behind the others."""
        if self.held and self._places.taken > self._places.allowed:
            self.leave()
            await self.take()

    @asynccontextmanager
    async def given_up(self) -> AsyncIterator[None]:
        """Let others have it while this agent waits for them.

        Where that ends in an exception, a cancellation too, it is not taken back: such an agent is
        at its end, and must not wait in a queue on its way there.
        """
        self.leave()
        yield
        await self.take()
