"""What the limits on hands cost: added to each command by Landlock and the filter, once to each pair by bubblewrap."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Effort, Figure, median
from loki_tui.engine.ports import Workspace
from loki_tui.hands.policy import Demands
from loki_tui.hands.rungs import available
from loki_tui.hands.workspace import HandsWorkspaces


def measure(effort: Effort) -> Iterator[Figure]:
    rungs = [rung for rung in ("none", "landlock", "bwrap") if rung in available()]
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-") as scratch:
        commands, starts = asyncio.run(_all(Path(scratch), rungs, effort.commands))
    bare = median(commands["none"]) * 1000
    for rung in rungs[1:]:
        yield Figure(f"a command on {rung}, beside unconfined", "ms", median(commands[rung]) * 1000, bare, "excess", 1)
    if "landlock" in starts:
        start = median(starts["landlock"]) * 1000
        yield Figure("hands on landlock, beside unconfined", "ms", start, median(starts["none"]) * 1000)
        if "bwrap" in starts:
            within = median(starts["bwrap"]) * 1000
            yield Figure("hands on bwrap, beside landlock", "ms", within, start, "excess", 50)


Seconds = dict[str, list[float]]
"""By rung."""


async def _all(scratch: Path, rungs: Sequence[str], count: int) -> tuple[Seconds, Seconds]:
    """Seconds of commands and of starts, by rung; the rungs take turns, so that the machine's moods hit all alike."""
    workspaces = {rung: _workspaces(scratch / rung, rung) for rung in rungs}
    hands = {rung: await workspaces[rung].open_agent() for rung in rungs}
    commands: Seconds = {rung: [] for rung in rungs}
    starts: Seconds = {rung: [] for rung in rungs}
    for rung in rungs:
        await _run(hands[rung])  # The first one sets up what the others find.
    for _ in range(count):
        for rung in rungs:
            began = time.perf_counter()
            await _run(hands[rung])
            commands[rung].append(time.perf_counter() - began)
    for rung in rungs:
        await hands[rung].close()
    for _ in range(max(5, count // 10)):
        for rung in rungs:
            began = time.perf_counter()
            opened = await workspaces[rung].open_agent()
            starts[rung].append(time.perf_counter() - began)
            await opened.close()
    return commands, starts


def _workspaces(place: Path, rung: str) -> HandsWorkspaces:
    root, private = place / "workspace", place / "private"
    root.mkdir(parents=True)
    private.mkdir()
    return HandsWorkspaces(Demands(root=root, private=private, environ=dict(os.environ), confinement=rung))


async def _run(hands: Workspace) -> None:
    result = await hands.perform("shell", {"command": ":"})
    if not result.ok:
        raise RuntimeError(result.output)
