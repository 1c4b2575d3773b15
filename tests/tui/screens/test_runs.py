"""The list of runs on real journals."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.runtime.watching import ROUND
from loki_tui.store.project import Project, locate_project
from loki_tui.tui.screens.runs import RunsScreen
from tests.support import life, scenes
from tests.tui.screens.house import HOME, entered, settle
from tests.tui.until import until


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project at hand."""
    return settle(tmp_path, monkeypatch)


def neighbour(tmp_path: Path) -> Project:
    """Another project of this machine."""
    workspace = tmp_path / "neighbour"
    (workspace / ".git").mkdir(parents=True)
    return locate_project(workspace)


async def test_runs_are_listed_with_how_they_stand_and_why(project: Project) -> None:
    scenes.write(project, "done", scenes.ended())
    scenes.write(project, "gone", [life.created(), life.started(), life.approval("p1")])
    async with entered() as house:
        await house.shows("runs", "COMPLETED", "all 6 requirements are proven", "it 5/", "loki/r1", " of $")
        await house.shows("runs", "CRASHED", "its engine is gone", "it 0/3", "1 approval wanted")


async def test_without_a_run_it_says_what_to_do(project: Project) -> None:
    async with entered() as house:
        await house.shows("runs", "no run in this project yet", "ctrl+n")
        await house.press("enter", "escape")
        assert house.app.current_mode == HOME
        assert not project.state.root.exists()


async def test_enter_opens_the_run_and_escape_goes_back_to_it(project: Project) -> None:
    scenes.write(project, "older", scenes.ended())
    scenes.write(project, "newer", scenes.ended())
    async with entered() as house:
        await house.shows("runs", "COMPLETED")
        await house.press("down", "enter")
        await house.mode("run-older")
        await house.shows("header", "COMPLETED")
        await house.press("r")
        await house.mode(HOME)
        await house.press("escape")
        await house.mode("run-older")
        await house.press("r", "up", "enter")
        await house.mode("run-newer")
        assert set(house.app.sessions) >= {"run-older"}


async def test_the_machine_has_the_runs_of_other_projects_too(project: Project, tmp_path: Path) -> None:
    other = neighbour(tmp_path)
    scenes.write(project, "here", scenes.ended())
    scenes.write(other, "there", scenes.ended("stopped", "enough"))
    async with entered() as house:
        await house.shows("runs", "COMPLETED")
        assert "STOPPED" not in house.text("runs")
        await house.press("m")
        await house.shows("runs", "STOPPED", "enough", str(other.workspace), "COMPLETED")
        # Begun at the same moment: those of the project at hand stand before.
        await house.press("down", "enter")
        await house.mode("run-there")
        await house.shows("header", "STOPPED")


async def test_where_an_engine_is_at_work_its_run_is_opened_at_once(project: Project) -> None:
    scenes.write(project, "older", scenes.ended())
    with scenes.at_work(project, "busy", [life.created(), life.started()]):
        async with entered() as house:
            await house.mode("run-busy")
            await house.shows("header", "RUNNING")
            # Only the first time: who goes to the list wants to see the list.
            await house.press("r")
            await house.shows("runs", "RUNNING", "COMPLETED")
            assert house.app.current_mode == HOME


async def test_what_happens_in_the_project_is_seen_without_a_key(project: Project) -> None:
    with scenes.at_work(project, "busy", [life.created(), life.started()]) as journal:
        async with entered() as house:
            await house.mode("run-busy")
            await house.press("r")
            await house.shows("runs", "it 0/3")
            journal.append(ev.IterationStarted(number=1, brief=life.acted("a")[1].output), life.approval("p1"))
            await house.shows("runs", "it 1/3", "1 approval wanted")


async def test_what_happens_in_another_project_is_seen_where_the_machine_is_shown(
    project: Project, tmp_path: Path
) -> None:
    scenes.write(project, "here", scenes.ended())
    other = neighbour(tmp_path)
    async with entered() as house:
        await house.shows("runs", "COMPLETED")
        await house.press("m")
        await house.shows("runs", str(project.workspace), "COMPLETED")
        with scenes.at_work(other, "there", [life.created(), life.started()]) as journal:
            await house.shows("runs", str(other.workspace), "it 0/3")
            journal.append(ev.IterationStarted(number=1, brief=life.acted("a")[1].output), life.approval("p1"))
            await house.shows("runs", "it 1/3", "1 approval wanted")
            assert house.app.current_mode == HOME
            await house.press("m")
            await until(house.pilot, lambda: str(other.workspace) not in house.text("runs"), "this project alone")
            await house.shows("runs", "COMPLETED")


async def test_a_list_of_the_machine_that_nothing_happens_to_is_let_be(project: Project, tmp_path: Path) -> None:
    scenes.write(project, "here", scenes.ended())
    scenes.write(neighbour(tmp_path), "there", scenes.ended())
    async with entered() as house:
        await house.press("m")
        await house.shows("runs", "neighbour", "COMPLETED")
        screen = house.app.screen
        assert isinstance(screen, RunsScreen)
        found, later = screen._found, time.monotonic() + 1.5 * ROUND
        await until(house.pilot, lambda: time.monotonic() > later, "a round and a half")
        assert screen._found is found


async def test_the_cursor_stays_on_its_run_when_others_come(project: Project, tmp_path: Path) -> None:
    scenes.write(project, "one", scenes.ended())
    scenes.write(project, "two", scenes.ended())
    async with entered() as house:
        await house.shows("runs", "COMPLETED")
        await house.press("down")
        scenes.write(project, "three", scenes.ended("failed", "a bug"))
        await house.press("f5")
        await house.shows("runs", "a bug")
        await house.press("enter")
        await house.mode("run-one")


async def test_a_project_that_cannot_be_read_stands_in_the_list(project: Project, tmp_path: Path) -> None:
    broken = neighbour(tmp_path)
    scenes.write(project, "sound", scenes.ended())
    scenes.write(broken, "lost", scenes.ended())
    broken.state.journal.write_bytes(b"no database" * 1000)
    async with entered() as house:
        await house.press("m")
        await house.shows("runs", "COMPLETED", "PROBLEM", str(broken.workspace), "damaged")
        await house.press("down", "enter")
        assert house.app.current_mode == HOME
        assert "damaged" in house.said


async def test_a_run_that_cannot_be_opened_leads_back_to_the_list(project: Project) -> None:
    scenes.write(project, "r1", scenes.ended())
    journal, aside = project.state.journal, project.state.root / "aside"
    async with entered() as house:
        await house.shows("runs", "COMPLETED", "all 6 requirements")
        # Not in place: whoever has it open must not write into what lies there by now.
        journal.rename(aside)
        journal.write_bytes(b"no database" * 1000)
        await house.press("enter")
        await house.mode(HOME)
        await house.shows("runs", "PROBLEM")
        assert "damaged" in house.said
        aside.replace(journal)
        await house.press("f5")
        await house.shows("runs", "COMPLETED")
        await house.press("enter")
        await house.shows("header", "COMPLETED")


async def test_many_runs_are_all_looked_at(project: Project) -> None:
    for number in range(40):
        scenes.write(
            project, f"r{number:02}", [life.created(), ev.RunClosed(outcome="stopped", reason=f"no. {number}")]
        )
    async with entered(wide=False) as house:
        await house.shows("runs", *(f"no. {number}" for number in range(40)))
        assert "…" not in house.text("runs").replace("no. ", "")
