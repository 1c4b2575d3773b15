"""An estimate in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from loki_tui.runtime.estimate import Estimate
from loki_tui.wording.estimates import budget_line, estimate_lines, time_range

EXPECTED = Estimate(
    low=Decimal("1.2"),
    high=Decimal(90),
    iterations_low=3,
    iterations_high=1200,
    seconds_low=700,
    seconds_high=36_000,
    basis="From a test.",
    worst_request=Decimal("0.333024"),
    budget=Decimal(20),
)


def test_every_figure_is_a_range_and_the_basis_is_named() -> None:
    assert [line.text for line in estimate_lines(EXPECTED)] == [
        "cost        $1.20 to $90.00",
        "iterations  3 to 1,200",
        "time        12 min to 10 h",
        "budget      $20.00 may not cover that; the run would pause when it is used up",
        "a request   at most $0.34 at the beginning",
        "basis       From a test.",
    ]


def test_what_is_not_known_is_said_to_be_so() -> None:
    unknown = estimate_lines(replace(EXPECTED, low=None, high=None, worst_request=None))
    assert unknown[0].text == "cost        not known, since the price of a model is not"
    assert "LOKI_MODEL_PRICES" in unknown[3].text
    assert len(unknown) == 5


@pytest.mark.parametrize(
    ("budget", "words", "tone"),
    [
        (None, "none is set", "warn"),
        ("0.1", "not cover even the first request", "bad"),
        ("1", "not cover even the least", "bad"),
        ("2", "may not cover", "warn"),
        ("90", "$90.00 covers that", "good"),
    ],
)
def test_the_budget_is_judged(budget: str | None, words: str, tone: str) -> None:
    line = budget_line(replace(EXPECTED, budget=None if budget is None else Decimal(budget)))
    assert words in line.text
    assert line.tone == tone


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(20, 110, "20 s to 110 s"), (180, 180, "3 min"), (8_100, 500_000, "2.2 h to 5.8 days")],
)
def test_times_have_the_unit_they_are_read_in(low: float, high: float, words: str) -> None:
    assert time_range(replace(EXPECTED, seconds_low=low, seconds_high=high)) == words
