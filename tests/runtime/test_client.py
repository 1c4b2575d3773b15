"""A run as faces see it: which one is meant, what it is now, and that each event is taken in once."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.errors import UsageError
from loki_tui.core.vocabulary import Confinement, Status
from loki_tui.runtime.client import RunClient, choose_run, find_run
from loki_tui.store.paths import StateDirectory
from loki_tui.store.project import Project
from tests.store.samples import begin, created, open_journal

STARTED = ev.EngineStarted(pid=1, host="here", confinement=Confinement(rung="none"), resumed=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without a run."""
    workspace = tmp_path / "project"
    workspace.mkdir()
    return Project(StateDirectory(root=tmp_path / "state", workspace=workspace))


def test_the_run_at_work_comes_before_the_latest(project: Project) -> None:
    assert find_run(project) is None
    for run in ("r1", "r2"):
        begin(project.state, run=run)
    assert choose_run(project, None).id == "r2"
    with open_journal(project.state, run="r1") as journal:
        assert choose_run(project, None).id == "r1"
        journal.append(ev.RunClosed(outcome="stopped", reason="enough"))
        assert choose_run(project, None).id == "r1"
    assert choose_run(project, None, unfinished=True).id == "r2"


def test_a_name_may_be_short_but_not_ambiguous(project: Project) -> None:
    for run in ("a1", "a12", "b"):
        begin(project.state, run=run)
    assert choose_run(project, "b").id == "b"
    assert choose_run(project, "a1").id == "a1"
    with pytest.raises(UsageError, match="fits 2 runs"):
        choose_run(project, "a")
    with pytest.raises(UsageError, match="no run 'c'"):
        choose_run(project, "c")


@pytest.mark.parametrize("note", [" \n", "x" * 20_001])
def test_a_note_says_something_and_not_too_much(project: Project, note: str) -> None:
    begin(project.state, run="r1")
    with pytest.raises(UsageError, match="characters"):
        RunClient(project, "r1").steer(note)


async def test_a_watched_run_shows_what_happens_and_that_its_engine_died(project: Project) -> None:
    client = RunClient(project, "r1")
    async with asyncio.timeout(20):
        with open_journal(project.state, run="r1") as journal:
            journal.append(created())
            views = client.watch()
            assert (await anext(views)).status is Status.RUNNING
            journal.append(STARTED, ev.RunPaused(by="budget", reason="no money"))
            async for view in views:
                if view.state.seq == 3:
                    break
            assert view.status is Status.PAUSED
            journal.append(ev.RunContinued())
        async for view in views:
            if view.status is Status.CRASHED:
                break
        assert view.state.seq == 4
        with open_journal(project.state, run="r1") as journal:
            journal.append(ev.RunClosed(outcome="stopped", reason="enough"))
        async with aclosing(views):
            last = [view async for view in views][-1]
    assert last.status is Status.STOPPED
    assert client.view().state == last.state
