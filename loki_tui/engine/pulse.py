"""The engine's pulse: every few seconds it says that it lives, how late its loop was, and what it is at.

It goes to a place of its own that holds one heartbeat: a journal that nobody writes to is no sign of death, and one
that is written to every few seconds would only grow. The beat comes from the loop that does the work, so that it stops
where that is stuck.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError
from loki_tui.core.events import Record
from loki_tui.core.heartbeat import INTERVAL, MOST_WORK, Beat, Work
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Status
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.overhearing import speaker
from loki_tui.engine.ports import Clock, Live
from loki_tui.engine.telling import Heart

PROBE = 1.0
"""Seconds between looks at how late the loop is."""

MODEL_PATIENCE = 900.0
"""Seconds a model may think without a word. A stream that is silent, pings included, is ended by the engine much
earlier: what is quiet for so long is stuck beyond that."""
GRACE = 60.0
ENDLESS = 1e9
FILE_PATIENCE = 120.0
"""Seconds that reading, writing or searching files may take."""


@dataclass(slots=True)
class _Open:
    """Something under way, and when it was last heard of."""

    work: Work
    heard: float
    agent: str = ""


class Pulse:
    """Keeps track of what is under way, and tells it.

    Args:
        chronicle: The run.
        heart: Where it is told; none where nobody listens.
        clock: Time.
        settings: How long things may take.
    """

    def __init__(self, chronicle: Chronicle, heart: Heart | None, clock: Clock, settings: Settings) -> None:
        self._chronicle = chronicle
        self._heart = heart
        self._clock = clock
        self._settings = settings
        self._open: dict[str, _Open] = {}
        self._lag = 0.0
        self._complained = False
        chronicle.observe_all(self.observe)

    def hearing(self, live: Live) -> Live:
        """The same face, with an ear on who is heard of."""

        def on_text(agent: str, text: str) -> None:
            for each in self._open.values():
                if each.agent == agent and each.work.kind == "model":
                    each.heard = self._clock.monotonic()
            live.on_text(agent, text)

        return replace(live, on_text=on_text)

    async def beat(self) -> None:
        """Beat, until cancelled."""
        if self._heart is None:
            await asyncio.Event().wait()
            return
        due = 0.0
        while True:
            if (now := self._clock.monotonic()) >= due:
                due = now + INTERVAL
                await self._tell(self._heart)
            planned = self._clock.monotonic() + PROBE
            await self._clock.elapse(PROBE)
            self._lag = max(self._lag, self._clock.monotonic() - planned)

    def observe(self, record: Record) -> None:
        """Take note of what begins and ends."""
        match record.event:
            case ev.ModelRequested() as asked:
                patience = max(MODEL_PATIENCE, 2 * self._settings.stream_idle_timeout)
                self._begin(Work(kind="model", name=asked.request, what=asked.model, quiet=0, patience=patience))
                self._open[asked.request].agent = speaker(asked.agent, record.stream)
            case ev.ModelAnswered() | ev.ModelFailed() as over:
                self._open.pop(over.request, None)
            case ev.ActionStarted() as started:
                patience = self._patience_with(started)
                self._begin(Work(kind="action", name=started.action, what=started.tool, quiet=0, patience=patience))
            case ev.ActionFinished() as finished:
                self._open.pop(finished.action, None)
            case ev.PhaseStarted() as phase:
                patience = 2 * (self._settings.test_timeout + self._settings.phase_timeout)
                name = speaker(phase.phase, record.stream)
                self._begin(Work(kind="phase", name=name, what=phase.phase, quiet=0, patience=patience))
            case ev.PhaseFinished() as measured:
                self._open.pop(speaker(measured.phase, record.stream), None)
            case ev.RunContinued():
                # What was held meanwhile is not to blame for it.
                for each in self._open.values():
                    each.heard = self._clock.monotonic()
            case _:
                pass

    def _begin(self, work: Work) -> None:
        self._open[work.name] = _Open(work, self._clock.monotonic())

    def _patience_with(self, started: ev.ActionStarted) -> float:
        match started.tool, started.input.get("timeout_seconds"):
            case "shell", int() | float() as asked:
                return float(asked) + GRACE
            case "shell", _:
                return self._settings.command_timeout + GRACE
            case "delegate", _:
                return ENDLESS  # its sub-agents are looked at themselves
            case _:
                return FILE_PATIENCE

    async def _tell(self, heart: Heart) -> None:
        state = self._chronicle.state
        now = self._clock.monotonic()
        beat = Beat(
            run=state.run,
            seq=state.seq,
            status=state.status,
            lag=round(self._lag, 3),
            work=tuple(
                each.work.model_copy(update={"quiet": round(max(0.0, now - each.heard), 1)})
                for each in list(self._open.values())[:MOST_WORK]
            ),
            waits=state.paused_by is not None or state.status is Status.WAITING,
        )
        self._lag = 0.0
        try:
            await asyncio.to_thread(heart.beat, beat)
        except LokiError as error:
            if not self._complained and state.closed is None:
                self._complained = True
                self._chronicle.note(ev.Warned(message=f"The engine's heartbeat cannot be written: {error.message}"))
