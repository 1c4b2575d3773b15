"""What hands ask of a container engine: a port, as those in `loki_tui.engine.ports`, and its words.

The engine that decides about a run knows nothing of it; it lies here because hands and containers
are neighbours, and neighbours do not import one another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

BoxKind = Literal["agent", "checkout", "repository", "shell"]
"""What a box is for: hands of each kind, or a person's shell."""


@dataclass(frozen=True, slots=True)
class Mount:
    """Something of this machine that is seen in a box, or hidden in it."""

    path: Path
    """Where it is seen."""
    source: Path | None
    """What is seen there; nothing at all where there is none."""
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxOrder:
    """A box that is wanted."""

    kind: BoxKind
    command: tuple[str, ...]
    mounts: tuple[Mount, ...]
    """Each after those it lies in."""
    user: tuple[int, int]
    """Numbers of the user and the group it runs as."""
    scratch: tuple[Path, ...]
    """Where it gets an empty place in memory to write to."""
    network: bool
    """Whether it gets the network that the settings name, or none."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is added to the image's own; never a secret, since engines show it to everyone who may ask them."""


class BoxInput(Protocol):
    """Where a process is told something."""

    def write(self, data: bytes) -> None:
        """Send some bytes, at some time."""
        ...

    async def drain(self) -> None:
        """Wait until more may be sent.

        Raises:
            ConnectionError: Nobody listens any more.
        """
        ...

    def close(self) -> None:
        """Say that no more will come."""
        ...


class BoxProcess(Protocol):
    """A process with three streams, here or in a box; `asyncio.subprocess.Process` is one."""

    @property
    def stdin(self) -> BoxInput | None:
        """What it reads."""
        ...

    @property
    def stdout(self) -> asyncio.StreamReader | None:
        """What it prints."""
        ...

    @property
    def stderr(self) -> asyncio.StreamReader | None:
        """What it complains about."""
        ...

    @property
    def returncode(self) -> int | None:
        """What it exited with; none while it runs."""
        ...

    def kill(self) -> None:
        """End it, and whatever it started, without being asked."""
        ...

    async def wait(self) -> int:
        """Wait for its end; the exit code."""
        ...


class Boxes(Protocol):
    """A container engine, as far as hands need one. Its image and limits are settled."""

    @property
    def detail(self) -> str:
        """What every face says of it, such as engine, image and limits."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """What the image says its programs are to see."""
        ...

    @property
    def connected(self) -> bool:
        """Whether boxes have a network."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether agents may not write the workspace."""
        ...

    async def start(self, order: BoxOrder, *, line_bytes: int) -> BoxProcess:
        """Start a box.

        Args:
            order: What it is to be.
            line_bytes: The longest line that is read from it.

        Raises:
            ConfinementError: The engine refuses, or is not there.
        """
        ...

    async def sweep(self) -> None:
        """Remove what boxes of dead engines left of this workspace."""
        ...
