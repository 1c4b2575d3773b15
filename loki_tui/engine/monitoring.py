"""Watches the machine while an engine lives: journals its load, warns once where it gets high, and throttles.

It stops nothing that is under way. While the load is above a threshold, each look halves how many agents may work at
once, down to one; each look below doubles it again. What was before is read from the journal, so that an engine that
takes a run up does not say again what the one before has said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError
from loki_tui.core.settings import Settings, variable_of
from loki_tui.core.vocabulary import Sample
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.ports import Clock, Machine
from loki_tui.engine.throttling import Throttle

_GIB = 2**30


class Monitor:
    """Looks at the machine at once, and then at every interval.

    Args:
        chronicle: The run.
        machine: What is looked at.
        clock: Time.
        settings: Interval and thresholds.
        throttle: Has fewer agents work while the machine has too much to do.
    """

    def __init__(
        self, chronicle: Chronicle, machine: Machine, clock: Clock, settings: Settings, *, throttle: Throttle
    ) -> None:
        self._chronicle = chronicle
        self._machine = machine
        self._clock = clock
        self._settings = settings
        self._throttle = throttle
        self._looks = 0
        self._blind = False

    async def watch(self) -> None:
        """Look, until cancelled."""
        self._throttle.take_up()
        while True:
            await self._look()
            await self._clock.elapse(self._settings.resource_check_interval)

    async def _look(self) -> None:
        try:
            sample = await asyncio.to_thread(self._machine.sample)
        except LokiError as error:
            if not self._blind:
                self._note(ev.Warned(message=f"Resources are not watched: {error.message}"))
            self._blind = True
            return
        self._blind = False
        self._looks += 1
        taken = self._chronicle.state.samples
        before = taken[-1].over if taken else ()
        over = tuple(self._exceeded(sample, before))
        warnings = [ev.Warned(message=self._warning(what, sample)) for what in over if what not in before]
        self._note(ev.ResourcesSampled(sample=sample, over=over), *warnings, *self._throttle.of_machine(over))

    def _note(self, *events: ev.Event) -> None:
        # While the machine was looked at the run may have ended, and nothing comes after its end.
        if self._chronicle.state.closed is None:
            self._chronicle.note(*events)

    def _exceeded(self, sample: Sample, before: tuple[str, ...]) -> Iterator[str]:
        # The first look covers but a moment, in which the engine itself is starting: no reason to warn of the CPU.
        measured = self._looks > 1 or "cpu" in before
        if measured and sample.cpu_percent > self._settings.resource_cpu_threshold:
            yield "cpu"
        if sample.memory_percent > self._settings.resource_mem_threshold:
            yield "memory"

    def _warning(self, what: str, sample: Sample) -> str:
        if what == "cpu":
            percent, limit, name = sample.cpu_percent, self._settings.resource_cpu_threshold, "resource_cpu_threshold"
            subject, own = "CPU", f"{sample.run_cpu_percent / 100:.1f} cores"
        else:
            percent, limit, name = (
                sample.memory_percent,
                self._settings.resource_mem_threshold,
                "resource_mem_threshold",
            )
            subject, own = "memory", f"{sample.run_rss_bytes / _GIB:.1f} GiB"
        return (
            f"The machine's {subject} is at {percent:.1f} %, above the {limit} % of {variable_of(name)}; "
            f"the run's own processes use {own}."
        )
