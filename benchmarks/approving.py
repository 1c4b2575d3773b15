"""How soon an approved action starts: from the key in the real application, and from the decision itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

from benchmarks.cockpit import Theatre, theatre
from benchmarks.figures import Effort, Figure, median
from benchmarks.pty import Terminal
from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.runtime.client import RunClient, find_run
from loki_tui.tui.screens.approvals import READ, SETTLED
from tests.support.answers import cassette
from tests.support.scripted import call, finishes, says

_PATIENCE = 30.0
"""Seconds after which an action does not start any more."""


def measure(effort: Effort) -> Iterator[Figure]:
    count = max(5, effort.keys // 5)
    with theatre() as stage:
        pressed, decided = _approve(stage, count)
    yield Figure("y to the action's start, median", "ms", 1000 * median(pressed), None, "at most", 100)
    # A key counts only once no other has followed it for a moment: most of the time is meant to pass.
    kept = 1000 * SETTLED
    yield Figure("the same without the wait for further keys", "ms", 1000 * median(pressed) - kept)
    yield Figure("decision taken to the action's start, median", "ms", 1000 * median(decided))


def _approve(stage: Theatre, count: int) -> tuple[list[float], list[float]]:
    """Seconds from key, and from decision, to the start of each of some actions."""
    commands = [f"echo number {number}" for number in range(1, count + 1)]
    turns = (*(says(call("shell", command=command)) for command in commands), finishes())
    recording = cassette(stage.project.scratch / "staged.jsonl", *turns)
    stage.environment |= {
        "LOKI_PROVIDER": "replay",
        "LOKI_CASSETTE": str(recording),
        "LOKI_STAGED_AUTONOMY": "true",
        "LOKI_MAX_ITERATIONS": "1",
        "LOKI_MODEL": "claude-sonnet-5-5",
    }
    with stage.loki("start", shows="waiting") as terminal:
        terminal.press("a")
        terminal.shows("Waiting for you")
        _press_y(terminal, "R1")
        pressed = [_press_y(terminal, f"echo number {number}\\b") for number in range(1, count + 1)]
        records = _until_started(stage, count)
    started = [record.at for record in records if isinstance(record.event, ev.ActionStarted)]
    decided = [record.at for record in records if isinstance(record.event, ev.ApprovalDecided)][1:]
    return (
        [moment.timestamp() - key for moment, key in zip(started, pressed, strict=True)],
        [(moment - at).total_seconds() for moment, at in zip(started, decided, strict=True)],
    )


def _press_y(terminal: Terminal, shows: str) -> float:
    """Approve what is shown once a person could have read it: when, in seconds since 1970."""
    terminal.shows(shows)
    time.sleep(READ + 0.2)
    key = terminal.press("y")
    return datetime.now().timestamp() - (time.monotonic() - key)


def _until_started(stage: Theatre, count: int) -> list[Record]:
    """The run's events, once so many actions have started."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        summary = find_run(stage.located)
        assert summary is not None
        records = list(RunClient(stage.located, summary.id).records())
        if sum(isinstance(record.event, ev.ActionStarted) for record in records) >= count:
            return records
        time.sleep(0.1)
    raise TimeoutError("an approved action did not start")
