"""What it costs to have hands in a container: once to each pair, and to each command."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Effort, Figure, median
from loki_tui.containers.engine import Engine, connect
from loki_tui.core.errors import ConfinementError
from loki_tui.core.settings import Settings
from loki_tui.engine.ports import Workspace
from loki_tui.hands.policy import Demands
from loki_tui.hands.workspace import HandsWorkspaces
from loki_tui.runtime.boxed import open_workspaces

IMAGE = os.environ.get("LOKI_SANDBOX_IMAGE", "loki-base:ci")
LOKI_IMAGE = "loki-mode:test"
"""As the tests of the images leave it."""


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure beside hands outside, and beside a bare container; nothing where there is no engine."""
    try:
        engine = connect(os.environ)
    except ConfinementError as error:
        print(f"  not measured: {error.message}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-") as scratch:
        boxed, outside, starts, bare = asyncio.run(_all(Path(scratch), engine, effort.commands))
    yield Figure("a command in a box, beside hands outside", "ms", boxed * 1000, outside * 1000, "excess", 10)
    yield Figure("a box until hands are ready, beside a container", "ms", starts * 1000, bare * 1000, "excess", 2000)
    if engine.api.images(name=LOKI_IMAGE):
        whole, base = (engine.api.inspect_image(name)["Size"] / 1e6 for name in (LOKI_IMAGE, IMAGE))  # type: ignore[no-untyped-call]
        yield Figure("the image, beside its base", "MB", whole, base, "excess", 400)


async def _all(scratch: Path, engine: Engine, count: int) -> tuple[float, float, float, float]:
    """Medians in seconds: a command within and without, a box, a bare container; all take turns."""
    workspaces = {rung: _workspaces(scratch / rung, rung) for rung in ("docker", "auto")}
    hands = {rung: await each.open_agent() for rung, each in workspaces.items()}
    commands: dict[str, list[float]] = {rung: [] for rung in hands}
    for each in hands.values():
        await _run(each)
    for _ in range(count):
        for rung, each in hands.items():
            began = time.perf_counter()
            await _run(each)
            commands[rung].append(time.perf_counter() - began)
    for each in hands.values():
        await each.close()
    starts, bare = [], []
    for _ in range(max(5, count // 20)):
        began = time.perf_counter()
        opened = await workspaces["docker"].open_agent()
        starts.append(time.perf_counter() - began)
        await opened.close()
        bare.append(await asyncio.to_thread(_bare, engine))
    return median(commands["docker"]), median(commands["auto"]), median(starts), median(bare)


def _bare(engine: Engine) -> float:
    """Seconds until a container of the same image has said something."""
    began = time.perf_counter()
    made = engine.api.create_container(
        IMAGE, command=["echo", "here"], host_config=engine.api.create_host_config(network_mode="none")
    )
    try:
        engine.api.start(made["Id"])
        engine.api.wait(made["Id"])
        return time.perf_counter() - began
    finally:
        engine.api.remove_container(made["Id"])


def _workspaces(place: Path, rung: str) -> HandsWorkspaces:
    root, private = place / "workspace", place / "private"
    root.mkdir(parents=True)
    private.mkdir()
    demands = Demands(root=root, private=private, environ=dict(os.environ), confinement=rung)
    return open_workspaces(demands, Settings.model_validate({"confinement": rung, "sandbox_image": IMAGE}))


async def _run(hands: Workspace) -> None:
    result = await hands.perform("shell", {"command": ":"})
    assert result.ok
