"""What working in parallel gains and costs: equal streams on a model that takes its time, with few and many sessions.

The model is a scripted server in this process that answers each request after a second. Every stream has the same
number of turns. One session at a time is the floor; the same plan with more of them is ours. How late the engine's
event loop gets is measured by an engine with a watch beside it (`lateness`), with few streams and many in the queue.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.figures import Effort, Figure
from benchmarks.processes import MemoryWatch
from benchmarks.scenario import make_project
from tests.support.messages_rules import Body
from tests.support.messages_server import MessagesServer, Reply, Turn, call

LATENCY = 1.0
"""Seconds until an answer."""

STREAMS = 8
SHARE = 0.8
"""Of the number of sessions: what parallel work is to gain at least."""

CROWD = 50
"""Streams, most of which wait for a session."""

MOST_LATE = 50
"""Milliseconds, at the 99th percentile."""

MOST_MEGABYTES = 25
MOST_MILLISECONDS = 150
PATIENCE = 1800.0

_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run."""

    seconds: float
    """From the plan to the end."""
    starting: float
    """Seconds from one stream's start to the next one's, of those that need not wait for a session; the median."""
    memory: int
    """Bytes of the run's processes at their most."""


def measure(effort: Effort) -> Iterator[Figure]:
    """How much sooner a run ends, and what each further stream takes."""
    quick = effort.repetitions == 1
    turns, sessions = (4, 2) if quick else (70, STREAMS)
    streams = 4 if quick else STREAMS
    alone = run(streams=streams, sessions=1, turns=turns)
    beside = run(streams=streams, sessions=sessions, turns=turns)
    gained = alone.seconds / beside.seconds
    target = SHARE * min(sessions, streams)
    yield Figure(
        f"{streams} streams, {sessions} at once: times sooner than one by one", "", gained, None, "at least", target
    )
    added = (beside.memory - alone.memory) / 2**20 / (sessions - 1)
    yield Figure("memory of each further stream at work", "MB", added, None, "at most", MOST_MEGABYTES)
    begins = beside.starting * 1000
    yield Figure("time to begin a further stream", "ms", begins, 1000 * _bare(), "excess", MOST_MILLISECONDS)
    yield from _lateness(few=streams, many=2 * streams if quick else CROWD)


def _bare() -> float:
    """Seconds that git alone takes to make one more worktree of the same project; the median."""
    with _place(STREAMS, turns=0, sessions=1) as place:
        times = []
        for number in range(STREAMS):
            began = time.perf_counter()
            command = ["git", "worktree", "add", "--quiet", "-b", f"bare{number}", f"../bare{number}"]
            subprocess.run(command, cwd=place.root, env=place.environ, check=True, timeout=60)
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def _lateness(*, few: int, many: int) -> Iterator[Figure]:
    """How late the event loop gets, with few streams and with many in the queue."""
    for count, target in ((few, None), (many, MOST_LATE)):
        with _place(count, turns=3, sessions=4) as place:
            late = json.loads(place.run("benchmarks.lateness"))
        name = f"event loop late, {count} streams for 4 sessions"
        yield Figure(f"{name}, 99th percentile", "ms", late["p99"] * 1000, None, "at most", target)
        yield Figure(f"{name}, the worst", "ms", late["worst"] * 1000)


def run(*, streams: int, sessions: int, turns: int) -> Outcome:
    """One run from its start to its end.

    Raises:
        RuntimeError: It did not complete.
    """
    with _place(streams, turns=turns, sessions=sessions) as place:
        told = place.run("loki_tui", "start", "--headless", "--json", "prd.md")
        return _outcome([json.loads(line) for line in told.splitlines()], place.memory, sessions=sessions)


