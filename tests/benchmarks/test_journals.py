"""Made-up journals are real ones: of the length asked for, whole, and the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.journals import write_journal
from loki_tui.core.fold import fold
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.client import RunClient
from loki_tui.store.paths import StateDirectory
from loki_tui.store.project import Project


def place(root: Path) -> StateDirectory:
    (root / "workspace").mkdir(parents=True)
    return StateDirectory(root=root / "state", workspace=root / "workspace")


@pytest.mark.parametrize("events", [1, 99, 2_500])
def test_a_journal_has_the_events_asked_for(tmp_path: Path, events: int) -> None:
    state = place(tmp_path)
    write_journal(state, "r1", events)
    with Project(state).reader() as reader:
        assert reader.last_seq("r1") == events
        assert reader.verify_chain("r1") is None
        assert RunClient(Project(state), "r1").view().state == fold(reader.records("r1"), run="r1")


def test_a_run_may_be_over(tmp_path: Path) -> None:
    state = place(tmp_path)
    write_journal(state, "r1", 1_100, closed=True)
    view = RunClient(Project(state), "r1").view()
    assert (view.status, view.state.seq) == (Status.EXHAUSTED, 1_100)
    assert view.state.finished_iterations == 1
    assert not view.state.waiting_approvals


def test_one_is_like_another(tmp_path: Path) -> None:
    bodies = []
    for name in ("a", "b"):
        state = StateDirectory(root=tmp_path / name, workspace=tmp_path)
        write_journal(state, "r1", 1_200)
        with Project(state).reader() as reader:
            bodies.append(list(reader.records("r1")))
    assert bodies[0] == bodies[1]
