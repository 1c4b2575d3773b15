"""Settings on the screen: what is said of them, and what a change does to a person's file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from loki_tui.core.settings import Settings
from loki_tui.runtime.surroundings import config_file
from loki_tui.store.project import Project
from tests.support import life, scenes
from tests.tui.screens.house import House, entered, settle
from tests.tui.until import until

MINE = "# What I like.\nmax_turns = 50  # enough\ntheme = 'light'\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project at hand, of a person with a file of their own."""
    config_file().parent.mkdir(parents=True)
    config_file().write_text(MINE)
    return settle(tmp_path, monkeypatch)


async def at(house: House, words: str) -> None:
    """Go to the settings, and to the first that has these words."""
    await house.press("comma")
    await house.shows("list", "LOKI_MODEL_WORK")
    await house.press("slash")
    await house.press(*("space" if letter == " " else letter for letter in words), "enter")


async def test_every_setting_is_listed_with_its_value_and_where_that_comes_from(project: Project) -> None:
    async with entered({**os.environ, "LOKI_MAX_RETRIES": "9"}) as house:
        await house.press("comma")
        await house.shows("list", *(f"LOKI_{name.upper()}" for name in Settings.model_fields))
        lines = {line.split()[0]: line.split()[1:] for line in house.text("list").splitlines()}
        assert lines["LOKI_MAX_TURNS"] == ["50", "your", "file"]
        assert lines["LOKI_MAX_RETRIES"] == ["9", "environment"]
        assert lines["LOKI_MAX_ITERATIONS"] == ["1000", "default"]
        assert lines["LOKI_MAX_WORKTREES"] == ["5", "default"]


async def test_all_there_is_to_say_about_one_is_said(project: Project) -> None:
    async with entered() as house:
        await at(house, "max turns")
        await house.shows("about", "Turns in one iteration.", "50", "configuration file", "from 1 up to 10000", "200")
        await house.shows("about", "can be lowered by a file of the workspace")


async def test_a_filter_narrows_the_list_and_escape_gives_it_up(project: Project) -> None:
    async with entered() as house:
        await at(house, "budget")
        assert "LOKI_BUDGET_LIMIT" in house.text("list")
        assert "LOKI_THEME" not in house.text("list")
        await house.press("escape")
        await house.shows("list", "LOKI_THEME")
        assert type(house.screen).__name__ == "SettingsScreen"
        await house.press("escape")
        await house.front("RunsScreen")


async def test_a_change_goes_into_the_file_and_leaves_the_rest_of_it(project: Project) -> None:
    async with entered() as house:
        await at(house, "max turns")
        await house.press("enter")
        await house.front("AskScreen")
        assert house.screen.query_one(Input).value == "50"
        await house.press("ctrl+u", "7", "0", "enter")
        await house.front("SettingsScreen")
        await house.shows("about", "70")
    assert config_file().read_text() == MINE.replace("50", "70")


async def test_what_is_refused_is_asked_for_again_and_the_file_stays(project: Project) -> None:
    async with entered() as house:
        await at(house, "max turns")
        await house.press("enter")
        await house.front("AskScreen")
        asked = house.screen
        await house.press("ctrl+u", "0", "enter")
        await until(house.pilot, lambda: house.screen is not asked and type(house.screen).__name__ == "AskScreen")
        said = "\n".join(str(part.render()) for part in house.screen.query(".dialog--detail"))
        assert "max_turns" in said
        assert "a whole number from 1 up to 10000" in said
        assert house.screen.query_one(Input).value == "0"
        await house.press("escape")
        await house.front("SettingsScreen")
        assert "50" in house.text("about")
    assert config_file().read_text() == MINE


async def test_few_values_are_chosen_from_and_a_theme_holds_at_once(project: Project) -> None:
    async with entered() as house:
        await at(house, "colours")
        await house.press("enter")
        await house.front("ChooseScreen")
        options = [str(option.prompt) for option in house.screen.query_one(OptionList).options]
        assert options == ["light (as it is)", "auto", "dark", "contrast", "ansi"]
        await house.press("down", "down", "down", "enter")
        await house.front("SettingsScreen")
        await house.shows("about", "contrast")
        assert house.app.theme == "contrast"
    assert config_file().read_text() == MINE.replace("'light'", '"contrast"')


async def test_delete_takes_it_out_of_the_file(project: Project) -> None:
    async with entered() as house:
        await at(house, "max turns")
        await house.press("delete")
        await house.shows("about", "from       default")
    assert config_file().read_text() == "# What I like.\ntheme = 'light'\n"


async def test_what_stands_above_the_file_cannot_be_changed_here_and_says_why(project: Project) -> None:
    async with entered({**os.environ, "LOKI_MAX_TURNS": "9"}) as house:
        await at(house, "max turns")
        await house.shows("about", "The environment sets it", "unset it there")
        await house.press("enter", "delete")
        assert type(house.screen).__name__ == "SettingsScreen"
    assert config_file().read_text() == MINE


async def test_wrong_settings_are_said_and_can_be_put_right_here(project: Project) -> None:
    config_file().write_text("max_turns = 'many'\n")
    async with entered() as house:
        await at(house, "max turns")
        await house.shows("about", "max_turns in", "'many'")
        await house.press("delete")
        await house.shows("about", "from       default")
    assert config_file().read_text() == ""


async def test_what_the_run_at_work_keeps_is_said_where_it_differs(project: Project) -> None:
    created = life.created(settings={"max_turns": 20})
    with scenes.at_work(project, "busy", [created, life.started()]):
        async with entered() as house:
            await house.mode("run-busy")
            await at(house, "max turns")
            await house.shows("about", "20, in run busy")


async def test_opened_twice_it_is_there_once(project: Project) -> None:
    async with entered() as house:
        await house.press("comma", "comma")
        await house.front("SettingsScreen")
        await house.press("escape")
        await house.front("RunsScreen")


async def test_the_cursor_passes_over_headings_to_both_ends(project: Project) -> None:
    async with entered() as house:
        await house.press("comma")
        await house.shows("about", "Who answers")
        await house.press("up")
        await house.shows("about", "Who answers")
        await house.press("end")
        await house.shows("about", "not at all")
        await house.press("up", "up", "up")
        # Over the heading between them.
        await house.shows("about", "The claim that says who may do what")
        await house.press("home")
        await house.shows("about", "Who answers")
