"""What the dashboard bears: health requests, streams at once, its memory, and how soon an event is in a browser.

The dashboard is the real one, in a process of its own. Clients are bare sockets in this process, which takes a core
of its own for them: on a machine with two, what is measured is the pair.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from benchmarks.figures import Effort, Figure, median
from loki_tui.core.events import RunCreated, Warned
from loki_tui.runtime.client import Project
from loki_tui.runtime.dashboards import Standing, standing
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.project import locate_project

_RUN = "benchmark"
_CLIENTS = 16
_STREAMS = 200
_PATIENCE = 30.0


@dataclass(slots=True)
class Scene:
    """A dashboard, and the run it shows."""

    project: Project
    journal: SqliteJournal
    found: Standing

    @property
    def head(self) -> str:
        """Headers that every request has."""
        return f"Host: 127.0.0.1\r\nAuthorization: Bearer {self.found.token}\r\n"

    def megabytes(self) -> float:
        """Resident, of the dashboard's process."""
        return psutil.Process(self.found.pid).memory_info().rss / 1e6


def measure(effort: Effort) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-") as scratch, _scene(Path(scratch)) as scene:
        yield Figure("dashboard, memory at rest", "MB", scene.megabytes())
        rate, times = asyncio.run(_healthy(scene, effort.seconds))
        yield Figure("dashboard, health requests", "1/s", rate, None, "at least", 1_000)
        yield Figure("dashboard, a health request, 99th percentile", "ms", _p99(times) * 1000, None, "at most", 50)
        yield from asyncio.run(_streaming(scene, effort.seconds))
        if shutil.which("chromium") and shutil.which("chromedriver"):
            yield from _in_browser(scene, Path(scratch))


@contextmanager
def _scene(scratch: Path) -> Iterator[Scene]:
    workspace = scratch / "workspace"
    workspace.mkdir()
    environ = {**os.environ, "LOKI_DIR": str(scratch / "state")}
    project = locate_project(workspace, state_root=scratch / "state")
    with EngineLock.acquire(project.state, run=_RUN) as lock, SqliteJournal.open(lock) as journal:
        journal.append(
            RunCreated(
                prd_path="prd.md", prd="0" * 64, workspace=str(workspace), provider="replay", models={}, settings={},
                version="0", max_iterations=1,
            )
        )  # fmt: skip
        command = [sys.executable, "-P", "-m", "loki_tui", "dashboard", "start", "--foreground", "--port=57399"]
        with subprocess.Popen(
            command, cwd=workspace, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                deadline = time.monotonic() + _PATIENCE
                while (found := standing(project.state)) is None:
                    assert process.poll() is None, "the dashboard did not come up"
                    assert time.monotonic() < deadline, "the dashboard did not come up"
                    time.sleep(0.05)
                yield Scene(project, journal, found)
            finally:
                process.terminate()
                process.wait(timeout=_PATIENCE)


async def _healthy(scene: Scene, seconds: float) -> tuple[float, list[float]]:
    """Ask for health on some connections, one request after another on each."""
    asked = f"GET /api/health HTTP/1.1\r\n{scene.head}\r\n".encode()
    times: list[float] = []
    begun = time.perf_counter()
    deadline = begun + seconds

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", scene.found.port)
        while (at := time.perf_counter()) < deadline:
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - at)
        writer.close()

    await asyncio.gather(*(ask() for _ in range(_CLIENTS)))
    return len(times) / (time.perf_counter() - begun), times


async def _streaming(scene: Scene, seconds: float) -> list[Figure]:
    """Two hundred who follow a run that goes on, while health is asked for all the time."""
    late: list[float] = []
    taken = 0

    async def follow(opened: asyncio.Event) -> None:
        nonlocal taken
        reader, writer = await asyncio.open_connection("127.0.0.1", scene.found.port)
        writer.write(f"GET /api/runs/{_RUN}/events/stream HTTP/1.1\r\n{scene.head}\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        opened.set()
        try:
            while line := await reader.readline():
                if line.startswith(b"data: ") and b'"warned"' in line:
                    taken += 1
                    late.append(time.time() - float(json.loads(line[6:])["message"]))
        finally:
            writer.close()

    opened = [asyncio.Event() for _ in range(_STREAMS)]
    following = [asyncio.create_task(follow(each)) for each in opened]
    await asyncio.gather(*(each.wait() for each in opened))
    appended = 0

    async def append() -> None:
        nonlocal appended
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            scene.journal.append(Warned(message=repr(time.time())))
            appended += 1
            await asyncio.sleep(0.5)

    _, (rate, times) = await asyncio.gather(append(), _few(scene, seconds))
    await _until_async(lambda: taken >= appended * _STREAMS)
    memory = scene.megabytes()
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    return [
        Figure(
            "dashboard, streams at once that missed nothing", "streams", taken / appended, None, "at least", _STREAMS
        ),
        Figure("dashboard, memory with them", "MB", memory, None, "at most", 150),
        Figure("dashboard, health requests beside them", "1/s", rate),
        Figure("dashboard, one of those, 99th percentile", "ms", _p99(times) * 1000, None, "at most", 50),
        Figure("dashboard, event to all 200 streams, median", "ms", median(late) * 1000),
        Figure("dashboard, event to all 200 streams, 99th percentile", "ms", _p99(late) * 1000),
    ]


async def _until_async(condition: Callable[[], bool]) -> None:
    """Wait for something, but not for ever: what is still missing then shows in the figure."""
    deadline = time.monotonic() + _PATIENCE
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110 (a deadline, and 200 tasks)
        await asyncio.sleep(0.05)


async def _few(scene: Scene, seconds: float) -> tuple[float, list[float]]:
    """Ask for health at an even pace, as those who watch do: 100 times a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.found.port)
    asked = f"GET /api/health HTTP/1.1\r\n{scene.head}\r\n".encode()
    times: list[float] = []
    begun = time.perf_counter()
    while (at := time.perf_counter()) < begun + seconds:
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
        times.append(time.perf_counter() - at)
        await asyncio.sleep(max(0.0, 0.01 - times[-1]))
    writer.close()
    return len(times) / (time.perf_counter() - begun), times


def _in_browser(scene: Scene, scratch: Path) -> Iterator[Figure]:
    """From the append to the page's own handler, in a real browser; both read the same clock."""
    from tests.support.browsing import browsing  # noqa: PLC0415 (not wanted where there is no browser)

    times = []
    with browsing(scratch / "chromium") as browser:
        browser.get(scene.found.entrance)
        _until(lambda: browser.current_url.endswith("/"))
        browser.execute_script(
            "window.got = {}; window.source = new EventSource(arguments[0]);"
            "window.source.onmessage = (event) => {"
            "  window.got[JSON.parse(event.data).seq] = performance.timeOrigin + performance.now(); };",
            f"/api/runs/{_RUN}/events/stream?after={scene.journal.last_seq - 1}",
        )
        _until(lambda: browser.execute_script("return Object.keys(window.got).length") == 1)
        for _ in range(20):
            time.sleep(0.2)
            at = time.time()
            scene.journal.append(Warned(message="now"))
            seq = str(scene.journal.last_seq)
            _until(partial(browser.execute_script, "return window.got[arguments[0]] !== undefined", seq))
            times.append(browser.execute_script("return window.got[arguments[0]]", seq) / 1000 - at)
    yield Figure("dashboard, event to a browser's page, median", "ms", median(times) * 1000, None, "at most", 200)
    yield Figure("dashboard, event to a browser's page, the worst of 20", "ms", max(times) * 1000, None, "at most", 200)


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]
