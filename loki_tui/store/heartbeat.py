"""The heartbeat of a project's engine, as a file that holds the latest one."""

from __future__ import annotations

import os
import platform
import time

from pydantic import ValidationError

from loki_tui.core.heartbeat import Beat, Heartbeat
from loki_tui.store.files import writing
from loki_tui.store.paths import StateDirectory
from loki_tui.store.seat import boot_id

_BYTES = 64 * 1024


class HeartbeatFile:
    """Implements `loki_tui.engine.telling.Heart`: whole at any moment, and not worth a disk's flush.

    Args:
        state: Whose engine it is.
    """

    def __init__(self, state: StateDirectory) -> None:
        self._place = state.heartbeat
        self._boot = boot_id()

    def beat(self, beat: Beat) -> None:
        """Write it in place of the one before.

        Raises:
            LokiError: It cannot be written.
        """
        heartbeat = Heartbeat(
            beat=beat, pid=os.getpid(), host=platform.node(), boot=self._boot, uptime=uptime(), at=time.time()
        )
        fresh = self._place.with_suffix(".new")
        with writing(self._place):
            fresh.touch(mode=0o600)
            fresh.write_text(heartbeat.model_dump_json(), encoding="utf-8")
            fresh.replace(self._place)


def read_heartbeat(state: StateDirectory) -> Heartbeat | None:
    """The latest heartbeat; none where there is none, or none that can be read."""
    try:
        with state.heartbeat.open("rb") as file:
            return Heartbeat.model_validate_json(file.read(_BYTES))
    except (OSError, ValidationError):
        return None


def age(heartbeat: Heartbeat) -> float:
    """Seconds since it was written; by a clock that nobody can set, unless the machine was started again since."""
    if heartbeat.boot == boot_id():
        return max(0.0, uptime() - heartbeat.uptime)
    return max(0.0, time.time() - heartbeat.at)


def uptime() -> float:
    """Seconds since this boot, those asleep left out: a machine that wakes up has no engine that is stuck."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
