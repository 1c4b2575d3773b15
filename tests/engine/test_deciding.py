"""Completion takes the agent's word and fresh facts; everything else ends at a limit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loki_tui.core.events import Event
from loki_tui.core.fold import fold
from loki_tui.core.settings import Settings
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.deciding import Close, GoOn, decide, missing
from tests.support.life import BEGIN, created, iteration, measured, records, taken

DONE = (*iteration(1, "t1", claims_done=True), measured(Verdict.PASSED, "t1"))
SOON = BEGIN + timedelta(minutes=1)


def state_of(*events: Event) -> RunState:
    return fold(records([created(), taken(0, "t0"), *events]))


def limits(**given: object) -> Settings:
    return Settings.model_validate({"provider": "replay", "cassette": "/dev/null", **given})


def test_a_claim_with_a_green_fact_completes() -> None:
    decision = decide(state_of(*DONE), limits(), SOON)
    assert decision == Close("completed", "the agent finished, and 3 tests pass in a clean checkout")


def test_it_completes_in_the_last_iteration_too() -> None:
    decision = decide(state_of(*DONE), limits(max_iterations=1), SOON)
    assert isinstance(decision, Close)
    assert decision.outcome == "completed"


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PASSED])
def test_nothing_but_green_is_green(verdict: Verdict) -> None:
    state = state_of(*iteration(1, "t1", claims_done=True), measured(verdict, "t1"))
    assert decide(state, limits(), SOON) == GoOn(("unit tests: 3 tests pass",))


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ((), "the agent has not said that everything is done"),
        ((*iteration(1, "t1"), measured(Verdict.PASSED, "t1")), "the agent has not said that everything is done"),
        (iteration(1, "t1", claims_done=True), "unit tests: not measured on the work as it is now"),
        ((*DONE, taken(2, "t2")), "unit tests: not measured on the work as it is now"),
        ((*iteration(1, "t0", claims_done=True), measured(Verdict.PASSED, "t0")), "nothing was changed"),
        ((*DONE, *iteration(2, "t1")), "the agent has not said that everything is done"),
    ],
)
def test_what_is_missing_is_named(events: tuple[Event, ...], why: str) -> None:
    assert why in missing(state_of(*events))
    assert isinstance(decide(state_of(*events), limits(), SOON), GoOn)


def test_an_agent_that_claims_nothing_is_reproached_with_nothing() -> None:
    assert decide(state_of(*iteration(1, "t1")), limits(), SOON) == GoOn(())


# -- limits -------------------------------------------------------------------------------------


def outcome(state: RunState, settings: Settings, *, after: timedelta = timedelta(minutes=1)) -> str:
    decision = decide(state, settings, BEGIN + after)
    return decision.outcome if isinstance(decision, Close) else "goes on"


@pytest.mark.parametrize(("number", "expected"), [(1, "goes on"), (2, "exhausted"), (3, "exhausted")])
def test_iterations_are_counted_when_they_are_over(number: int, expected: str) -> None:
    done = [event for each in range(1, number + 1) for event in iteration(each, f"t{each}")]
    assert outcome(state_of(*done), limits(max_iterations=2)) == expected
    half = (*iteration(1, "t1"), iteration(2, "t2")[0])
    assert outcome(state_of(*half), limits(max_iterations=2)) == "goes on"


def test_time_runs_out() -> None:
    settings = limits(max_duration=3600)
    assert outcome(state_of(), settings, after=timedelta(minutes=59)) == "goes on"
    assert outcome(state_of(), settings, after=timedelta(minutes=61)) == "exhausted"


@pytest.mark.parametrize(
    ("trees", "expected"),
    [
        (["t0", "t0"], "goes on"),
        (["t0", "t0", "t0"], "stagnated"),
        (["t1", "t1", "t1"], "goes on"),
        (["t1", "t1", "t1", "t1"], "stagnated"),
        (["t0", "t1", "t1", "t0"], "goes on"),
        (["t1", "t1", "t1", "t2"], "goes on"),
        (["t1", "t2", "t1", "t2", "t1", "t2"], "goes on"),
    ],
)
def test_iterations_in_a_row_that_change_nothing_stagnate(trees: list[str], expected: str) -> None:
    events = [event for number, tree in enumerate(trees, start=1) for event in iteration(number, tree)]
    assert outcome(state_of(*events), limits(council_stagnation_limit=3)) == expected


def test_perpetual_mode_ends_at_limits_alone() -> None:
    assert outcome(state_of(*DONE), limits(perpetual_mode=True)) == "goes on"
    assert outcome(state_of(*DONE), limits(perpetual_mode=True, max_iterations=1)) == "exhausted"
