"""Rates over many tests, told at the end of a session, however its tests were spread over processes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import pytest

_PROPERTY = "rate"

Record = Callable[[str, object], None]
"""What pytest's `record_property` gives."""


def count(record: Record, what: str, outcome: str, *, happened: bool) -> None:
    """Have a test counted in a rate.

    Args:
        record: Of the test.
        what: Of what it is one.
        outcome: What may become of these.
        happened: Whether it became of this one.
    """
    record(_PROPERTY, [what, outcome, happened])


def told(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """A line for each rate."""
    counted: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for report in reports:
        for name, value in report.user_properties if report.when == "call" else ():
            if name == _PROPERTY and isinstance(value, list):
                what, outcome, happened = value
                counted[what, outcome].append(happened)
    for (what, outcome), all_of in counted.items():
        share = sum(all_of) / len(all_of)
        yield f"{what}: {len(all_of)} cases, {sum(all_of)} {outcome} ({share:.1%})"
