"""Load of this machine and of one process with everything below it, measured between two readings.

A container's limits are the machine's size where they are lower. CPU time of a process that has
ended counts too: its parent has it, once it has waited for it.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from loki_tui.core.vocabulary import Sample
from loki_tui.runtime.cgroups import MEMBERSHIP, MOUNT, cpu_group, memory_group

WINDOW_SECONDS = 0.25
"""Over less than this the kernel's clock ticks, a hundredth of a second each, say nothing about CPU."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """Counters at one moment, in seconds."""

    at: float
    busy: float
    """CPU time the machine has spent on something."""
    idle: float
    run: float
    """CPU time that the tree has used."""


class Meter:
    """Measures the machine and a process tree.

    Args:
        process: The root of the tree.
        mount: Where control groups are.
        membership: What says which group this process is in.
    """

    def __init__(self, process: psutil.Process, *, mount: Path = MOUNT, membership: Path = MEMBERSHIP) -> None:
        self._process = process
        self._memory = memory_group(psutil.virtual_memory().total, mount=mount, membership=membership)
        self._cpu = cpu_group(psutil.cpu_count() or 1, mount=mount, membership=membership)
        self._before = self._read(_tree(process))
        self._percent = (0.0, 0.0)

    @property
    def due_in(self) -> float:
        """Seconds until a measurement has a window of its own."""
        return max(0.0, self._before.at + WINDOW_SECONDS - time.monotonic())

    def measure(self) -> Sample:
        """Load since the measurement before; over too short a window, the CPU figures from before.

        Raises:
            psutil.NoSuchProcess: The root of the tree is gone.
            OSError: The system does not tell.
        """
        tree = _tree(self._process)
        if not self.due_in:
            now = self._read(tree)
            self._percent = self._since(self._before, now)
            self._before = now
        machine, run = self._percent
        return Sample(
            cpu_percent=round(machine, 1),
            memory_percent=round(self._memory_percent(), 1),
            run_cpu_percent=round(run, 1),
            run_rss_bytes=sum(_resident(process) for process in tree),
        )

    def _read(self, tree: list[psutil.Process]) -> _Reading:
        times = psutil.cpu_times()
        # Guests' time is part of user time already, and waiting for a disk is no work.
        idle = times.idle + times.iowait
        everything = sum(times) - times.guest - times.guest_nice
        busy = everything - idle if self._cpu is None else self._cpu.seconds()
        return _Reading(at=time.monotonic(), busy=busy, idle=idle, run=sum(_used(process) for process in tree))

    def _since(self, before: _Reading, now: _Reading) -> tuple[float, float]:
        """Percent of the machine, and of one core, that were used between two readings."""
        seconds = now.at - before.at
        busy = max(0.0, now.busy - before.busy)
        # The kernel's own sum, where it may be had: it is right also while processors are taken away and given.
        whole = busy + max(0.0, now.idle - before.idle)
        available = whole if self._cpu is None else seconds * self._cpu.cores
        machine = min(100.0, 100 * busy / available) if available > 0 else 0.0
        return machine, max(0.0, 100 * (now.run - before.run) / seconds)

    def _memory_percent(self) -> float:
        if self._memory is None:
            return psutil.virtual_memory().percent
        return min(100.0, 100 * self._memory.used() / self._memory.limit)


class Vitals:
    """A live view of an engine in this or another process of this host.

    A reading takes some milliseconds, more where the host has many processes: read it on a thread.

    Args:
        pid: The engine's process; none where no engine lives.
    """

    def __init__(self, pid: int | None) -> None:
        self._meter: Meter | None = None
        with suppress(psutil.Error, OSError):  # it has just ended: there is nothing to read
            self._meter = None if pid is None else Meter(psutil.Process(pid))

    def read(self) -> Sample | None:
        """The load now; CPU since the reading before, so that the first one knows none yet.

        Returns:
            None where the process is gone, or the system does not tell.
        """
        if self._meter is not None:
            with suppress(psutil.Error, OSError):
                return self._meter.measure()
        return None


def _tree(root: psutil.Process) -> list[psutil.Process]:
    """A process and all below it.

    Raises:
        psutil.NoSuchProcess: It is gone; a zombie is gone, too.
    """
    if not root.is_running() or root.status() == psutil.STATUS_ZOMBIE:
        raise psutil.NoSuchProcess(root.pid)
    return [root, *root.children(recursive=True)]


def _used(process: psutil.Process) -> float:
    """CPU time of a process and of its children that have ended, in seconds; 0 if it has just ended itself."""
    try:
        return sum(process.cpu_times()[:4])  # user, system, and children's user and system
    except psutil.Error:
        return 0.0


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0
