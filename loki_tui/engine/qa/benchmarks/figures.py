"""Figures of benchmarks, read from what their tools print or write. An agent may have written any of it."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST = 200
"""Benchmarks that are kept of one run."""
_LONGEST = 2_000_000
"""Characters of a report that are read."""
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0}
_NUMBER = r"(?P<number>[\d,]{1,20}(?:\.\d{1,9})?)"
_LINES: tuple[re.Pattern[str], ...] = (
    re.compile(
        rf"^(?P<name>Benchmark\S{{1,200}})\s+\d+\s+{_NUMBER} (?P<unit>ns)/op",
        re.MULTILINE,
    ),
    re.compile(
        rf"^test (?P<name>\S{{1,200}})\s+\.\.\. bench:\s+{_NUMBER} (?P<unit>ns)/iter",
        re.MULTILINE,
    ),
    re.compile(
        r"^(?P<name>\S[^\n]{0,200}?)\s+time:\s+\[[\d.]+ \S+ (?P<number>[\d.]{1,20}) (?P<unit>\S{1,3}) [\d.]+ \S+\]",
        re.MULTILINE,
    ),
)
"""go; cargo's own; criterion, whose middle figure is its best estimate."""
_RATE = re.compile(rf"^[ \t]*(?P<name>\S[^\n]{{0,200}}?) x {_NUMBER} ops/sec", re.MULTILINE)
"""benchmark.js."""


def read_report(text: str) -> dict[str, float]:
    """Seconds by benchmark, from the JSON that pytest-benchmark writes; nothing where it is none."""
    try:
        report = json.loads(text[:_LONGEST])
    except (ValueError, RecursionError):
        return {}
    entries = report.get("benchmarks") if isinstance(report, dict) else None
    return dict(_entries(entries)) if isinstance(entries, list) else {}


def _entries(entries: list[object]) -> Iterator[tuple[str, float]]:
    for entry in entries[:MOST]:
        stats = entry.get("stats") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(stats, dict):
            continue
        name, seconds = entry.get("fullname"), stats.get("median")
        if isinstance(name, str) and isinstance(seconds, int | float) and _is_time(seconds):
            yield name[:200], float(seconds)


def read_output(output: str) -> dict[str, float]:
    """Seconds by benchmark, from what go, cargo, criterion or benchmark.js print; else nothing."""
    figures: dict[str, float] = {}
    for pattern in _LINES:
        for found in pattern.finditer(output[:_LONGEST]):
            seconds = _number(found["number"]) * _UNITS.get(found["unit"], 0.0)
            if _is_time(seconds) and len(figures) < MOST:
                # One of go's names ends with the number of processors, which may differ.
                figures.setdefault(re.sub(r"-\d+$", "", found["name"]), seconds)
    for found in _RATE.finditer(output[:_LONGEST]):
        rate = _number(found["number"])
        if rate > 0 and len(figures) < MOST:
            figures.setdefault(found["name"], 1 / rate)
    return figures


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return 0.0


def _is_time(seconds: float) -> bool:
    return 0 < seconds < 1e9  # no number is too large for this, and what is none is neither


@dataclass(frozen=True, slots=True)
class Comparison:
    """One benchmark at the base and here, each measured several times."""

    name: str
    base: float
    """Seconds: the least of those measured, which is what the others were held up from."""
    here: float
    noise: float
    """Seconds by which measurements of the same thing differed, twice over."""

    @property
    def percent(self) -> float:
        """How much longer it takes here."""
        return (self.here / self.base - 1) * 100

    def is_slower(self, tolerance: float) -> bool:
        """Whether it takes longer by more than so many percent, and by more than chance explains."""
        return self.percent > tolerance and self.here - self.base > self.noise

    def is_unsure(self, tolerance: float) -> bool:
        """Whether only noise speaks against its being slower."""
        return self.percent > tolerance and not self.is_slower(tolerance)


def compare(base: Sequence[dict[str, float]], here: Sequence[dict[str, float]]) -> list[Comparison]:
    """What was measured on both sides in every repetition, in the order of names."""
    names = _common(base) & _common(here)
    return [_compared(name, [run[name] for run in base], [run[name] for run in here]) for name in sorted(names)]


def _compared(name: str, base: list[float], here: list[float]) -> Comparison:
    spread = max(statistics.median(times) - min(times) for times in (base, here))
    return Comparison(name, min(base), min(here), 2 * spread)


def _common(runs: Iterable[dict[str, float]]) -> set[str]:
    sets = [set(run) for run in runs]
    return set.intersection(*sets) if sets else set()


def shown(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
