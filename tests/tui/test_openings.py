"""Runs that cannot be opened, and a person who did not wait for that."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event
from typing import cast

import pytest
from textual.pilot import Pilot

from loki_tui.core.errors import UsageError
from loki_tui.store.project import Project
from loki_tui.tui.app import FIRST, Launch, LokiApp
from loki_tui.tui.openings import attach_to
from loki_tui.tui.session import RunSession
from tests.support import scenes
from tests.tui.screens.house import HOME, House, settle
from tests.tui.until import PATIENCE, until

SIZE = (120, 36)
REFUSAL = "There is no such run."


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project at hand."""
    return settle(tmp_path, monkeypatch)


@pytest.fixture
def gate() -> Iterator[Event]:
    """What an opening waits for; no thread is left waiting."""
    event = Event()
    yield event
    event.set()


def in_time(gate: Event, then: Callable[[], RunSession]) -> RunSession:
    assert gate.wait(PATIENCE)
    return then()


def refuse() -> RunSession:
    raise UsageError(REFUSAL)


async def test_a_cockpit_left_before_it_failed_to_open_is_gone_and_told_of_once(project: Project, gate: Event) -> None:
    scenes.write(project, "done", scenes.ended())
    app = LokiApp(Launch(opening=partial(in_time, gate, refuse), environ=dict(os.environ)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        house = House(app, cast("Pilot[object]", pilot))
        await house.press("r")
        await house.shows("runs", "COMPLETED")
        gate.set()
        await until(pilot, lambda: REFUSAL in house.said, "the notice")
        await until(pilot, lambda: FIRST not in app._screen_stacks, "the mode to go")
        await house.press("escape")
        assert app.current_mode == HOME
        assert house.said.count(REFUSAL) == 1
        assert app.return_value is None
        await house.press("enter")
        await house.shows("header", "COMPLETED")
        assert house.said.count(REFUSAL) == 1


async def test_a_run_of_the_list_left_before_it_failed_can_be_opened_again(project: Project, gate: Event) -> None:
    scenes.write(project, "done", scenes.ended())
    app = LokiApp(Launch(environ=dict(os.environ)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        house = House(app, cast("Pilot[object]", pilot))
        await house.shows("runs", "COMPLETED")
        app.open_run("done", partial(in_time, gate, refuse), title="Opening done")
        await house.mode("run-done")
        await house.press("r")
        await house.shows("runs", "COMPLETED")
        gate.set()
        await until(pilot, lambda: "run-done" not in app._screen_stacks, "the mode to go")
        await house.press("enter")
        await house.shows("header", "COMPLETED")
        assert house.said.count(REFUSAL) == 1


async def test_a_cockpit_left_before_it_opened_is_there_when_one_comes_back(project: Project, gate: Event) -> None:
    scenes.write(project, "done", scenes.ended())
    app = LokiApp(Launch(opening=partial(in_time, gate, partial(attach_to, project, "done")), environ=dict(os.environ)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        house = House(app, cast("Pilot[object]", pilot))
        await house.press("r")
        await house.shows("runs", "COMPLETED")
        gate.set()
        await until(pilot, lambda: FIRST in app.sessions, "the run to be open")
        await house.press("escape")
        await house.mode(FIRST)
        await house.shows("header", "COMPLETED")
        assert house.said == ""
