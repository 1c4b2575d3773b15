"""Test cases as every report's reader makes them: harmless text of bounded size, one case a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from loki_tui.core.terminal import visible
from loki_tui.core.vocabulary import Counts, TestCase

Outcome = Literal["passed", "failed", "skipped"]

CASES = 100_000
"""Most cases of a report."""
_NAME = 500
_MESSAGE = 300
_GRAVITY: dict[Outcome, int] = {"skipped": 0, "passed": 1, "failed": 2}


class TooLargeError(Exception):
    """A report has more cases than any suite."""


def case(name: str, outcome: Outcome, message: str = "") -> TestCase:
    """A test case of foreign text."""
    first = next((line for line in message.splitlines() if line.strip()), "") if message else ""
    return TestCase(id=_line(name, _NAME), outcome=outcome, message=_line(first, _MESSAGE))


def merged(cases: Iterable[TestCase]) -> tuple[TestCase, ...]:
    """One case a name, the gravest; in the order of their first mention.

    Raises:
        TooLargeError: There are too many.
    """
    found: dict[str, TestCase] = {}
    for each in cases:
        known = found.get(each.id)
        if known is None or _GRAVITY[each.outcome] > _GRAVITY[known.outcome]:
            found[each.id] = each
        if len(found) > CASES:
            raise TooLargeError
    return tuple(found.values())


def counts_of(cases: Iterable[TestCase]) -> Counts:
    """How many there are of each outcome."""
    found = Counter(each.outcome for each in cases)
    return Counts(passed=found["passed"], failed=found["failed"], skipped=found["skipped"])


def _line(text: str, limit: int) -> str:
    text = visible(text[: 2 * limit].strip()).replace("\n", " ").replace("\t", " ")
    return text if len(text) <= limit else f"{text[: limit - 1]}\u2026"
