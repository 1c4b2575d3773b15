"""Events in, state out: every kind has its place, and a fold can be taken up anywhere."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import get_args

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event, decode_event, encode_event
from loki_tui.core.fold import _apply, apply, fold
from loki_tui.core.state import RECENT, RunState
from loki_tui.core.vocabulary import Purpose, Stage, Status, Verdict
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
TRACELESS = frozenset({ev.ContextCompacted, ev.DelegateStarted, ev.DelegateFinished, ev.ReceiptWritten})
"""Kinds that are there to be read one by one: no state follows from them."""


def state_of(*events: Event) -> RunState:
    return fold(records(events))


def test_every_kind_is_folded_or_deliberately_not() -> None:
    folded = frozenset(kind for kind in _apply.registry if kind is not object)
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
    assert books.by_agent["agent/a2.1"] == Decimal("0.25")


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
    (only,) = state.iterations
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
    assert len(state.iterations) == 1
    assert state.open_requests == state.books.reserved == state.in_flight == {}
