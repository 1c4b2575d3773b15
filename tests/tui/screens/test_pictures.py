"""How the screens for runs, for beginning one and for settings look: in each size, and in each theme at one of them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from textual.geometry import Size

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Outcome
from loki_tui.runtime.surroundings import config_file
from loki_tui.store.project import Project, locate_project
from loki_tui.tui.app import Launch, LokiApp
from tests.support import foreign, life, scenes
from tests.tui.gallery import SIZES, Gallery
from tests.tui.place import fixed_place
from tests.tui.screens.house import House, settle
from tests.tui.until import until

IN_THEMES = Size(120, 36)
"""Where every theme is shown."""
NOW = scenes.BEGIN + timedelta(days=400)
"""The present."""

pytestmark = [
    pytest.mark.xdist_group("pictures of places"),
    pytest.mark.parametrize("size", SIZES.values(), ids=SIZES),
]


@pytest.fixture
def place(looks: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory, and a person at home in it."""
    with fixed_place() as directory:
        home = directory / "home"
        home.mkdir()
        monkeypatch.setenv("HOME", str(home))
        yield directory


@pytest.fixture
def project(place: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project at hand."""
    return settle(place, monkeypatch, "notes")


@asynccontextmanager
async def at_home(size: tuple[int, int]) -> AsyncIterator[House]:
    """The application as `loki` alone opens it."""
    app = LokiApp(Launch(environ=dict(os.environ), now=lambda: NOW))
    async with app.run_test(size=size) as pilot:
        yield House(app, pilot)  # type: ignore[arg-type]


async def take(house: House, gallery: Gallery, name: str) -> None:
    """A picture of what is in front, in every theme where the size is that for themes."""
    await house.pilot.pause()
    await until(house.pilot, lambda: not any(worker.is_running for worker in house.app.workers), "all to be known")
    await house.pilot.pause()
    if house.app.size == IN_THEMES:
        await gallery.take_in_every_theme(house.app, house.pilot, name)
    else:
        gallery.take(house.app, name)


# -- runs ---------------------------------------------------------------------------------------

ENDS: tuple[tuple[Outcome, str], ...] = (
    ("completed", "all 6 requirements are proven"),
    ("exhausted", "the budget of $10.00 is spent"),
    ("stagnated", "nothing changed in 5 iterations"),
    ("stopped", "ada: not what I meant"),
    ("failed", f"Bug: {foreign.MARKUP}"),
)


def unfinished(*last: Event, **fields: object) -> list[Event]:
    """A run in its first iteration."""
    begun = ev.IterationStarted(number=1, brief=life.acted("a")[1].output)
    return [life.created(max_iterations=12, **fields), life.started(), *scenes.full()[2:4], begun, *last]


def named(events: list[Event], prd: str) -> list[Event]:
    """The same run on another PRD."""
    first = events[0]
    assert isinstance(first, ev.RunCreated)
    return [first.model_copy(update={"prd_path": prd}), *events[1:]]


def write(project: Project, run: str, events: list[Event], *, ago: timedelta) -> None:
    """A run that was begun so long ago."""
    scenes.write(project, run, events, now=scenes.steps(begin=NOW - ago))


def write_all(project: Project) -> None:
    """A run of every state that needs no engine, and some with names of every kind."""
    ages = (timedelta(seconds=600), timedelta(hours=1), timedelta(hours=30), timedelta(days=9), timedelta(days=399))
    for (outcome, reason), ago in zip(ENDS, ages, strict=True):
        write(project, f"20260301-{outcome}", scenes.ended(outcome, reason), ago=ago)
    write(project, "held", scenes.paused(), ago=timedelta(hours=2))
    write(project, "gone", unfinished(life.approval("p1")), ago=timedelta(minutes=40))
    for number, text in enumerate((foreign.SHORT, foreign.CJK, foreign.MARKUP, foreign.ESCAPES, foreign.LONG_WORD)):
        events = named(scenes.ended("failed", foreign.ALL), f"docs/{text}.md")
        write(project, f"{'r' * 40}{number}", events, ago=timedelta(days=10 + number))
    # From a clock that was ahead, and more than anybody can pay.
    write(project, "tomorrow", scenes.budgets()["vast"], ago=timedelta(days=-1))
    write(project, "unpriced", scenes.budgets()["unpriced"], ago=timedelta(days=20))
    write(project, "newer", scenes.empty(), ago=timedelta(days=21))
    with closing(sqlite3.connect(project.state.journal)) as connection, connection:
        connection.execute("UPDATE events SET kind = 'of_a_later_version' WHERE run = 'newer' AND seq = 2")


def neighbour(place: Path, name: str) -> Project:
    """Another project of this machine."""
    workspace = place / name
    (workspace / ".git").mkdir(parents=True)
    return locate_project(workspace)


@contextmanager
def at_work(place: Path) -> Iterator[None]:
    """Projects that are being worked on, in every way of doing so, and one that cannot be read."""
    ways = {
        "running": unfinished(),
        "waiting": unfinished(life.approval("p1"), ev.RunWaiting(on="approval", reason="approval p1: run make")),
        "paused": unfinished(ev.RunPaused(by="budget", reason="the next request may cost $0.46")),
        "stopping": unfinished(ev.RunStopping(reason="enough")),
    }
    with ExitStack() as stack:
        for number, (name, events) in enumerate(ways.items()):
            clock = scenes.steps(begin=NOW - timedelta(minutes=2 * number))
            stack.enter_context(scenes.at_work(neighbour(place, f"{name} {foreign.CJK}"), name, events, now=clock))
        broken = neighbour(place, "broken")
        write(broken, "lost", scenes.empty(), ago=timedelta(days=1))
        broken.state.journal.write_bytes(b"no database" * 1000)
        yield


async def test_runs(place: Path, project: Project, size: tuple[int, int], gallery: Gallery) -> None:
    write_all(project)
    with at_work(place):
        async with at_home(size) as house:
            await house.shows("runs", "COMPLETED", "UNREADABLE")
            await take(house, gallery, "project")
            await house.press("m")
            await house.shows("runs", "RUNNING", "STOPPING", "PROBLEM")
            await take(house, gallery, "machine")
            await house.press("end")
            await take(house, gallery, "end")


async def test_no_runs(project: Project, size: tuple[int, int], gallery: Gallery) -> None:
    async with at_home(size) as house:
        await house.shows("runs", "no run in this project yet")
        await take(house, gallery, "project")
        await house.press("m")
        await house.shows("runs", "no run on this machine yet")
        await take(house, gallery, "machine")


async def test_no_project(
    project: Project, size: tuple[int, int], gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOKI_DIR", str(project.workspace / "state"))
    async with at_home(size) as house:
        await house.shows("runs", "LOKI_DIR")
        await take(house, gallery, "refused")


# -- beginning one ------------------------------------------------------------------------------

PRDS = {
    "prd.md": f"# Notes\n\n{foreign.SHORT}\n\n{foreign.ALL}\n".replace("\0", ""),
    "docs/requirements.md": scenes.PRD,
    f"docs/{foreign.CJK}.md": f"# {foreign.CJK * 3}\n",
    "docs/[red]spec[bold].md": f"# {foreign.MARKUP}\n",
    "docs/plan \x1b[31m\u202edm.md": f"# {foreign.ESCAPES}\n",
    f"docs/{'l' * 240}.md": f"# {foreign.LONG_LINE}\n",
    "docs/blank.txt": " \n",
}


def write_prds(project: Project) -> None:
    """PRDs with names and texts of every kind, each a day older than the one before."""
    for number, (name, text) in enumerate(PRDS.items()):
        path = project.workspace / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        at = (NOW - timedelta(days=number)).timestamp()
        os.utime(path, (at, at))


async def test_start(project: Project, size: tuple[int, int], gallery: Gallery) -> None:
    write_prds(project)
    async with at_home(size) as house:
        await house.shows("runs", "no run")
        await house.press("ctrl+n")
        await house.shows("expected", "cost")
        await house.shows("preview", "Notes")
        await take(house, gallery, "worst PRD")
        await house.press("down")
        await house.shows("preview", "Keep notes")
        await take(house, gallery, "PRD")
        await house.press("tab", "tab")
        await house.write("q1")
        await house.shows("expected", "amount of US dollars")
        await take(house, gallery, "error")


async def test_nothing_to_start(project: Project, size: tuple[int, int], gallery: Gallery) -> None:
    async with at_home(size) as house:
        await house.shows("runs", "no run")
        await house.press("ctrl+n")
        await house.shows("candidates", "no text")
        await take(house, gallery, "empty")


# -- settings -----------------------------------------------------------------------------------


def configure(text: str) -> None:
    """Give the person a file of their own."""
    config_file().parent.mkdir(parents=True)
    config_file().write_text(text, encoding="utf-8")


async def test_settings(
    project: Project, size: tuple[int, int], gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(f"max_turns = 50\nmodel_work = '{foreign.CJK} [red]x[/]'\n")
    monkeypatch.setenv("LOKI_MODEL_FAST", "m" * 300)
    async with at_home(size) as house:
        await house.shows("runs", "no run")
        await house.press("comma")
        await house.shows("about", "Who answers")
        await take(house, gallery, "list")
        await house.press("slash", *"model", "enter")
        await house.shows("list", "LOKI_MODEL_FAST")
        await take(house, gallery, "filtered")
        await house.press("slash", *"xyz")
        await house.shows("list", "No setting")
        await take(house, gallery, "none")


async def test_wrong_settings(project: Project, size: tuple[int, int], gallery: Gallery) -> None:
    configure(f"max_turns = 'many {foreign.CJK} [red]x[/]'\n")
    async with at_home(size) as house:
        await house.shows("runs", "no run")
        await house.press("comma")
        await house.shows("about", "many")
        await take(house, gallery, "error")
