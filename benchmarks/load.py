"""An engine that is as busy as one likes: appends events to a run that is there, from a process of its own.

    python -m benchmarks.load STATE WORKSPACE RUN --rate 100

It says `ready` when it holds the run, and goes on until its input is closed or so many events are written; then it
says how many there were. What it writes is what an engine writes, through the same chronicle, keyframes included.
"""

from __future__ import annotations

import argparse
import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, repeat
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Confinement
from loki_tui.engine.chronicle import Chronicle
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory
from tests.support.working import Worker, plan

TICK = 0.01
"""Seconds between appends, where events come faster than that."""

_ROOT = Path(__file__).parent.parent


class Load:
    """Such a process, and its end; see `load_on`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._told = process.stdout
        assert self._told is not None
        if self._told.readline() != b"ready\n":
            raise RuntimeError(f"the load does not begin (exit code {process.wait()})")
        self._began = self._ended = time.monotonic()
        self._appended: int | None = None

    def appended(self) -> int:
        """Wait until it is through; how many events there were."""
        if self._appended is None:
            assert self._told is not None
            self._appended = int(json.loads(self._told.readline())["appended"])
            self._ended = time.monotonic()
        return self._appended

    @property
    def rate(self) -> float:
        """Events a second from its beginning to its end; waits for that."""
        return self.appended() / (self._ended - self._began)


@contextmanager
def load_on(state: StateDirectory, run: str, *, rate: float = 0, events: int | None = None) -> Iterator[Load]:
    """Events in a run, from another process, until the context is left.

    Args:
        state: Where the run is.
        run: Which; no engine may be at work on it.
        rate: Events a second; 0 for as many as can be.
        events: How many at most.
    """
    command = [sys.executable, "-P", "-m", "benchmarks.load", str(state.root), str(state.workspace), run]
    command += ["--rate", str(rate), *([] if events is None else ["--events", str(events)])]
    with subprocess.Popen(
        command, cwd=_ROOT, env={"PYTHONPATH": str(_ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield (load := Load(process))
            assert process.stdin is not None
            process.stdin.close()
            load.appended()
            process.wait(timeout=60)
        finally:
            process.kill()


def _work(state: RunState, seed: int) -> Iterator[Event]:
    """Without end: iterations after those that there were, with all that happens in them."""
    worker = Worker(seed, prefix=f"load{state.seq}.")
    yield ev.EngineStarted(pid=1, host="load", confinement=Confinement(rung="landlock", detail="ABI 7"), resumed=True)
    if not state.requirements:
        yield plan()
    if state.iteration is not None:
        number = state.iteration.number
        yield ev.IterationFinished(number=number, ended_by="time", summary="Another engine goes on.")
    for number, _ in enumerate(repeat(None), start=state.iterations_begun + 1):
        yield from worker.iteration(number, turns=150)
        yield from worker.verification(number, requirements=1)


def _main() -> None:
    parser = argparse.ArgumentParser(description="Append events to a run, as an engine would.")
    parser.add_argument("state", type=Path)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("run")
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--events", type=int)
    given = parser.parse_args()
    state = StateDirectory(root=given.state, workspace=given.workspace)
    with EngineLock.acquire(state, run=given.run) as lock, SqliteJournal.open(lock) as journal:
        chronicle = Chronicle(journal)
        print("ready", flush=True)
        appended = _append(chronicle, given.rate, given.events)
    print(json.dumps({"appended": appended}), flush=True)


def _append(chronicle: Chronicle, rate: float, events: int | None) -> int:
    """At an even pace: one by one if that is slow enough, else so many a tick."""
    work, appended, began = islice(_work(chronicle.state, seed=11), events), 0, time.monotonic()
    while True:
        due = 200 if rate == 0 else max(1, int((time.monotonic() - began) * rate) - appended)
        batch = list(islice(work, due))
        if not batch:
            return appended
        chronicle.note(*batch)
        appended += len(batch)
        pause = max(TICK, began + (appended + 1) / rate - time.monotonic()) if rate else 0
        if select.select([sys.stdin], [], [], pause)[0]:
            return appended


if __name__ == "__main__":
    _main()
