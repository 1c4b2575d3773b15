"""What a QA phase works in: clean checkouts of one checkpoint and of the base it began from."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from loki_tui.core.errors import WorkspaceError
from loki_tui.core.messages import JsonObject
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import TestCase
from loki_tui.engine.ports import ActionResult, OnText, Workspace

FILE_BYTES = 20_000_000
"""Most of a file that is read."""

INSTALLED = (".git", "node_modules", ".venv", "venv", "vendor", "__pycache__")
"""Directories with what is installed or made, not written: nothing in them is the project's own."""

_LISTING_SECONDS = 60.0
_LEAST_SECONDS = 0.01
"""A time limit of none at all would be no limit."""

OpenCheckout = Callable[[], Awaitable[Workspace]]
"""Makes a clean checkout, with hands on it."""


class Place:
    """Hands on one clean checkout, and what is in it. Made by `Scene`.

    Args:
        workspace: The hands.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.own = f".{secrets.token_hex(5)}"
        """A directory at the root for what the engine puts here itself; there once something was written below it.
        Its name is not known to what runs here before."""
        self.seconds = 0.0
        """That commands took here so far."""

    async def run(self, command: str, *, timeout: float, on_output: OnText | None = None) -> ActionResult:
        """Run a command with bash at the checkout's root, and everything it started to its end."""
        given: JsonObject = {"command": command, "timeout_seconds": max(timeout, _LEAST_SECONDS)}
        result = await self.workspace.perform("shell", given, on_output=on_output)
        self.seconds += result.seconds
        return result

    async def read(self, path: str) -> str | None:
        """The whole text of a file, undecodable bytes replaced; none where there is none or it is too large."""
        data = await self.workspace.fetch(path)
        return None if data is None or len(data) > FILE_BYTES else data.decode("utf-8", "replace")

    async def write(self, path: str, content: str) -> None:
        """Write a file into the checkout.

        Raises:
            WorkspaceError: It cannot be written.
        """
        result = await self.workspace.perform("write_file", {"path": path, "content": content})
        if not result.ok:
            raise WorkspaceError(f"The checkout cannot be written: {result.output}", hint="Is the disk full?")

    async def files(self) -> tuple[str, ...]:
        """Paths of all files, relative to the root, sorted; without installed dependencies and `.git`.

        Raises:
            WorkspaceError: They cannot be listed.
        """
        # Through a file: a command's output is cut, and its control characters are written out.
        listing = f"{self.own}/{secrets.token_hex(5)}"
        skipped = " -o ".join(f"-name {name}" for name in (*INSTALLED, self.own))
        find = f"find . -mindepth 1 \\( {skipped} \\) -prune -o -type f -print0"
        result = await self.run(f"mkdir -p {self.own} && {find} > {listing}", timeout=_LISTING_SECONDS)
        data = await self.workspace.fetch(listing)
        if not result.ok or data is None:
            raise WorkspaceError(f"The files of the checkout cannot be listed: {result.output}")
        names = data.decode("utf-8", "surrogateescape").split("\0")
        return tuple(sorted(name.removeprefix("./") for name in names if name))


@dataclass(slots=True)
class Base:
    """What is known of the base; kept from one measurement to the next, since the base stays as it is."""

    tests: tuple[TestCase, ...] | None = None
    """What its unit tests came to; none until measured."""
    trouble: str = ""
    """Why they gave nothing to compare with, where they were tried and gave nothing."""


@dataclass(slots=True)
class Scene:
    """One checkpoint that is being measured."""

    settings: Settings
    here: Place
    """The checkpoint, in a checkout of this phase's own: what others left behind is not in it."""
    open_fresh: OpenCheckout
    """Makes a further clean checkout of the same checkpoint."""
    open_base: OpenCheckout | None
    """Makes a clean checkout of the base; none where there is no base, or nothing in it."""
    diff: str
    """From the base to here, unified, cut where it is huge."""
    changed: tuple[str, ...]
    """Paths that differ from the base, sorted, deleted ones included."""
    tests: tuple[TestCase, ...] | None = None
    """What the unit tests came to here, once they ran."""
    test_seconds: float | None = None
    """How long they took, where that is known."""
    known_base: Base = field(default_factory=Base)

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[Place]:
        """A further clean checkout, gone with the context's end."""
        workspace = await self.open_fresh()
        try:
            yield Place(workspace)
        finally:
            await workspace.close()

    @asynccontextmanager
    async def base(self) -> AsyncIterator[Place | None]:
        """A clean checkout of the base, gone with the context's end; none where there is none."""
        if self.open_base is None:
            yield None
            return
        workspace = await self.open_base()
        try:
            yield Place(workspace)
        finally:
            await workspace.close()
