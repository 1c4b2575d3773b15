"""A run's way, from its events alone: what changed, what was proven, what failed again, and what that means."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core import events as ev
from loki_tui.core.events import Event, Record
from loki_tui.core.fold import fold
from loki_tui.core.vocabulary import Proof, Requirement, Verdict
from loki_tui.runtime.convergence import KEPT, Convergence, converge, in_a_sentence

START = datetime(2026, 3, 1, tzinfo=UTC)


def records(events: Sequence[Event]) -> list[Record]:
    return [Record(seq=seq, at=START, event=event) for seq, event in enumerate(events, 1)]


def plan(*names: str) -> Event:
    return ev.RequirementsPlanned(requirements=tuple(Requirement(id=name, title=name) for name in names))


def taken(tree: str) -> Event:
    return ev.CheckpointTaken(checkpoint="c1", tree=tree, label="x", iteration=0, files=1, changed=1)


def iteration(number: int, tree: str, *, spent: str = "1", changed: int = 1) -> list[Event]:
    return [
        ev.IterationStarted(number=number, brief={"text": ""}),
        taken(tree),
        ev.IterationFinished(
            number=number,
            ended_by="agent",
            summary="",
            claims_done=False,
            handover="",
            tree=tree,
            spent=Decimal(spent),
            changed=changed,
        ),
    ]


def judged(name: str, proof: Proof, tree: str) -> Event:
    return ev.RequirementJudged(id=name, proof=proof, tree=tree)


def phase(verdict: Verdict, tree: str, why: str = "1 test fails") -> Event:
    return ev.PhaseFinished(phase="unit tests", verdict=verdict, why=why, checkpoint="c1", tree=tree)


def test_a_run_that_gets_on_is_told_from_one_that_stands_still() -> None:
    begun: list[Event] = [plan("R1", "R2"), taken("t0")]
    assert "nothing can be said" in in_a_sentence(converge(records(begun)), limit=3)
    on = [*begun, *iteration(1, "t1", spent="2"), judged("R1", Proof.PROVEN, "t1")]
    found = converge(records(on))
    (row,) = found.rows
    assert (row.newly, row.proven, row.unproductive, row.cost_per_proven) == (("R1",), 1, 0, Decimal(2))
    assert in_a_sentence(found, limit=3) == (
        "It converges: 1 of 2 requirements is proven, 1 of them newly in the last iteration."
    )
    still = [*on, *iteration(2, "t1", changed=0), *iteration(3, "t1", changed=0)]
    found = converge(records(still))
    assert [row.unchanged for row in found.rows] == [0, 1, 2]
    assert [row.changed for row in found.rows] == [1, 0, 0]
    assert in_a_sentence(found, limit=3).startswith("It stands still: 2 iterations in a row changed nothing")
    done = [*on, *iteration(2, "t2"), judged("R1", Proof.PROVEN, "t2"), judged("R2", Proof.PROVEN, "t2")]
    assert in_a_sentence(converge(records(done)), limit=3).startswith("It has converged: all 2")


def test_a_loop_that_changes_files_and_proves_nothing_is_called_that() -> None:
    events: list[Event] = [plan("R1"), taken("t0")]
    for number in range(1, 5):
        events += [*iteration(number, f"t{number}"), phase(Verdict.FAILED, f"t{number}")]
    found = converge(records(events))
    assert found.rows[-1].failing == (("unit tests", 4),)
    assert found.rows[-1].unproductive == 4
    said = in_a_sentence(found, limit=4)
    assert said.startswith("It moves without getting anywhere: 4 iterations in a row")
    assert "unit tests has failed in the same way 4 times in a row" in said
    assert "After 8 a run ends" in said
    assert in_a_sentence(found, limit=5).startswith("It works on: 4 iterations")


def test_what_was_proven_before_and_is_not_any_more_is_lost() -> None:
    events = [plan("R1", "R2"), taken("t0"), *iteration(1, "t1"), judged("R1", Proof.PROVEN, "t1")]
    events += [*iteration(2, "t2"), judged("R1", Proof.FAILING, "t2")]
    found = converge(records(events))
    assert [row.lost for row in found.rows] == [(), ("R1",)]
    assert in_a_sentence(found, limit=3).startswith("It has gone back: R1")
    # Proving it again is no progress: it had been proven before.
    events += [*iteration(3, "t3"), judged("R1", Proof.PROVEN, "t3")]
    found = converge(records(events))
    assert (found.rows[-1].newly, found.rows[-1].proven, found.ever_proven) == ((), 1, 1)
    assert found.rows[-1].unproductive == 2


def test_another_failure_of_the_same_phase_is_no_repetition() -> None:
    events = [plan("R1"), taken("t0"), *iteration(1, "t1"), phase(Verdict.FAILED, "t1"), phase(Verdict.FAILED, "t1")]
    assert converge(records(events)).rows[-1].failing == (("unit tests", 2),)
    events += [*iteration(2, "t2"), phase(Verdict.FAILED, "t2", "another")]
    assert converge(records(events)).rows[-1].failing == (("unit tests", 1),)
    events += [*iteration(3, "t3"), phase(Verdict.PASSED, "t3")]
    assert converge(records(events)).rows[-1].failing == ()


def test_memory_is_bounded_however_long_a_run_is() -> None:
    found = Convergence()
    events = [plan("R1"), taken("t0")]
    events += itertools.chain.from_iterable(iteration(number, f"t{number}") for number in range(1, KEPT + 101))
    for record in records(events):
        found.take(record)
    assert (len(found.rows), found.rows[0].number, found.finished) == (KEPT, 101, KEPT + 100)
    assert found.spent == KEPT + 100


def test_an_iteration_under_way_is_one() -> None:
    events = [plan("R1"), taken("t0"), *iteration(1, "t1"), iteration(2, "t2")[0]]
    found = converge(records(events))
    assert [row.finished for row in found.rows] == [True, False]
    assert found.last is not None
    assert found.last.number == 1


_TREES = st.sampled_from(["t1", "t2", "t3"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("work"), _TREES),
        st.tuples(st.just("proven"), st.sampled_from(["R1", "R2", "R3"])),
        st.tuples(st.just("failing"), st.sampled_from(["R1", "R2", "R3"])),
        st.tuples(st.just("red"), st.sampled_from(["a", "b"])),
        st.tuples(st.just("green"), st.just("")),
    ),
    max_size=40,
)


@given(_STEPS)
def test_its_streaks_are_those_that_the_engine_decides_by(steps: list[tuple[str, str]]) -> None:
    events: list[Event] = [plan("R1", "R2", "R3"), taken("t0")]
    tree, number = "t0", 0
    for what, which in steps:
        match what:
            case "work":
                tree, number = which, number + 1
                events += iteration(number, tree)
            case "proven" | "failing":
                events.append(judged(which, Proof(what), tree))
            case "red":
                events.append(phase(Verdict.FAILED, tree, which))
            case _:
                events.append(phase(Verdict.PASSED, tree, ""))
    state, found = fold(records(events)), converge(records(events))
    assert len(found.proven) == state.proven
    if number:
        row = found.rows[-1]
        assert row.unchanged == state.unchanged_iterations
        assert row.unproductive == state.unproductive_iterations
        assert dict(row.failing) == {name: times for name, times in state.repeated.items() if times}
        assert row.proven == state.proven
