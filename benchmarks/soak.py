"""The full-screen application under restless hands for a long time: the suite's own test of that, at full length.

It is the test that knows what has to hold (`tests/tui/test_soak.py`); it runs in a process of its own
and leaves what it counted in a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Effort, Figure

_ROOT = Path(__file__).parent.parent
_TEST = "tests/tui/test_soak.py"
_PATIENCE = 3600.0
"""Seconds for all seeds together."""
_GROWTH = 48.0
"""Megabytes that the test allows."""


def measure(effort: Effort) -> Iterator[Figure]:
    seeds = (1, 2) if effort.repetitions > 1 else (1,)
    tallies, broken = _soak(effort.events, seeds)

    def total(name: str) -> float:
        return sum(tally[name] for tally in tallies)

    yield Figure("soak: events taken in", "events", total("events"), None, "at least", effort.events * len(seeds))
    yield Figure("soak: keys pressed", "keys", total("keys"))
    yield Figure("soak: resizes", "times", total("resizes"))
    yield Figure("soak: clicks", "times", total("clicks"))
    yield Figure("soak: runs that broke", "runs", broken, None, "at most", 0)
    for tally in tallies:
        seed, before, after = int(tally["seed"]), tally["before"] / 1e6, tally["after"] / 1e6
        yield Figure(f"soak {seed}: time", "s", tally["seconds"])
        yield Figure(f"soak {seed}: memory after a third, resident", "MB", before)
        yield Figure(f"soak {seed}: most memory later, resident", "MB", after)
        yield Figure(f"soak {seed}: growth", "MB", after - before, None, "at most", _GROWTH)


def _soak(events: int, seeds: tuple[int, ...]) -> tuple[list[dict[str, float]], int]:
    """What was counted for each seed that came to its end, and how many of them broke."""
    tallies: list[dict[str, float]] = []
    broken = 0
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-") as scratch:
        for seed in seeds:
            figures = Path(scratch) / f"{seed}.json"
            done = subprocess.run(
                # In one process, which has nothing else in it: its memory is looked at.
                [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", _TEST],
                cwd=_ROOT,
                env={
                    **os.environ,
                    "SOAK_EVENTS": str(events),
                    "SOAK_SEEDS": str(seed),
                    "SOAK_FIGURES": str(figures),
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_PATIENCE / len(seeds),
                text=True,
                check=False,
            )
            if done.returncode:
                broken += 1
                print(done.stdout, file=sys.stderr)
            if figures.exists():
                tallies.append(json.loads(figures.read_text(encoding="utf-8")))
    return tallies, broken
