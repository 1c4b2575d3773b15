"""Beginning a run from the screen: what it says before, and that it really begins."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from loki_tui.core.events import RunCreated
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.demonstration import BUDGET, CASSETTE, make_project
from loki_tui.store.project import Project, locate_project
from tests.support import life, scenes
from tests.support.git import git
from tests.tui.screens.house import House, entered
from tests.tui.until import until


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The demo's project, with its recording to answer."""
    directory = make_project()
    monkeypatch.chdir(directory)
    for name, value in {"PROVIDER": "replay", "CASSETTE": str(CASSETTE), "BUDGET_LIMIT": BUDGET}.items():
        monkeypatch.setenv(f"LOKI_{name}", value)
    yield locate_project(directory)
    shutil.rmtree(directory)


async def opened(house: House) -> None:
    """Go to the screen, and wait until it knows what there is."""
    await house.shows("runs", "no run")
    await house.press("ctrl+n")
    await house.shows("expected", "cost")


async def test_prds_are_shown_with_a_look_into_them_and_what_they_may_cost(demo: Project) -> None:
    (demo.workspace / "docs").mkdir()
    (demo.workspace / "docs" / "other.md").write_text("# Something else\n\n- one\n" * 30)
    async with entered() as house:
        await opened(house)
        await house.shows("candidates", "prd.md", "habit: keep a streak going", "docs/other.md", "Something else")
        await house.shows("preview", "# habit")
        await house.shows("expected", "$2.00", "From general assumptions")
        before = house.text("expected")
        await house.press("down")
        await house.shows("preview", "- one")
        await until(house.pilot, lambda: house.text("expected") != before)


async def test_what_is_wrong_is_said_and_what_was_typed_stays(demo: Project) -> None:
    async with entered() as house:
        await opened(house)
        await house.press("tab", "tab")
        await house.write("q1")
        await house.shows("expected", "--budget is 'q1'", "amount of US dollars")
        await house.press("ctrl+r")
        await house.shows("expected", "--budget is 'q1'")
        assert house.screen.query_one("#budget", Input).value == "q1"
        await house.press("ctrl+u")
        await house.write("0.01")
        await house.shows("expected", "$0.01 does not cover even the first request")
        assert not demo.state.root.exists()


async def test_begun_on_a_recording_the_run_is_shown_and_comes_to_its_end(demo: Project) -> None:
    async with entered() as house:
        await opened(house)
        await house.press("tab", "tab", "tab")
        await house.write("7")
        await house.press("ctrl+r")
        await house.front("CockpitScreen")
        (session,) = house.app.sessions.values()
        assert session.hosted is not None
        await house.shows("header", "it")
        await until(house.pilot, lambda: session.state.iterations_begun > 1, "the second iteration")
        await until(house.pilot, lambda: session.state.status.ended, "the end")
        assert session.state.status is Status.COMPLETED
        assert session.state.created is not None
        assert session.state.created.max_iterations == 7
        assert "loki/" in git(demo.workspace, "branch")
        # The screen it was begun on is gone from below it.
        assert len(house.app.screen_stack) == 1
        await house.press("r")
        await house.shows("runs", "COMPLETED", "it 2/7")


async def test_staged_it_asks_before_the_plan(demo: Project) -> None:
    async with entered() as house:
        await opened(house)
        await house.press("tab", "tab", "tab", "tab", "tab", "space", "ctrl+r")
        await house.front("CockpitScreen")
        (session,) = house.app.sessions.values()
        await until(house.pilot, lambda: session.state.undecided, "the plan to wait")
    with demo.reader() as reader:
        (created,) = [
            record.event for record in reader.records(session.client.run) if isinstance(record.event, RunCreated)
        ]
    assert created.settings["staged_autonomy"] is True


async def test_without_a_key_the_way_out_is_named_and_nothing_is_left_behind(
    demo: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOKI_PROVIDER")
    monkeypatch.delenv("LOKI_CASSETTE")
    async with entered() as house:
        await opened(house)
        await house.press("ctrl+r")
        await house.shows("expected", "ANTHROPIC_API_KEY")
        assert type(house.screen).__name__ == "StartScreen"
        assert not demo.state.root.exists()
        await house.press("escape")
        await house.front("RunsScreen")


@pytest.fixture
def bare(demo: Project) -> Project:
    """The same without a repository."""
    shutil.rmtree(demo.workspace / ".git")
    return locate_project(demo.workspace)


async def test_a_directory_becomes_a_repository_only_with_consent(bare: Project) -> None:
    async with entered() as house:
        await opened(house)
        await house.press("ctrl+r")
        await house.front("ChooseScreen")
        await house.press("enter")
        await house.front("StartScreen")
        assert not (bare.workspace / ".git").exists()
        assert not bare.state.root.exists()
        await house.press("ctrl+r")
        await house.front("ChooseScreen")
        await house.press("down", "enter")
        await house.front("CockpitScreen")
        assert git(bare.workspace, "log", "--format=%an", "main") != ""


async def test_where_an_engine_is_at_work_its_run_is_offered(demo: Project) -> None:
    async with entered() as house:
        await opened(house)
        with scenes.at_work(demo, "busy", [life.created(), life.started()]):
            await house.press("ctrl+r")
            await house.front("ChooseScreen")
            await house.press("enter")
            await house.front("StartScreen")
            await house.press("ctrl+r")
            await house.front("ChooseScreen")
            await house.press("down", "enter")
            await house.mode("run-busy")
            await house.shows("header", "RUNNING")
            # Who comes to the screen now is told before they fill it in.
            await house.press("ctrl+n")
            await house.shows("expected", "Run busy is at work")
        assert [run.id for run in demo.runs()] == ["busy"]


async def test_without_a_text_it_says_what_to_do(demo: Project) -> None:
    (demo.workspace / "prd.md").unlink()
    async with entered() as house:
        await house.press("ctrl+n")
        await house.shows("candidates", "could be a PRD", "prd.md")
        await house.press("ctrl+r")
        assert "no PRD" in house.said


async def test_wrong_settings_are_said(demo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKI_MAX_TURNS", "many")
    async with entered(os.environ) as house:
        await house.press("ctrl+n")
        await house.shows("expected", "LOKI_MAX_TURNS is 'many'")
        await house.shows("candidates", "prd.md")


async def test_where_no_run_can_begin_nothing_is_looked_for_any_more(
    demo: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(demo.workspace / "state"))
    async with entered() as house:
        await house.press("ctrl+n")
        await house.shows("expected", "lie one inside the other", "Set LOKI_DIR")
        await house.shows("candidates", "No run can begin here")
