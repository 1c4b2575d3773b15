"""A process and everything below it, as proc(5) shows them: processor time and memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_GONE = (FileNotFoundError, ProcessLookupError)


def family(pid: int) -> Iterator[int]:
    """A process and its living descendants."""
    waiting = [pid]
    while waiting:
        member = waiting.pop()
        with suppress(*_GONE):
            for task in Path(f"/proc/{member}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
            yield member


def cpu_seconds(pid: int) -> float:
    """Processor time of a family so far, with that of children it has collected; exact to a tick a process."""
    ticks = 0
    for member in family(pid):
        with suppress(*_GONE):
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS


def resident_bytes(pid: int) -> int:
    """Resident memory of one process; 0 once it is gone."""
    with suppress(*_GONE):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0


class MemoryWatch:
    """Samples the memory of a family until it is told to stop.

    A member counts from its second sample on: a child that is just being started shares its
    parent's pages and would count them twice.

    Args:
        pid: Whose family.
        interval: Seconds between samples.
    """

    def __init__(self, pid: int, *, interval: float = 0.02) -> None:
        self._pid = pid
        self._interval = interval
        self._stop = threading.Event()
        self._peak = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """The most bytes all members had together."""
        self._stop.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        before: set[int] = set()
        while not self._stop.wait(self._interval):
            members = set(family(self._pid))
            self._peak = max(self._peak, sum(resident_bytes(member) for member in members & before))
            before = members
