"""The scenes themselves: they fold, they are what they promise, and a journal takes them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event, decode_event, encode_event
from loki_tui.core.fold import apply, fold
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Proof, Status, Verdict
from loki_tui.store.project import Project, locate_project
from tests.support import scenes
from tests.support.worst import APPROVALS, REQUIREMENTS, WARNINGS

SCENES: dict[str, list[Event]] = {
    "empty": scenes.empty(),
    "full": scenes.full(),
    "paused": scenes.paused(),
    "ended": scenes.ended(),
    "worst": scenes.worst(),
    "stream": scenes.stream(5_000),
    **{f"budget {name}": events for name, events in scenes.budgets().items()},
}

by_name = pytest.mark.parametrize("name", SCENES)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    workspace = tmp_path / "project"
    workspace.mkdir()
    return locate_project(workspace, state_root=tmp_path / "state")


def state_of(events: list[Event]) -> RunState:
    return fold(scenes.records(events), run="r1")


@by_name
def test_a_scene_folds_and_comes_back_from_json_as_it_was(name: str) -> None:
    state_of(SCENES[name])
    for event in SCENES[name]:
        assert decode_event(event.kind, encode_event(event)) == event


def test_a_scene_is_the_same_every_time() -> None:
    assert scenes.full() == scenes.full()
    assert scenes.worst() == scenes.worst()
    assert scenes.stream(300, 5) == scenes.stream(300, 5) != scenes.stream(300, 6)


def test_the_full_scene_gives_every_pane_something() -> None:
    state = state_of(scenes.full())
    assert state.status is Status.WAITING
    assert state.iteration is not None
    assert len(state.waiting_approvals) == 2
    assert {judged.proof for judged in state.requirements.values()} == set(Proof)
    assert {phase.verdict for phase in state.phases.values()} == set(Verdict)
    assert {state.stale(phase) for phase in state.phases.values()} == {True, False}
    assert state.council.decided
    assert len(state.council.votes) == 3
    assert state.books.spent > 0
    assert state.books.reserved
    assert state.samples
    assert state.warnings
    assert state.open_requests


def test_the_worst_scene_is_as_bad_as_promised() -> None:
    events = scenes.worst()
    state = state_of(events)
    assert len(state.requirements) == REQUIREMENTS
    assert len(state.waiting_approvals) == APPROVALS
    assert sum(isinstance(event, ev.Warned) for event in events) == WARNINGS
    assert state.books.left is not None
    assert state.books.left < 0
    assert state.books.unpriced


def test_nothing_at_all_is_left_at_a_moment_of_the_worst_scene() -> None:
    state, left = RunState(run="r1"), set[Decimal | None]()
    for record in scenes.records(scenes.worst()):
        apply(state, record)
        left.add(state.books.left)
    assert Decimal(0) in left


def test_budgets_are_what_they_are_called() -> None:
    left = {name: state_of(events).books.left for name, events in scenes.budgets().items()}
    assert left["zero"] == 0
    assert left["none"] is None
    assert left["negative"] == Decimal("-2.00")
    assert state_of(scenes.budgets()["unpriced"]).books.unpriced == 1


@by_name
def test_a_journal_takes_a_scene(name: str, project: Project) -> None:
    scenes.write(project, "r1", SCENES[name], now=scenes.jumps(), batch=100)
    with project.reader() as reader:
        kept = list(reader.records("r1"))
    assert [record.event for record in kept[1:]] == SCENES[name][1:]
    assert project.engine() is None


def test_moments_in_a_journal_are_those_of_the_clock(project: Project) -> None:
    scenes.write(project, "r1", scenes.full())
    with project.reader() as reader:
        kept = [record.at for record in reader.records("r1")]
    assert kept == [record.at for record in scenes.records(scenes.full())]


def test_a_jumping_clock_stands_still_and_leaps_but_records_never_go_back() -> None:
    moments = [record.at for record in scenes.records(scenes.worst(), now=scenes.jumps())]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) == timedelta(0)
    assert max(gaps) > timedelta(days=3000)


def test_a_run_at_work_can_be_added_to(project: Project) -> None:
    with scenes.at_work(project, "r1", scenes.empty()) as journal:
        journal.append(ev.Warned(message="more"))
        holder = project.engine()
        assert holder is not None
        assert holder.run == "r1"
        assert journal.last_seq == 3


def test_a_stream_has_as_many_events_as_asked_for_and_everything_in_it() -> None:
    events = scenes.stream(20_000)
    assert len(events) == 20_000
    kinds = {event.kind for event in events}
    assert kinds >= {"approval_decided", "model_failed", "delegate_finished", "vote_cast", "phase_finished", "steered"}
