"""Figures: what was measured, beside what it is measured against, and whether that is good enough."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Judged = Literal["ratio", "excess", "at most", "at least"]
"""What the target is about: ours over the floor, ours less the floor, or ours alone."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure."""

    repetitions: int = 5
    turns: tuple[int, ...] = (20, 300)
    events: int = 100_000
    history: int = 1_000_000
    """Events of a long run."""
    commands: int = 200
    keys: int = 100
    seconds: float = 10
    """How long something is left to itself."""


QUICK = Effort(repetitions=1, turns=(20, 60), events=10_000, history=30_000, commands=30, keys=15, seconds=3)
"""To see that everything works; the figures say little."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    unit: str
    ours: float
    floor: float | None = None
    judged: Judged = "at most"
    target: float | None = None
    """None for a figure that only informs."""

    def __str__(self) -> str:
        return " ".join(filter(None, _row(self)))

    @property
    def score(self) -> float:
        """What is held against the target."""
        match self.judged:
            case "ratio":
                assert self.floor
                return self.ours / self.floor
            case "excess":
                assert self.floor is not None
                return self.ours - self.floor
            case _:
                return self.ours

    @property
    def met(self) -> bool:
        """Whether it is good enough."""
        if self.target is None:
            return True
        return self.score >= self.target if self.judged == "at least" else self.score <= self.target


def table(figures: Sequence[Figure]) -> str:
    """All figures as a Markdown table."""
    rows = [("figure", "unit", "ours", "floor", "ratio", "target", ""), *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _row(figure: Figure) -> tuple[str, ...]:
    floor = "" if figure.floor is None else _number(figure.floor)
    ratio = f"{figure.ours / figure.floor:.2f}" if figure.floor else ""
    verdict = "" if figure.target is None else "met" if figure.met else "MISSED"
    return (figure.name, figure.unit, _number(figure.ours), floor, ratio, _target(figure), verdict)


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    match figure.judged:
        case "ratio":
            return f"≤ {figure.target:g} floor"
        case "excess":
            return f"≤ {figure.target:g} + floor"
        case "at most":
            return f"≤ {figure.target:g}"
        case "at least":
            return f"≥ {figure.target:,.0f}"


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)
