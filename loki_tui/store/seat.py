"""Where a process id means something: on one boot of one machine, among the process ids of one container."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path
from typing import Self

from loki_tui.core.messages import Frozen


class Seat(Frozen):
    """Where a process is, as it says itself; empty where it had no time to."""

    boot: str = ""
    """The kernel's name for this boot."""
    host: str = ""
    """The machine's name, or the container's."""
    namespace: str = ""
    """The kernel's name for the process ids there: containers have their own, also under the machine's name."""

    @classmethod
    def here(cls) -> Self:
        """Where this process is."""
        namespace = ""
        with suppress(OSError):  # not every kernel that runs containers tells
            namespace = str(Path("/proc/self/ns/pid").readlink())
        return cls(boot=boot_id(), host=platform.node(), namespace=namespace)

    @property
    def is_here(self) -> bool:
        """Whether its process ids are the same as this process's."""
        here = Seat.here()
        return (self.boot, self.host, self.namespace) == (here.boot, here.host, here.namespace)


def boot_id() -> str:
    """The kernel's name for this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
