"""How many agents may work at once: fewer while the machine has too much to do, or while the provider says so.

Each has a limit of its own, and the lower one holds. Whoever is at work goes on; nobody new begins until there is
room. Every change is journaled with its reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelFault
from loki_tui.core.events import Record
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.places import Places
from loki_tui.engine.ports import Clock

RATE_LIMIT = "rate limit"
"""Among what is over its threshold: the provider's limit of requests."""

CALM = 60.0
"""Seconds without a refusal by the provider after which one more doubling of agents is tried."""

AT_ONCE = 10.0
"""Seconds in which further refusals are the same one: they meet all agents that ask."""


class Throttle:
    """Keeps the places of a run to what machine and provider bear.

    Args:
        chronicle: The run.
        places: Where agents work.
        clock: Time.
    """

    def __init__(self, chronicle: Chronicle, places: Places, clock: Clock) -> None:
        self._chronicle = chronicle
        self._places = places
        self._clock = clock
        self._machine = self._provider = places.number
        self._over: tuple[str, ...] = ()
        self._refused_at = float("-inf")
        self._refused = asyncio.Event()
        chronicle.observe_all(self._observe)

    def take_up(self) -> None:
        """Begin where an engine before left off."""
        if (limited := self._chronicle.run.agents_limited) is not None:
            self._machine = limited
            self._places.allow(limited)

    def of_machine(self, over: tuple[str, ...]) -> Sequence[ev.Event]:
        """What a look at the machine changes: half as many agents while something is over, twice as many after.

        Args:
            over: Thresholds that are exceeded.
        """
        self._over = over
        self._machine = max(1, self._machine // 2) if over else min(self._places.number, self._machine * 2)
        if self._is_calm():
            self._provider = min(self._places.number, self._provider * 2)
        return self._changed()

    def ease(self) -> None:
        """Let more agents work again once the provider has been calm for a while."""
        if self._provider < self._places.number and self._is_calm():
            self._refused_at = self._clock.monotonic()
            self._provider = min(self._places.number, self._provider * 2)
            self._note()

    async def watch(self) -> None:
        """Ease, until cancelled."""
        while True:
            await self._clock.elapse(CALM)
            self.ease()

    async def heed(self) -> None:
        """Make room when the provider refuses, until cancelled. Not while it is told of that: events have an order."""
        while True:
            await self._refused.wait()
            self._refused.clear()
            self._refuse()

    def _is_calm(self) -> bool:
        return self._clock.monotonic() - self._refused_at >= CALM

    def _observe(self, record: Record) -> None:
        match record.event:
            case ev.ModelFailed(fault=ModelFault.RATE_LIMITED):
                self._refused.set()
            case _:
                pass

    def _refuse(self) -> None:
        now = self._clock.monotonic()
        met, self._refused_at = now - self._refused_at < AT_ONCE, now
        # One agent alone has nobody to make room for it.
        if met or self._places.taken <= 1:
            return
        self._provider = max(1, min(self._provider, self._places.taken) // 2)
        self._note()

    def _note(self) -> None:
        if self._chronicle.run.closed is None and (events := self._changed()):
            self._chronicle.note(*events)

    def _changed(self) -> Sequence[ev.Event]:
        before, agents = self._places.allowed, min(self._machine, self._provider)
        if agents == before:
            return ()
        self._places.allow(agents)
        over = (*self._over, *([RATE_LIMIT] if self._provider < self._places.number else ()))
        return (ev.ParallelWorkLimited(agents=agents, of=self._places.number, over=over),)
