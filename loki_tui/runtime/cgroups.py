"""How large a container lets the machine be: the limits of control groups, version 2.

See the kernel's Documentation/admin-guide/cgroup-v2.rst. A group's limits hold for all groups below
it, so that the tightest on the way up to the root is the one that counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
"""Where the hierarchy of version 2 is."""

MEMBERSHIP = Path("/proc/self/cgroup")
"""Says which group this process is in."""


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """A group that may use less memory than there is."""

    group: Path
    limit: int
    """Bytes."""

    def used(self) -> int:
        """Bytes that cannot be had back by dropping cached files.

        Raises:
            OSError: The group is gone.
        """
        current = int((self.group / "memory.current").read_text())
        return max(0, current - _entry(self.group / "memory.stat", "inactive_file"))


@dataclass(frozen=True, slots=True)
class CpuGroup:
    """A group that may use less CPU than there is."""

    group: Path
    cores: float

    def seconds(self) -> float:
        """CPU time that the group has used.

        Raises:
            OSError: The group is gone.
        """
        return _entry(self.group / "cpu.stat", "usage_usec") / 1e6


def memory_group(size: int, *, mount: Path = MOUNT, membership: Path = MEMBERSHIP) -> MemoryGroup | None:
    """The group that limits this process's memory most; none where all of it is there.

    Args:
        size: The machine's memory, in bytes.
        mount: Where the hierarchy is.
        membership: What says which group this process is in.
    """
    found = [MemoryGroup(group, int(limit)) for group, (limit, *_) in _said(mount, membership, "memory.max")]
    return min((group for group in found if group.limit < size), key=lambda group: group.limit, default=None)


def cpu_group(cores: int, *, mount: Path = MOUNT, membership: Path = MEMBERSHIP) -> CpuGroup | None:
    """The group that limits this process's CPU most; none where all of it is there.

    Args:
        cores: How many the machine has.
        mount: Where the hierarchy is.
        membership: What says which group this process is in.
    """
    found = [
        CpuGroup(group, int(quota) / int(period)) for group, (quota, period) in _said(mount, membership, "cpu.max")
    ]
    return min((group for group in found if group.cores < cores), key=lambda group: group.cores, default=None)


def _said(mount: Path, membership: Path, name: str) -> Iterator[tuple[Path, list[str]]]:
    """What each group from this process's up to the root says in a file, where it sets a limit there."""
    for group in _groups(mount, membership):
        with suppress(OSError):  # the root has no limits, and a group may lack the controller
            words = (group / name).read_text().split()
            if words and words[0] != "max":
                yield group, words


def _groups(mount: Path, membership: Path) -> Iterator[Path]:
    own = ""
    with suppress(OSError):
        for line in membership.read_text().splitlines():
            hierarchy, _, path = line.split(":", 2)
            own = path.strip("/") if hierarchy == "0" else own
    yield (group := mount / own)
    while group != mount and mount in group.parents:
        group = group.parent
        yield group


def _entry(file: Path, name: str) -> int:
    """A number from a file of names and numbers; 0 where it is not there."""
    with file.open() as lines:
        return next((int(value) for key, value in map(str.split, lines) if key == name), 0)
