"""Programs in hands that are talked with, from the engine's side: lines in, lines out, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from loki_tui.core.errors import WorkspaceError
from loki_tui.core.messages import JsonObject
from loki_tui.engine.outside.ports import OutsideError
from loki_tui.engine.ports import ActionResult, OnText

LINE_CHARS = 16_000_000
"""The longest line anybody takes in: a picture in a tool's result has its place."""
WAITING_CHARS = 64_000_000
"""How much may wait to be read; who says more than is listened to is a flood."""


class HandsProgram:
    """One program; implements `engine.outside.ports.Program`.

    Args:
        run: Starts it and answers when it has ended; what it says comes in pieces.
        tell: Says something to it; nothing more is to come where that is none.
    """

    def __init__(
        self, run: Callable[[OnText], Awaitable[JsonObject]], tell: Callable[[str | None], Awaitable[None]]
    ) -> None:
        self._tell = tell
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue()
        self._waiting = 0
        self._flood = False
        self._running = asyncio.ensure_future(run(self._hear))
        self._running.add_done_callback(self._over)

    async def say(self, line: str) -> None:
        """Write a line to its input; see `engine.outside.ports.Program`."""
        if not self._running.done():
            await self._tell(f"{line}\n")

    async def lines(self) -> AsyncIterator[str]:
        """What it says, line by line; see `engine.outside.ports.Program`."""
        begun: list[str] = []
        size = 0
        while (piece := await self._pieces.get()) is not None:
            self._waiting -= len(piece)
            first, *others = piece.split("\n")
            begun.append(first)
            size += len(first)
            for other in others:
                yield "".join(begun)
                begun, size = [other], len(other)
            if self._flood or size > LINE_CHARS:
                raise OutsideError("The agent's program says more than anybody can take in.")
        if self._running.done() and not self._running.cancelled():
            self._running.result()
        if size:
            yield "".join(begun)

    async def close(self) -> ActionResult:
        """End it; see `engine.outside.ports.Program`."""
        if not self._running.done():
            with suppress(WorkspaceError):
                await self._tell(None)
            await asyncio.wait([self._running], timeout=_CLOSING)
        if not self._running.done():
            self._running.cancel()
            await asyncio.wait([self._running])
        if self._running.cancelled() or self._running.exception() is not None:
            return ActionResult(ok=False, output="")
        return ActionResult(**self._running.result())  # type: ignore[arg-type] # the hands' own result

    def _over(self, running: asyncio.Future[JsonObject]) -> None:
        if not running.cancelled():
            running.exception()  # whether or not anybody listens on
        self._pieces.put_nowait(None)

    def _hear(self, piece: str) -> None:
        self._waiting += len(piece)
        if self._waiting > WAITING_CHARS:
            self._flood = True
            return
        self._pieces.put_nowait(piece)


_CLOSING = 1.0
"""Seconds a program may take to end once nobody says anything any more; then it is ended."""