@dataclass(slots=True)
class _Place:
    """A project, and where its model is."""

    root: Path
    environ: dict[str, str]
    memory: int = 0
    """Bytes of the processes of what ran here, at their most."""

    def run(self, module: str, *arguments: str) -> str:
        """Run a module of Python's in the project to its end; what it printed.

        Raises:
            RuntimeError: It failed.
        """
        command = [sys.executable, "-P", "-m", module, *arguments]
        with subprocess.Popen(command, cwd=self.root, env=self.environ, stdout=subprocess.PIPE, text=True) as process:
            # Seldom: to look at forty processes takes milliseconds that what is measured would not have.
            memory = MemoryWatch(process.pid, interval=0.2)
            told, _ = process.communicate(timeout=PATIENCE)
            self.memory = memory.stop()
        if process.returncode:
            raise RuntimeError(f"it ended with {process.returncode}: {told[-1000:]}")
        return told


@contextmanager
def _place(streams: int, *, turns: int, sessions: int) -> Iterator[_Place]:
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-") as scratch, _served(_Script(streams, turns)) as url:
        project = make_project(Path(scratch))
        yield _Place(
            project.root,
            project.environment
            | {
                "ANTHROPIC_BASE_URL": url,
                "LOKI_PARALLEL_MODE": "true",
                "LOKI_MAX_PARALLEL_SESSIONS": str(sessions),
                "LOKI_MAX_WORKTREES": str(min(streams, 2 * sessions) + 1),
                "LOKI_MAX_ITERATIONS": str(4 * streams),
                "PYTHONPATH": str(_ROOT),
            },
        )


def _outcome(rows: Sequence[Body], memory: int, *, sessions: int) -> Outcome:
    at = {kind: [_moment(row) for row in rows if row["kind"] == kind] for kind in ("stream_planned", "stream_started")}
    starts = at["stream_started"][:sessions]
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    return Outcome(_moment(rows[-1]) - at["stream_planned"][0], statistics.median(gaps or [0]), memory)


def _moment(row: Body) -> float:
    return datetime.fromisoformat(row["at"]).timestamp()


class _Script:
    """What the model says: a plan, then for each stream so many turns and its end."""

    def __init__(self, streams: int, turns: int) -> None:
        self._names = [f"part{number}" for number in range(streams)]
        self._turns = turns
        self._numbers = itertools.count(1)

    def __call__(self, body: Body) -> Turn:
        if any(tool["name"] == "submit_plan" for tool in body.get("tools", ())):
            return Reply((self._call("submit_plan", self._plan()),))
        found = re.search(r"stream-(part(\d+))", json.dumps(body.get("system", "")))
        if found is None:
            return self._slowly("finish_iteration", self._finish("part0"))
        name = found[1]
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        if turn == 0:
            return self._slowly("write_file", {"path": f"test_{name}.py", "content": _TEST.format(name=name)})
        if turn < self._turns:
            return self._slowly("write_file", {"path": f"{name}.py", "content": f"TURN = {turn}\n"})
        return self._slowly("finish_iteration", self._finish(name))

    def _plan(self) -> Body:
        ids = {name: f"R{number}" for number, name in enumerate(self._names, 1)}
        return {
            "requirements": [{"id": key, "title": f"There is {name}", "criteria": []} for name, key in ids.items()],
            "streams": [
                {"name": name, "requirements": [key], "files": [f"{name}.py", f"test_{name}.py"]}
                for name, key in ids.items()
            ],
        }

    def _finish(self, name: str) -> Body:
        proof = {"requirement": f"R{self._names.index(name) + 1}", "tests": [f"test_{name}"]}
        return {"summary": f"Build {name}", "claims_done": True, "handover": "", "proofs": [proof]}

    def _slowly(self, tool: str, given: Body) -> Reply:
        return Reply((self._call(tool, given),), pings=1, interval=LATENCY)

    def _call(self, tool: str, given: Body) -> Body:
        return call(tool, given, identity=f"toolu_{next(self._numbers)}")


_TEST = (
    "import unittest\n\nimport {name}\n\n\nclass T(unittest.TestCase):\n"
    "    def test_{name}(self):\n        self.assertGreater({name}.TURN, 0)\n"
)


@contextmanager
def _served(script: _Script) -> Iterator[str]:
    """The server, on a thread with a loop of its own; its address."""
    ready, urls = threading.Event(), list[str]()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        async with MessagesServer(script) as server:
            urls.append(server.url)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait(30)
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
        loop.close()
