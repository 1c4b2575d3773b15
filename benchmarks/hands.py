"""What it costs that commands run in confined hands: `:` through them, beside a bare spawn of the same shell."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from benchmarks.figures import Effort, Figure, median
from loki_tui.engine.ports import Workspace
from loki_tui.hands.policy import Demands
from loki_tui.hands.workspace import HandsWorkspaces


def measure(effort: Effort) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-") as scratch:
        yield asyncio.run(_commands(Path(scratch), effort.commands))


async def _commands(scratch: Path, commands: int) -> Figure:
    root, private = scratch / "workspace", scratch / "private"
    root.mkdir()
    private.mkdir()
    hands = await HandsWorkspaces(Demands(root=root, private=private, environ=dict(os.environ))).open_agent()
    ours, floor = [], []
    try:
        await _through(hands)  # The first one sets up what the others find.
        for _ in range(commands):
            floor.append(await _time(_bare))
            ours.append(await _time(lambda: _through(hands)))
    finally:
        await hands.close()
    return Figure("a command through hands", "ms", median(ours) * 1000, median(floor) * 1000, "excess", 3)


async def _through(hands: Workspace) -> None:
    result = await hands.perform("shell", {"command": ":"}, on_output=lambda _text: None)
    if not result.ok:
        raise RuntimeError(result.output)


async def _bare() -> None:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("bash", "-c", ":", stdin=asyncio.subprocess.DEVNULL, stdout=pipe)
    await process.communicate()


async def _time(action: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await action()
    return time.perf_counter() - began
