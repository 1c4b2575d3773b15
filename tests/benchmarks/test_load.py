"""The load is what an engine would write, as fast as asked for."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.load import load_on
from loki_tui.core.fold import fold
from loki_tui.runtime.client import RunClient
from loki_tui.store.project import Project, locate_project
from tests.support import scenes


def made(tmp_path: Path) -> Project:
    workspace = tmp_path / "project"
    workspace.mkdir()
    return locate_project(workspace, state_root=tmp_path / "state")


def test_so_many_events_go_on_where_the_run_was(tmp_path: Path) -> None:
    project = made(tmp_path)
    scenes.write(project, "r1", scenes.stream(100))
    with load_on(project.state, "r1", events=1500) as load:
        assert load.appended() == 1500
    with project.reader() as reader:
        state = fold(reader.records("r1"), run="r1")
        assert reader.verify_chain("r1") is None
    assert state.seq == 1600
    assert state.engines == 2
    assert state.iterations_begun > 1


def test_it_holds_the_run_keeps_the_pace_and_ends_with_its_context(tmp_path: Path) -> None:
    project = made(tmp_path)
    scenes.write(project, "r1", scenes.empty())
    client = RunClient(project, "r1")
    with load_on(project.state, "r1", rate=400):
        assert client.engine() is not None
        began = time.monotonic()
        while client.view().state.seq < 302:
            pass
        assert 0.6 < time.monotonic() - began < 30
    assert client.engine() is None
