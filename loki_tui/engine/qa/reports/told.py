"""The reports of `loki_tui.engine.qa.inside.run`: JSON that the project's own interpreter wrote."""

from __future__ import annotations

import json
from dataclasses import dataclass

from loki_tui.core.terminal import visible
from loki_tui.core.vocabulary import TestCase
from loki_tui.engine.qa.reports.cases import TooLargeError, case, merged

_TEXTS = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What was reported."""

    cases: tuple[TestCase, ...] = ()
    status: int | None = None
    """The exit code it was to end with; none where no test was run."""
    collected: int = 0
    """How many tests there were to run; 0 where that is not known."""
    turned: tuple[str, ...] = ()
    """Tests that raised an error and were reported as passed."""
    changed: tuple[str, ...] = ()
    """Parts of the runner that the project put something else in the place of."""
    left_out: tuple[str, ...] = ()
    """Tests that were found and not run, the first of them."""
    left_out_count: int = 0
    missing: str = ""
    """The module without which there is no runner."""
    stopped: str = ""


def read_told(text: str) -> Told | None:
    """The report in a text; none where it is none."""
    try:
        told = json.loads(text)
        if not isinstance(told, dict):
            return None
        status = told.get("status")
        return Told(
            cases=merged(map(_case, _list(told, "tests"))),
            status=status if isinstance(status, int) else None,
            collected=_number(told, "collected"),
            turned=_texts(told, "turned"),
            changed=_texts(told, "changed"),
            left_out=_texts(told, "left_out"),
            left_out_count=_number(told, "left_out_count"),
            missing=visible(str(told.get("missing") or ""))[:100],
            stopped=visible(str(told.get("stopped") or ""))[:300],
        )
    except (ValueError, TypeError, RecursionError, TooLargeError):
        return None


def _case(item: object) -> TestCase:
    match item:
        case [str(name), ("passed" | "failed" | "skipped") as outcome, str(message)]:
            return case(name, outcome, message)
        case _:
            raise ValueError("no test case")


def _list(told: dict[str, object], name: str) -> list[object]:
    value = told.get(name, [])
    return value if isinstance(value, list) else []


def _texts(told: dict[str, object], name: str) -> tuple[str, ...]:
    return tuple(visible(item)[:300] for item in _list(told, name)[:_TEXTS] if isinstance(item, str))


def _number(told: dict[str, object], name: str) -> int:
    value = told.get(name, 0)
    return value if isinstance(value, int) and 0 <= value < 1 << 31 else 0
