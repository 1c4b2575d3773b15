"""How soon a long run is open, and any moment of it at hand, and what that takes of memory.

What is measured is a process of its own that does what a face does with a run's past:
`python -m benchmarks.looking_back STATE WORKSPACE RUN` prints its findings as JSON.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from benchmarks.figures import Effort, Figure
from benchmarks.journals import write_journal
from benchmarks.processes import resident_bytes
from loki_tui.core.fold import apply
from loki_tui.runtime.client import RunClient
from loki_tui.runtime.history import History
from loki_tui.store.paths import StateDirectory
from loki_tui.store.project import Project

_RUN = "20260101-000000-abcd"
_JUMPS = 200
_SHOWN = 200
"""Records that a screen begins with."""
_FURTHER = 100_000

_T = TypeVar("_T")


def measure(effort: Effort) -> Iterator[Figure]:
    events = effort.history
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-") as scratch:
        workspace = Path(scratch) / "workspace"
        workspace.mkdir()
        state = StateDirectory(root=Path(scratch) / "state", workspace=workspace)
        began = time.perf_counter()
        write_journal(state, _RUN, events)
        rate = events / (time.perf_counter() - began)
        found = _look_back(state)
        size = state.journal.stat().st_size
    of = f"of {events:,} events"
    yield Figure(f"looking back, a run {of} opened", "ms", found["opened"], None, "at most", 1000)
    yield Figure(f"looking back, worst of {_JUMPS} jumps", "ms", found["worst"], None, "at most", 60)
    yield Figure(f"looking back, median of {_JUMPS} jumps", "ms", found["median"])
    yield Figure(
        f"looking back, all {found['iterations']:,.0f} iterations", "ms", found["listed"], None, "at most", 300
    )
    yield Figure("looking back, next problem", "ms", found["problem"])
    yield Figure(f"looking back, all {of} searched for a text", "s", found["searched"])
    yield Figure("looking back, memory of the process", "MB", found["memory"], None, "at most", 100)
    yield Figure(f"looking back, memory for {_FURTHER:,} further events", "MB", found["growth"], None, "at most", 1)
    yield Figure("looking back, journal per event", "bytes", size / events)
    yield Figure("looking back, events journaled, made up and folded", "events/s", rate)


def _look_back(state: StateDirectory) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.looking_back", str(state.root), str(state.workspace), _RUN]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=600)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _findings(client: RunClient) -> dict[str, float]:
    """What the measured process finds; times in milliseconds where nothing else is said."""
    with client.history() as history:
        opened, last = _timed(lambda: _open(history))
        chance = random.Random(1)
        jumps = [_timed(lambda: history.state_at(chance.randint(1, last)))[0] for _ in range(_JUMPS)]
        listed, marks = _timed(history.iterations)
        memory = _megabytes()
        problem, _ = _timed(lambda: history.next_problem(start=last // 2))
        growth = _growth(history, last)
        searched, _ = _timed(lambda: history.find("said by nobody", start=0))
    return {
        "opened": opened,
        "worst": max(jumps),
        "median": sorted(jumps)[_JUMPS // 2],
        "listed": listed,
        "iterations": len(marks),
        "memory": memory,
        "problem": problem,
        "growth": growth,
        "searched": searched / 1000,
    }


def _open(history: History) -> int:
    state = history.state_at()
    history.page_before(state.seq + 1, limit=_SHOWN)
    return state.seq


def _growth(history: History, last: int) -> float:
    """What a state that takes in the last events, page by page, adds to a process that has done so before."""
    state = history.state_at(max(0, last - 2 * _FURTHER))
    before = _megabytes()
    while page := history.page(after=state.seq):
        if page[0].seq <= last - _FURTHER:
            before = _megabytes()
        for record in page:
            apply(state, record)
    return _megabytes() - before


def _timed(action: Callable[[], _T]) -> tuple[float, _T]:
    begun = time.perf_counter()
    result = action()
    return (time.perf_counter() - begun) * 1000, result


def _megabytes() -> float:
    return resident_bytes(os.getpid()) / 1e6


if __name__ == "__main__":
    _, root, workspace, run = sys.argv
    print(json.dumps(_findings(RunClient(Project(StateDirectory(root=Path(root), workspace=Path(workspace))), run))))
