"""How soon things begin: from the start of a process to its first request, and to its last word."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks import scenario
from benchmarks.figures import Effort, Figure, median
from benchmarks.trial import run_both


def measure(effort: Effort) -> Iterator[Figure]:
    trials = [run_both([*scenario.work(2), scenario.finish()]) for _ in range(effort.repetitions)]
    ours, floor = (median(t[who].first - t[who].began for t in trials) for who in ("ours", "floor"))
    yield Figure("process start to first request", "s", ours, floor, "ratio", 1.1)
    ours, floor = (median(t[who].first_cpu for t in trials) for who in ("ours", "floor"))
    yield Figure("CPU until the first request", "s", ours, floor, "ratio")
    version, bare = [], []
    for _ in range(4 * effort.repetitions):
        bare.append(_run("-c", "pass"))
        version.append(_run("-m", "loki_tui", "version"))
    yield Figure("loki version", "ms", median(version) * 1000, median(bare) * 1000, "at most", 150)


def _run(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, timeout=60)
    return time.perf_counter() - began
