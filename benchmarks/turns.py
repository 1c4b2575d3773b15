"""What a turn costs, whether it gets dearer as a conversation grows, and the memory it all takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks import scenario
from benchmarks.figures import Effort, Figure, median
from benchmarks.trial import Contestant, Trial, run_both

Trials = list[dict[Contestant, Trial]]

_EDGE = 20
"""Turns at each end of a long conversation that are compared."""
_SETTINGS = {"LOKI_MAX_TURNS": "1000"}


def measure(effort: Effort) -> Iterator[Figure]:
    for turns in effort.turns:
        # A long conversation has many turns to average over.
        yield from _of(turns, _trials(turns, effort.repetitions if turns <= 50 else min(effort.repetitions, 3)))


def _trials(turns: int, repetitions: int) -> Trials:
    script = [*scenario.work(turns), scenario.finish()]
    marks = sorted({0, _EDGE, turns - _EDGE, turns})
    return [run_both(script, marks=marks, settings=_SETTINGS) for _ in range(repetitions)]


def _of(turns: int, trials: Trials) -> Iterator[Figure]:
    def compare(what: str, of: Callable[[Trial], float], *, target: float | None = None) -> Figure:
        ours, floor = (median(of(trial[who]) for trial in trials) for who in ("ours", "floor"))
        return Figure(f"{what}, {turns} turns", "ms", ours * 1000, floor * 1000, "ratio", target)

    yield compare("wall per turn", lambda trial: trial.wall(0, turns), target=1.5)
    yield compare("CPU per turn", lambda trial: trial.busy(0, turns), target=1.5)
    if turns > 2 * _EDGE:
        for label, growth in {"wall": Trial.wall, "CPU": Trial.busy}.items():
            ours, floor = (
                median(growth(t[who], turns - _EDGE, turns) / growth(t[who], 0, _EDGE) for t in trials)
                for who in ("ours", "floor")
            )
            yield Figure(f"{label}, last {_EDGE} over first {_EDGE} of {turns}", "ratio", ours, floor, "at most", 1.3)
        ours, floor = (median(trial[who].memory / 1e6 for trial in trials) for who in ("ours", "floor"))
        yield Figure(f"peak memory of the whole tree, {turns} turns", "MB", ours, floor, "at most", 150)
