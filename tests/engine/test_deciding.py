"""Completion takes the agent's word and fresh facts; everything else ends at a limit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.fold import fold
from loki_tui.core.settings import Settings
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Proof, Requirement, Verdict
from loki_tui.engine.deciding import Close, GoOn, Sit, decide, missing, promising, reviewable, sitting_due, unproven
from tests.support.life import BEGIN, created, iteration, measured, records, taken
from tests.support.runs import FACTS_ALONE

PLANNED = ev.RequirementsPlanned(requirements=(Requirement(id="R1", title="It works"),))
SOON = BEGIN + timedelta(minutes=1)


def judged(tree: str, proof: Proof = Proof.PROVEN) -> Event:
    return ev.RequirementJudged(id="R1", proof=proof, evidence="", tests=("test_it",), tree=tree)


def done(number: int = 1, tree: str = "t1", *, claims_done: bool = True) -> tuple[Event, ...]:
    """An iteration whose work is proven."""
    return (*iteration(number, tree, claims_done=claims_done), measured(Verdict.PASSED, tree), judged(tree))


DONE = done()


def sitting(number: int, tree: str, *, approved: bool, at: int = 1) -> tuple[Event, ...]:
    """The council sits."""
    return (
        ev.CouncilConvened(sitting=number, reason="why", members=("one",), iteration=at, tree=tree),
        ev.VoteCast(
            sitting=number,
            member="one",
            verdict="approve" if approved else "reject",
            reasons=("the reason",),
            evidence=("calc.py:3",),
        ),
        ev.CouncilDecided(sitting=number, approved=approved, reason="1 of 1", tree=tree, approving=1, needed=1),
    )


def phase(name: str, verdict: Verdict, tree: str = "t1") -> Event:
    return ev.PhaseFinished(phase=name, verdict=verdict, why="so it is", checkpoint="c1", tree=tree)


def state_of(*events: Event) -> RunState:
    return fold(records([created(), taken(0, "t0"), PLANNED, *events]))


def limits(**given: object) -> Settings:
    return Settings.model_validate({"provider": "replay", "cassette": "/dev/null", **FACTS_ALONE, **given})


def test_a_claim_with_facts_for_it_completes() -> None:
    decision = decide(state_of(*DONE), limits(), SOON)
    assert decision == Close("completed", "3 tests pass; 1 of 1 requirements are proven")


def test_it_completes_in_the_last_iteration_too() -> None:
    decision = decide(state_of(*DONE), limits(max_iterations=1), SOON)
    assert isinstance(decision, Close)
    assert decision.outcome == "completed"


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PASSED])
def test_nothing_but_green_is_green(verdict: Verdict) -> None:
    state = state_of(*iteration(1, "t1", claims_done=True), measured(verdict, "t1"), judged("t1"))
    assert decide(state, limits(), SOON) == GoOn(("unit tests: 3 tests pass",))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_phase_that_is_not_required_blocks_where_it_is_red(verdict: Verdict) -> None:
    state = state_of(*DONE, phase("security", verdict))
    red = verdict in {Verdict.FAILED, Verdict.ERROR}
    assert unproven(state, limits(phase_security=True)) == (("security: so it is",) if red else ())
    assert unproven(state, limits()) == ()


@pytest.mark.parametrize("proof", [proof for proof in Proof if proof is not Proof.PROVEN])
def test_a_requirement_that_is_not_proven_keeps_it_open(proof: Proof) -> None:
    state = state_of(*DONE, judged("t1", proof))
    assert decide(state, limits(), SOON) == GoOn((f"R1 (It works) is {proof}",))


def test_what_was_proven_is_stale_once_a_file_changes() -> None:
    state = state_of(*DONE, *iteration(2, "t2", claims_done=True), measured(Verdict.PASSED, "t2"))
    assert state.requirements["R1"].proof is Proof.STALE
    assert decide(state, limits(), SOON) == GoOn(("R1 (It works) is stale",))


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ((), "the agent has not said that everything is done"),
        ((*iteration(1, "t1"), measured(Verdict.PASSED, "t1")), "the agent has not said that everything is done"),
        (iteration(1, "t1", claims_done=True), "unit tests: not measured on the work as it is now"),
        ((*DONE, taken(2, "t2")), "unit tests: not measured on the work as it is now"),
        ((*iteration(1, "t0", claims_done=True), measured(Verdict.PASSED, "t0")), "nothing was changed"),
        ((*DONE, *iteration(2, "t1")), "the agent has not said that everything is done"),
        (DONE, "the council has not heard the work as it is now"),
        ((*DONE, *sitting(1, "t1", approved=False)), "one of the council: the reason"),
        ((*done(1, "t2"), *sitting(1, "t2", approved=True), *done(2, "t1")), "the council has not heard the work"),
    ],
)
def test_what_is_missing_is_named(events: tuple[Event, ...], why: str) -> None:
    settings = limits(council_enabled=True)
    assert any(reason.startswith(why) for reason in missing(state_of(*events), settings))
    assert isinstance(decide(state_of(*events), settings, SOON), GoOn)


@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_what_was_uncommitted_before_has_the_delivered_commit_measured_too(verdict: Verdict | None) -> None:
    opened = ev.BranchOpened(branch="loki/r1", base="b", origin="main", dirty=("mine",))
    committed = ev.WorkCommitted(branch="loki/r1", commit="c", subject="Do it")
    delivered = () if verdict is None else (phase("delivered tests", verdict),)
    unmet = unproven(state_of(opened, *DONE, committed, *delivered), limits())
    if verdict is None:
        assert unmet == ("delivered tests: not measured on the work as it is now",)
    else:
        assert unmet == (() if verdict is Verdict.PASSED else ("delivered tests: so it is",))
    assert unproven(state_of(opened.model_copy(update={"dirty": ()}), *DONE, committed), limits()) == ()


def test_what_is_in_no_commit_of_the_branch_is_not_delivered() -> None:
    opened = ev.BranchOpened(branch="loki/r1", base="b", origin="main")
    (why,) = unproven(state_of(opened, *DONE), limits())
    assert why.startswith("nothing was delivered")


def test_a_member_who_gave_no_vote_gives_no_work() -> None:
    silent = ev.VoteCast(sitting=1, member="two", verdict="reject", reasons=("There is no usable vote: 503",))
    convened, cast, decided = sitting(1, "t1", approved=False)
    unmet = missing(state_of(*DONE, convened, silent, cast, decided), limits(council_enabled=True))
    assert unmet == ("the council did not approve: 1 of 1", "one of the council: the reason")


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
        (["t1", "t2", "t1", "t2", "t1"], "goes on"),
        (["t1", "t2", "t1", "t2", "t1", "t2"], "stagnated"),
    ],
)
def test_iterations_in_a_row_that_change_or_prove_nothing_stagnate(trees: list[str], expected: str) -> None:
    events = [event for number, tree in enumerate(trees, start=1) for event in iteration(number, tree)]
    assert outcome(state_of(*events), limits(council_stagnation_limit=3)) == expected


def test_perpetual_mode_ends_at_limits_alone() -> None:
    assert outcome(state_of(*DONE), limits(perpetual_mode=True)) == "goes on"
    assert outcome(state_of(*DONE), limits(perpetual_mode=True, max_iterations=1)) == "exhausted"


def test_who_goes_round_in_circles_is_told_before_it_ends() -> None:
    events = [event for number in range(1, 4) for event in iteration(number, f"t{number}")]
    decision = decide(state_of(*events), limits(council_stagnation_limit=3), SOON)
    assert isinstance(decision, GoOn)
    assert "The last 3 iterations proved no further requirement" in decision.advice[0]
    again = [phase("regression", Verdict.FAILED), phase("regression", Verdict.FAILED)]
    decision = decide(state_of(*events, *again), limits(council_stagnation_limit=9), SOON)
    assert isinstance(decision, GoOn)
    assert decision.advice == ("regression failed in the same way 2 times in a row: so it is",)


# -- the council --------------------------------------------------------------------------------

HEARD = limits(council_enabled=True, council_check_interval=2, council_min_iterations=2)


def test_the_council_hears_a_claim_once_the_facts_bear_it_out() -> None:
    due = sitting_due(state_of(*DONE), HEARD)
    assert due is not None
    assert due.trigger == "claim"
    assert sitting_due(state_of(*iteration(1, "t1", claims_done=True)), HEARD) is None
    assert sitting_due(state_of(*DONE), limits()) is None


@pytest.mark.parametrize("approved", [True, False])
def test_it_hears_the_same_work_once(approved: bool) -> None:
    state = state_of(*DONE, *sitting(1, "t1", approved=approved))
    assert sitting_due(state, HEARD) is None
    assert isinstance(decide(state, HEARD, SOON), Close if approved else GoOn)


def test_it_sits_at_its_interval_after_the_first_iterations() -> None:
    events: list[Event] = []
    due: list[int] = []
    for number in range(1, 7):
        events += iteration(number, f"t{number}")
        if (sit := sitting_due(state_of(*events), limits(council_enabled=True, council_check_interval=2))) is not None:
            assert sit.trigger == "interval"
            due.append(number)
            events += sitting(len(due), f"t{number}", approved=False, at=number)
    assert due == [4, 6]


def test_a_person_makes_it_sit_whatever_the_interval() -> None:
    events = (*iteration(1, "t1"), ev.ReviewForced(by="ada"))
    assert sitting_due(state_of(*events), HEARD) == Sit("forced", "ada asked for it")
    assert sitting_due(state_of(*events, *sitting(1, "t1", approved=False)), HEARD) is None


def test_a_sitting_that_was_broken_off_goes_on() -> None:
    begun = sitting(1, "t1", approved=True)[0]
    assert sitting_due(state_of(*DONE, begun), HEARD) == Sit("claim", "why")


def test_its_approval_stands_for_a_claim_and_for_no_fact() -> None:
    state = state_of(*done(claims_done=False), *sitting(1, "t1", approved=True))
    assert isinstance(decide(state, HEARD, SOON), Close)
    red = state_of(*iteration(1, "t1"), measured(Verdict.FAILED, "t1"), *sitting(1, "t1", approved=True))
    assert isinstance(decide(red, HEARD, SOON), GoOn)


def test_what_costs_much_waits_for_what_costs_little() -> None:
    every = limits(phase_security=True, phase_code_review=True)
    assert not promising(state_of(*iteration(1, "t1", claims_done=True)), every)
    assert not promising(state_of(*done(claims_done=False)), every)
    assert promising(state_of(*DONE), every)
    assert not reviewable(state_of(*DONE), every)
    assert not reviewable(state_of(*DONE, phase("security", Verdict.FAILED)), every)
    secure = (*DONE, phase("security", Verdict.PASSED))
    assert reviewable(state_of(*secure), limits(phase_security=True))
    assert not reviewable(state_of(*secure, judged("t1", Proof.UNPROVEN)), limits(phase_security=True))
