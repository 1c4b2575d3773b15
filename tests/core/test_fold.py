"""Events in, state out: every kind has its place, and a fold can be taken up anywhere."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Literal, get_args

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event, decode_event, encode_event
from loki_tui.core.fold import apply, fold
from loki_tui.core.fold.reducer import apply_event
from loki_tui.core.messages import TextPart
from loki_tui.core.state import RECENT, TEXT_CHARS, RunState
from loki_tui.core.vocabulary import Purpose, Risk, Rule, Stage, Status, Verdict
from tests.support.life import (
    BEGIN,
    acted,
    answered,
    approval,
    asked,
    created,
    iteration,
    life,
    measured,
    records,
    started,
    taken,
)

KINDS: frozenset[type[Event]] = frozenset(get_args(get_args(Event)[0]))
TRACELESS = frozenset({ev.ContextCompacted, ev.ControlReceived, ev.DelegateStarted, ev.DelegateFinished})
"""Kinds that are there to be read one by one: no state follows from them."""


def state_of(*events: Event) -> RunState:
    return fold(records(events))


def test_every_kind_is_folded_or_deliberately_not() -> None:
    folded = frozenset(kind for kind in apply_event.registry if kind is not object)
    assert folded | TRACELESS == KINDS
    assert folded & TRACELESS == frozenset()


def test_the_sample_life_has_every_kind_in_it() -> None:
    assert {type(event) for event in life()} == KINDS


def test_every_event_comes_back_as_it_was_written() -> None:
    for event in life():
        assert decode_event(event.kind, encode_event(event)) == event


def test_a_fold_in_two_parts_is_the_fold_at_once() -> None:
    whole = records(list(life()))
    expected = fold(whole, run="r1")
    for cut in range(len(whole) + 1):
        state = fold(whole[:cut], run="r1")
        for record in whole[cut:]:
            apply(state, record)
        assert state == expected, f"cut after {cut}"


def test_folding_changes_no_event() -> None:
    whole = records(list(life()))
    before = copy.deepcopy(whole)
    fold(whole)
    assert whole == before


def test_the_sample_life_ends_as_it_should() -> None:
    state = state_of(*life())
    assert (state.status, state.reason, state.stage) == (Status.STOPPED, "enough", Stage.CLOSE)
    assert (state.engines, state.failures, state.actions) == (2, 0, 2)
    assert state.answered == {Purpose.PLAN: 1, Purpose.WORK: 2, Purpose.DELEGATE: 1}
    assert state.open_requests == {}
    assert state.in_flight == {}
    assert list(state.warnings) == ["Careful.", "Bug: one"]
    assert state.elapsed(BEGIN) == state.ended_at - state.created_at  # type: ignore[operator]


def test_money_is_spent_held_or_free() -> None:
    books = state_of(*life()).books
    assert books.limit == 20
    assert books.spent == Decimal("1.1"), "four answers and what a failure surely cost"
    assert books.unconfirmed == Decimal("1.2"), "what the failure may cost, and a request lost with its engine"
    assert books.reserved == {}
    assert books.left == books.limit - books.spent - books.unconfirmed
    assert books.by_purpose == {
        Purpose.PLAN: Decimal("0.25"),
        Purpose.WORK: Decimal("0.6"),
        Purpose.DELEGATE: Decimal("0.25"),
    }
    assert books.by_agent["sub-agents"] == Decimal("0.25")


def test_an_answer_at_an_unknown_price_is_counted_as_such() -> None:
    unpriced = answered("m1").model_copy(update={"cost": None})
    books = state_of(created(), asked("m1"), unpriced).books
    assert books.spent == 0
    assert books.unpriced == 1
    assert books.reserved == {}


def test_turns_and_actions_are_those_of_the_open_iteration() -> None:
    opened, *closing = iteration(1, "t1")
    state = state_of(
        created(), asked("m0"), answered("m0"), opened, asked("m1"), answered("m1"), *acted("a1"), *closing
    )
    (only,) = state.recent_iterations
    assert (only.turns, only.actions, only.spent) == (1, 1, Decimal("0.25"))
    assert only.finished_at == BEGIN + timedelta(seconds=10)
    assert state.iteration is None
    assert state.finished_iterations == 1


def test_a_fact_goes_stale_with_the_files_it_covers() -> None:
    state = state_of(created(), taken(1, "t1"), measured(Verdict.PASSED, "t1"))
    assert state.verdict("unit tests") is Verdict.PASSED
    state = state_of(created(), taken(1, "t1"), measured(Verdict.PASSED, "t1"), taken(2, "t2"))
    assert state.verdict("unit tests") is None
    assert state.verdict("no such phase") is None


# -- what a run is doing ------------------------------------------------------------------------

PAUSED = ev.RunPaused(by="person", reason="lunch")
WAITING = ev.RunWaiting(on="rate_limit", reason="429", until=BEGIN)
STOPPING = ev.RunStopping(reason="enough")
CONTINUED = ev.RunContinued()


@pytest.mark.parametrize(
    ("events", "status", "reason"),
    [
        ((), Status.RUNNING, ""),
        ((WAITING,), Status.WAITING, "429"),
        ((WAITING, CONTINUED), Status.RUNNING, ""),
        ((WAITING, started()), Status.RUNNING, ""),
        ((PAUSED,), Status.PAUSED, "lunch"),
        ((PAUSED, started()), Status.PAUSED, "lunch"),
        ((PAUSED, WAITING), Status.PAUSED, "lunch"),
        ((PAUSED, CONTINUED), Status.RUNNING, ""),
        ((approval("p1"), PAUSED, CONTINUED), Status.WAITING, "approval p1: run make"),
        ((STOPPING,), Status.STOPPING, "enough"),
        ((PAUSED, STOPPING), Status.STOPPING, "enough"),
        ((STOPPING, started()), Status.STOPPING, "enough"),
        ((STOPPING, ev.RunClosed(outcome="stopped", reason="enough")), Status.STOPPED, "enough"),
        ((approval("p1"), ev.RunClosed(outcome="failed", reason="401")), Status.FAILED, "401"),
    ],
)
def test_status(events: tuple[Event, ...], status: Status, reason: str) -> None:
    state = state_of(created(), *events)
    assert (state.status, state.reason) == (status, reason)
    assert (state.paused_by is not None) == (status is Status.PAUSED)


def test_nothing_waits_in_a_run_that_is_over() -> None:
    closed = ev.RunClosed(outcome="stopped", reason="")
    state = state_of(created(), approval("p1"), acted("a1")[0], closed)
    assert state.waiting_approvals == []
    assert state.in_flight == {}


def test_a_state_grows_with_what_a_run_is_not_with_how_long_it_talks(
    record_property: Callable[[str, object], None],
) -> None:
    turn: list[Event] = [asked("m1"), answered("m1"), *acted("a1"), ev.Warned(message="w")]
    whole = records([created(), started(), iteration(1, "t")[0], *turn * 20_000])
    began = time.perf_counter()
    state = fold(whole)
    record_property("seconds for 100,000 events", round(time.perf_counter() - began, 3))
    assert (state.requests, state.actions) == (20_000, 20_000)
    assert len(state.warnings) == RECENT
    assert state.iterations_begun == 1
    assert state.open_requests == state.books.reserved == state.in_flight == {}


# -- what a state forgets -----------------------------------------------------------------------


def decided(name: str) -> ev.ApprovalDecided:
    return ev.ApprovalDecided(approval=name, decision="approved", by="ada")


def test_an_approval_is_held_until_its_call_is_answered() -> None:
    begun, finished = acted("a1")
    state = state_of(created(), approval("p1"), approval("p2", call="call_2"))
    assert list(state.undecided) == ["p1", "p2"]
    state = state_of(created(), approval("p1"), approval("p2", call="call_2"), decided("p1"), begun)
    assert list(state.approvals) == ["p1", "p2"]
    assert list(state.undecided) == ["p2"]
    state = state_of(created(), approval("p1"), approval("p2", call="call_2"), decided("p1"), begun, finished)
    assert list(state.approvals) == list(state.undecided) == ["p2"]
    assert state.approvals_asked == 2
    settled = state.approval("p1")
    assert settled is not None
    assert settled.decision == decided("p1")
    assert settled.request.detail == ""


def test_an_approval_of_a_plan_stays() -> None:
    state = state_of(created(), approval("p1", call=None), decided("p1"), *acted("a1"), *iteration(1, "t1"))
    assert list(state.approvals) == ["p1"]


def test_what_was_decided_for_an_iteration_ends_with_it() -> None:
    state = state_of(created(), iteration(1, "t1")[0], approval("p1"), decided("p1"), approval("p2", call="call_2"))
    assert list(state.approvals) == ["p1", "p2"]
    state = state_of(
        created(), iteration(1, "t1")[0], approval("p1"), decided("p1"), approval("p2", call="call_2"),
        *iteration(1, "t1")[1:],
    )  # fmt: skip
    assert list(state.approvals) == ["p2"], "an open question is withdrawn by an event of its own"


def test_notes_wait_until_they_are_delivered() -> None:
    first, second = ev.Steered(note="one", by="ada"), ev.Steered(note="two", by="ada")
    state = state_of(created(), first, ev.SteeringDelivered(agent="agent", notes=("one",)), second)
    assert (state.notes, state.notes_delivered) == (["two"], 1)


def test_iterations_that_are_over_leave_a_short_tail() -> None:
    done = [event for number in range(1, 31) for event in iteration(number, f"t{number}")]
    state = state_of(created(), taken(0, "t0"), *done, iteration(31, "t31")[0])
    assert [each.number for each in state.recent_iterations] == list(range(21, 31))
    assert {each.brief.text for each in state.recent_iterations} == {""}
    assert state.last_finished is not None
    assert state.last_finished.handover == "go on"
    assert state.iteration is not None
    assert state.iteration.brief.text == "begin"
    assert (state.iterations_begun, state.finished_iterations) == (31, 30)
    assert (state.checkpoints_taken, state.first_checkpoint) == (31, taken(0, "t0"))
    assert state.last_checkpoint == taken(30, "t30")


@pytest.mark.parametrize(
    ("trees", "unchanged"), [([], 0), (["t0"], 1), (["t1", "t1"], 1), (["t0", "t1", "t1", "t1"], 2), (["t1", "t0"], 0)]
)
def test_iterations_that_changed_nothing_are_counted(trees: list[str], unchanged: int) -> None:
    done = [event for number, tree in enumerate(trees, start=1) for event in iteration(number, tree)]
    assert state_of(created(), taken(0, "t0"), *done).unchanged_iterations == unchanged


def test_what_an_agent_said_last_is_cut() -> None:
    state = state_of(created(), asked("m1"), answered("m1", TextPart(text="x" * 10_000)))
    assert len(state.last_text) == TEXT_CHARS


def test_rules_are_what_a_person_approved_each_once() -> None:
    def approved(name: str, decision: Literal["approved", "denied"] = "approved") -> list[Event]:
        decided_ = ev.ApprovalDecided(
            approval=name, decision=decision, by="ada", pattern="make *", edited={"command": "x"}
        )
        return [approval(name, call=f"call_{name}"), decided_]

    state = state_of(created(), *approved("p1"), *approved("p2"), *approved("p3", "denied"), *approved("p4")[:1])
    assert state.rules == [Rule(pattern="make *", tool="", risk=Risk.RUN, by="ada")]
    assert list(state.undecided) == ["p4"]
