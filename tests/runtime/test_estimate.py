"""What a run is expected to come to, and what that is worth."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.estimate import Estimate, estimate
from loki_tui.runtime.prd import Prd
from loki_tui.runtime.runs import RunEntry
from tests.support import runs
from tests.support.entries import entry
from tests.support.scripted import ScriptedModel

SMALL = "# A thing\n\n" + "- It does one thing.\n" * 5
LARGE = "# A thing\n\n" + "- It does one thing.\n" * 100


def prd(text: str = SMALL) -> Prd:
    return Prd(Path("/w/prd.md"), text)


def settings(**given: object) -> Settings:
    return Settings.model_validate(given)


def run(text: str = SMALL, *, dollars: str = "4", workspace: str = "/w", **fields: object) -> RunEntry:
    """A completed run on a PRD."""
    return entry(**{"workspace": workspace, "spent": Decimal(dollars), "prd_bytes": len(text)} | fields)  # type: ignore[arg-type]


def two_digits(amount: Decimal) -> bool:
    return len(str(amount).replace(".", "").strip("0")) <= 2


@pytest.mark.parametrize("text", ["x", SMALL, LARGE, "word " * 20_000])
def test_without_history_the_range_is_wide_and_says_what_it_rests_on(text: str) -> None:
    expected = estimate(prd(text), settings(), [])
    assert expected.low is not None
    assert expected.high is not None
    assert 0 < 5 * expected.low < expected.high
    assert two_digits(expected.low)
    assert two_digits(expected.high)
    assert 1 <= expected.iterations_low <= expected.iterations_high
    assert 0 < 5 * expected.seconds_low < expected.seconds_high
    assert "assumptions" in expected.basis


def test_more_to_do_is_expected_to_come_to_more() -> None:
    small, large = (estimate(prd(text), settings(), []) for text in (SMALL, LARGE))
    assert small.low is not None
    assert small.high is not None
    assert large.low is not None
    assert large.high is not None
    assert small.low < large.low
    assert small.high < large.high
    assert small.iterations_high < large.iterations_high
    assert small.seconds_high < large.seconds_high


def test_one_earlier_run_is_taken_with_a_grain_of_salt_and_many_less_so() -> None:
    one = estimate(prd(), settings(), [run()])
    assert (one.low, one.high) == (Decimal(2), Decimal(8))
    assert (one.iterations_low, one.iterations_high) == (5, 20)
    assert (one.seconds_low, one.seconds_high) == (1800, 7200)
    assert one.basis.startswith("From 1 earlier completed run of this machine")
    many = estimate(prd(), settings(), [run(dollars=dollars) for dollars in "44444555559"])
    # One in ten at each end went astray.
    assert (many.low, many.high) == (Decimal("3.6"), Decimal("5.5"))


def test_a_larger_prd_may_or_may_not_cost_as_much_more() -> None:
    fourfold = estimate(prd(SMALL * 4), settings(), [run()] * 10)
    assert fourfold.low == Decimal("3.6")
    assert fourfold.high == 18
    quarter = estimate(prd(SMALL), settings(), [run(SMALL * 4)] * 10)
    assert quarter.low == Decimal("0.90")
    assert quarter.high == Decimal("4.4")
    immense = estimate(prd(SMALL * 1000), settings(), [run()] * 10)
    assert immense.high == 44


def test_only_completed_runs_with_the_same_provider_tell_something() -> None:
    past = [
        run(status=Status.STOPPED, dollars="900"),
        run(status=None, dollars="900"),
        run(provider="replay", dollars="900"),
        run(iterations=0, dollars="900"),
    ]
    assert "assumptions" in estimate(prd(), settings(), past).basis
    assert estimate(prd(), settings(), [*past, run()]).high == 8


def test_runs_of_the_same_project_speak_for_themselves_once_there_are_enough() -> None:
    here, elsewhere = run(), run(workspace="/other", dollars="40")
    few = estimate(prd(), settings(), [here, elsewhere], workspace=Path("/w"))
    assert few.high == 60
    assert "of this machine" in few.basis
    enough = estimate(prd(), settings(), [here, here, here, elsewhere], workspace=Path("/w"))
    assert enough.high == Decimal("5.4")
    assert enough.basis.startswith("From 3 earlier completed runs of this project")


def test_other_models_than_now_are_priced_as_those_of_now() -> None:
    prices = {"mine": {"input": "1", "output": "10"}}
    now = settings(model="mine", model_planning="mine", model_prices=prices)
    # A million tokens in, a tenth of that out: $2.
    assert estimate(prd(), now, [run(dollars="40")]).high == 4
    assert estimate(prd(), now, [run(models=now.models, unpriced=3)]).high == 4
    assert estimate(prd(), now, [run(models=now.models)]).high == 8


def test_what_a_model_costs_that_nobody_knows_is_not_made_up() -> None:
    unknown = settings(model="mine", budget_limit="5")
    for past in ([], [run()]):
        expected = estimate(prd(), unknown, past)
        assert (expected.low, expected.high, expected.worst_request) == (None, None, None)
        assert expected.budget_verdict == "unknown"
        assert expected.iterations_high >= 1


def test_limits_hold_the_estimate() -> None:
    free = estimate(prd(LARGE), settings(), [])
    held = estimate(prd(LARGE), settings(max_iterations=2), [])
    assert (held.iterations_low, held.iterations_high) == (2, 2)
    assert held.high is not None
    assert free.high is not None
    assert held.low is not None
    assert held.low <= held.high < free.high
    hour = estimate(prd(LARGE), settings(max_duration="1h"), [])
    assert hour.seconds_high == 3600
    assert hour.seconds_low <= 3600


@pytest.mark.parametrize(
    ("budget", "verdict"),
    [
        (None, "no_budget"),
        ("8", "covers"),
        ("7.99", "may_not_cover"),
        ("2", "may_not_cover"),
        ("1.99", "falls_short"),
        ("0.01", "not_one_request"),
    ],
)
def test_the_budget_is_held_against_it(budget: str | None, verdict: str) -> None:
    assert estimate(prd(), settings(budget_limit=budget), [run()]).budget_verdict == verdict


def test_a_recording_bills_nobody() -> None:
    replayed = settings(provider="replay", cassette="/dev/null")
    assert "nobody is billed" in estimate(prd(), replayed, []).basis


def bench_with(tmp_path: Path, budget: Decimal) -> tuple[Estimate, runs.Bench]:
    """A run with a budget, and what is expected of it."""
    bench = runs.make_bench(tmp_path, ScriptedModel(), budget_limit=str(budget))
    text = Prd(bench.workspace / "prd.md", runs.PRD)
    return estimate(text, bench.settings, [], workspace=bench.workspace), bench


async def test_a_budget_below_the_first_request_is_where_the_engine_pauses(tmp_path: Path) -> None:
    expected, bench = bench_with(tmp_path, Decimal("0.01"))
    assert expected.budget_verdict == "not_one_request"
    async with bench.going(), asyncio.timeout(30):
        state = await bench.until(lambda state: state.paused_by == "budget")
    assert state.needed == expected.worst_request
    assert not bench.of(ev.ModelRequested)


async def test_a_budget_of_just_that_request_lets_it_go_out(tmp_path: Path) -> None:
    worst = estimate(prd(runs.PRD), settings(model="claude-sonnet-5-5"), []).worst_request
    assert worst is not None
    expected, bench = bench_with(tmp_path, worst)
    assert expected.budget_verdict != "not_one_request"
    await bench.go()
    asked, *_ = bench.of(ev.ModelRequested)
    assert asked.reserved == worst
