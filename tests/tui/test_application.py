"""The application around its screens: themes, help, commands, export, notices, and how one leaves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from loki_tui.core import events as ev
from loki_tui.core.errors import UsageError
from loki_tui.core.events import Event
from loki_tui.tui.actions import ACTIONS, Scope, actions_of, key_text
from loki_tui.tui.app import Launch, Left, LokiApp
from loki_tui.tui.commands import commands_for
from loki_tui.tui.screens.approvals import ApprovalsScreen
from loki_tui.tui.screens.dialogs import ChooseScreen
from loki_tui.tui.screens.help import HelpScreen
from loki_tui.tui.session import RunSession
from loki_tui.tui.terminal import HungUp, notice_sequences, title_sequence
from loki_tui.tui.themes import fitting_theme, themes
from loki_tui.tui.widgets.rows_view import RowsView
from tests.support import scenes
from tests.tui.bridge import shown
from tests.tui.conftest import Enter
from tests.tui.hosted import hosting
from tests.tui.until import until

FULL = scenes.full()
SIZE = (120, 36)


# -- looks --------------------------------------------------------------------------------------


async def test_themes_go_round(enter: Enter) -> None:
    b = enter(FULL)
    names = [theme.name for theme in themes()]
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await b.open(pilot)
        seen = []
        for _ in names:
            await pilot.press("ctrl+t")
            seen.append(b.app.theme)
            assert any(f"Theme: {b.app.theme}." in words for words in b.said)
        assert seen == [*names[1:], names[0]]


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "light"),
        ({"TERM": "xterm"}, "ansi"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "ansi"),
        ({}, "ansi"),
    ],
)
def test_a_terminal_gets_the_theme_that_fits_it(environ: dict[str, str], theme: str) -> None:
    assert fitting_theme(environ) == theme


# -- help and commands --------------------------------------------------------------------------


async def test_help_lists_every_action_with_its_keys(enter: Enter) -> None:
    b = enter(FULL, keymap={"run.pause": "f9"})
    async with b.app.run_test(size=(160, 40)) as pilot:
        await b.open(pilot)
        await pilot.press("?")
        await until(pilot, lambda: isinstance(b.app.screen, HelpScreen), "the help")
        view = b.app.screen.query_one(RowsView)
        await until(pilot, lambda: view.rows, "the keys")
        lines = shown(view).splitlines()
        for action in ACTIONS:
            (line,) = [line for line in lines if f" {action.id} " in line]
            assert key_text(action, {"run.pause": "f9"}) in line
            assert action.help.split()[0] in line
        await pilot.press("escape")
        assert b.app.screen is b.cockpit


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_help_fits_a_small_terminal(enter: Enter, size: tuple[int, int]) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=size) as pilot:
        await b.open(pilot)
        await pilot.press("?")
        await until(pilot, lambda: isinstance(b.app.screen, HelpScreen), "the help")
        view = b.app.screen.query_one(RowsView)
        await until(pilot, lambda: view.rows, "the keys")
        assert all(len(line) <= view.content_width for line in shown(view).splitlines())


async def test_the_palette_has_every_action_of_the_screen_one_is_on(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        screens: list[tuple[Screen[Any], Scope]] = [(b.cockpit, "cockpit"), (ApprovalsScreen(b.session), "approvals")]
        for screen, scope in screens:
            titles = {command.title for command in commands_for(b.app, screen)}
            for action in actions_of("app", scope):
                if action.id != "app.palette":
                    assert f"{action.label} ({action.shown})" in titles
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(b.app.screen, CommandPalette), "the palette")


async def test_a_command_that_is_found_by_name_is_done(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(b.app.screen, CommandPalette), "the palette")
        b.app.screen.query_one(Input).value = "Zoom"
        await until(pilot, lambda: b.app.screen.query("CommandList").first().option_count, "the command")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: b.app.screen is b.cockpit, "the cockpit")
        await until(pilot, lambda: b.cockpit.board.arrangement.zoomed == "activity", "the zoom")


# -- export -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "suffix", "word"), [("ctrl+s", "svg", "<svg"), ("ctrl+x", "txt", "WAITING")])
async def test_the_screen_is_saved(enter: Enter, key: str, suffix: str, word: str) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await b.open(pilot)
        await pilot.press(key)
        await until(pilot, lambda: [*Path.home().rglob(f"loki-*.{suffix}")], "the file")
        (file,) = Path.home().rglob(f"loki-*.{suffix}")
        await until(pilot, lambda: word in file.read_text(encoding="utf-8"), "its content")
        assert "\x1b" not in file.read_text(encoding="utf-8")
        await until(pilot, lambda: f"Saved as {file}" in b.said, "the word for it")


async def test_what_cannot_be_saved_is_said(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/proc/self/nowhere")
    b = enter(FULL)
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await b.open(pilot)
        await pilot.press("ctrl+x")
        await until(pilot, lambda: any("could not be saved" in words for words in b.said), "the complaint")


# -- notices ------------------------------------------------------------------------------------


class Ears(HeadlessDriver):
    """A driver that seems to have a terminal, and keeps what is sent to it."""

    heard: list[str]

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.heard.append(data)


class HeardApp(LokiApp):
    """The application on a terminal that is listened to."""

    heard: list[str]

    def get_driver_class(self) -> type[Driver]:
        self.heard = []
        return type("TheseEars", (Ears,), {"heard": self.heard})


async def heard(app: HeardApp, act: Callable[[Pilot[Left]], Awaitable[None]]) -> str:
    """What a terminal is sent while something is done."""

    async def pilot_of(pilot: Pilot[object]) -> None:
        await act(pilot)  # type: ignore[arg-type]
        app.exit(Left())

    await app.run_async(headless=False, size=(100, 30), mouse=False, auto_pilot=pilot_of)
    return "".join(app.heard)


WAITS = FULL[-3:]
CLOSES: list[Event] = [ev.RunClosed(outcome="completed", reason="all is \x1b]2;proven\x07")]
BROKE: list[Event] = [ev.RunPaused(by="budget", reason="no money")]
QUIET: list[Event] = [ev.RunPaused(by="person", reason="lunch")]

TITLE = "\x1b]2;2 waiting for you: edit notes/store.py · Loki\x1b\\"
DESKTOP = "\x1b]9;Loki: 2 waiting for you: edit notes/store.py\x1b\\"


@pytest.mark.parametrize(
    ("notices", "bell", "title", "desktop"),
    [
        ("all", True, True, True),
        ("bell", True, False, False),
        ("title", False, True, False),
        ("off", False, False, False),
    ],
)
async def test_what_waits_is_told_in_the_ways_a_person_wants(
    enter: Enter, notices: str, bell: bool, title: bool, desktop: bool
) -> None:
    b = enter(FULL[:-3])
    app = HeardApp(Launch(opening=b.app.launch.opening, notices=notices))
    b.app = app

    async def waits(pilot: Pilot[Left]) -> None:
        await b.open(pilot)
        assert "\x07" not in app.heard
        b.live.append(*WAITS)
        await until(pilot, lambda: b.session.state.undecided and not b.cockpit._changed, "the request")
        await pilot.pause()

    sent = await heard(app, waits)
    assert ("\x07" in app.heard) == bell
    assert (TITLE in sent) == title
    assert (DESKTOP in sent) == desktop
    assert ("\x1b]777;notify;Loki;2 waiting" in sent) == desktop


@pytest.mark.parametrize(
    ("happens", "words"),
    [(CLOSES, "run completed: all is"), (BROKE, "paused: no money"), (QUIET, None)],
)
async def test_an_end_and_a_lack_of_money_are_told_but_not_what_a_person_did(
    enter: Enter, happens: list[Event], words: str | None
) -> None:
    b = enter(FULL[:100])
    app = HeardApp(Launch(opening=b.app.launch.opening))
    b.app = app

    async def goes_on(pilot: Pilot[Left]) -> None:
        await b.open(pilot)
        b.live.append(*happens)
        await until(pilot, lambda: b.session.state.seq == 101 and not b.cockpit._changed, "the event")
        await pilot.pause()

    sent = await heard(app, goes_on)
    assert (f"\x1b]2;{words}" in sent) if words else ("\x1b]2;" not in sent)
    # What a model wrote ends no sequence.
    assert "proven\x07" not in sent


def test_foreign_text_cannot_end_the_sequence_it_stands_in() -> None:
    sly = "a\x07\x1b\\\x1b]52;c;ZWNobw==\x9c;b\n"
    for made in (title_sequence(sly), notice_sequences("t;t", sly)):
        assert made.count("\x1b") == made.count("\x1b]") + made.count("\x1b\\")
        assert not {"\x07", "\x9c", "\n"} & set(made)
    assert notice_sequences("t", "x" * 1000).count("x") == 400


# -- leaving ------------------------------------------------------------------------------------


async def test_leaving_where_nothing_is_at_work_here_asks_nothing(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("q")
        await until(pilot, lambda: b.app.return_value is not None, "the end")
    assert b.app.return_value == Left()


async def test_hanging_up_without_an_engine_is_just_leaving(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        b.app.post_message(HungUp())
        await until(pilot, lambda: b.app.return_value is not None, "the end")
    assert b.app.return_value == Left(background=False)


async def test_a_run_that_cannot_be_opened_is_said_after_the_screen() -> None:
    error = UsageError("There is no such run.", hint="loki runs")

    def opening() -> RunSession:
        raise error

    app = LokiApp(Launch(opening=opening, title="Nothing"))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.return_value is not None, "the end")
    assert app.return_value == Left(error=error)


@pytest.mark.xdist_group("hosted")
@pytest.mark.parametrize(
    ("keys", "left"),
    [
        (["down", "enter"], Left(background=True)),
        (["down", "down", "enter"], Left()),
        (["enter"], None),
        (["escape"], None),
    ],
)
async def test_leaving_an_engine_is_a_question(tmp_path: Path, keys: list[str], left: Left | None) -> None:
    with hosting(tmp_path) as app:
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: app.engines, "the engine")
            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, ChooseScreen), "the question")
            await pilot.press(*keys)
            if left is None:
                await until(pilot, lambda: not isinstance(app.screen, ChooseScreen), "the cockpit")
            else:
                await until(pilot, lambda: app.return_value is not None, "the end")
            assert app.return_value == left
            # Leaving ends no engine: who left decides that afterwards.
            assert app.engines


@pytest.mark.xdist_group("hosted")
async def test_hanging_up_leaves_an_engine_to_itself(tmp_path: Path) -> None:
    with hosting(tmp_path) as app:
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: app.engines, "the engine")
            app.post_message(HungUp())
            await until(pilot, lambda: app.return_value is not None, "the end")
        assert app.return_value == Left(background=True)
        assert app.engines
