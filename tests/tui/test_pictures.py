"""How it looks as a whole: pictures to compare with; each pane has its own in `test_pane_pictures`.

Behaviour is tested elsewhere; after a wanted change, `--snapshot-update`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.app import App
from textual.command import CommandPalette
from textual.pilot import Pilot

from loki_tui.tui.screens.approvals import ApprovalsScreen
from loki_tui.tui.screens.viewer import ViewerScreen
from loki_tui.tui.themes import fitting_theme
from tests.support import abreast, scenes
from tests.tui.bridge import Bridge
from tests.tui.conftest import Enter
from tests.tui.until import until

Compare = Callable[..., bool]

MEDIUM = (120, 36)


def still(b: Bridge, *keys: str, on: Callable[[], object] = lambda: True) -> Callable[[Pilot[object]], Awaitable[None]]:
    """Bring the application to where its picture is taken.

    Args:
        b: The application.
        keys: Pressed once the run is open.
        on: What is so when it is there.
    """

    async def get_there(pilot: Pilot[object]) -> None:
        await b.open(pilot)
        for key in keys:
            await pilot.press(key)
        await until(pilot, lambda: on() and not b.cockpit._due, "the scene")
        # Whoever scrolled has come to rest.
        await pilot.pause()

    return get_there


def decisions(b: Bridge) -> ApprovalsScreen | None:
    """The screen of decisions, once it shows a request."""
    return next((one for one in b.app.screen_stack if isinstance(one, ApprovalsScreen) and one._text), None)


@pytest.mark.parametrize("size", [(80, 24), MEDIUM, (200, 60), (40, 12)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_cockpit(enter: Enter, snap_compare: Compare, size: tuple[int, int]) -> None:
    b = enter(scenes.full())
    assert snap_compare(b.app, terminal_size=size, run_before=still(b))


def test_worst_cockpit(enter: Enter, snap_compare: Compare) -> None:
    b = enter(scenes.worst())
    assert snap_compare(b.app, terminal_size=(200, 60), run_before=still(b))


@pytest.mark.parametrize("size", [(80, 24), MEDIUM, (200, 60), (40, 12)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_parallel_cockpit(enter: Enter, snap_compare: Compare, size: tuple[int, int]) -> None:
    b = enter(abreast.abreast())
    assert snap_compare(b.app, terminal_size=size, run_before=still(b))


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_crowded_cockpit(enter: Enter, snap_compare: Compare, size: tuple[int, int]) -> None:
    b = enter(abreast.crowded())
    assert snap_compare(b.app, terminal_size=size, run_before=still(b))


def open_stream(b: Bridge) -> Callable[[Pilot[object]], Awaitable[None]]:
    """Open the second stream of those that the pane lists, by itself."""
    seen = lambda: b.session.scope.stream == "search" and len(b.session.scope.feed) > 3  # noqa: E731
    return still(b, "9", "down", "down", "O", on=seen)


@pytest.mark.parametrize("size", [(80, 24), MEDIUM, (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_one_stream(enter: Enter, snap_compare: Compare, size: tuple[int, int]) -> None:
    b = enter(abreast.abreast())
    assert snap_compare(b.app, terminal_size=size, run_before=open_stream(b))


@pytest.mark.parametrize("theme", ["ansi", "contrast"])
def test_parallel_theme(enter: Enter, snap_compare: Compare, theme: str) -> None:
    b = enter(abreast.abreast(), theme=theme)
    assert snap_compare(b.app, terminal_size=MEDIUM, run_before=still(b))


def test_parallel_without_colours(enter: Enter, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    b = enter(abreast.abreast(), theme=fitting_theme({"TERM": "xterm-256color", "NO_COLOR": "1"}))
    assert snap_compare(b.app, terminal_size=MEDIUM, run_before=still(b))


def test_approval_of_a_stream(enter: Enter, snap_compare: Compare) -> None:
    b = enter(abreast.abreast())
    assert snap_compare(b.app, terminal_size=MEDIUM, run_before=still(b, "a", on=lambda: decisions(b)))


@pytest.mark.parametrize("theme", ["light", "contrast", "ansi"])
def test_theme(enter: Enter, snap_compare: Compare, theme: str) -> None:
    b = enter(scenes.full(), theme=theme)
    assert snap_compare(b.app, terminal_size=MEDIUM, run_before=still(b))


def test_without_colours(enter: Enter, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    b = enter(scenes.full(), theme=fitting_theme({"TERM": "xterm-256color", "NO_COLOR": "1"}))
    assert snap_compare(b.app, terminal_size=MEDIUM, run_before=still(b))


def test_ended(enter: Enter, snap_compare: Compare) -> None:
    b = enter(scenes.ended(), alive=False)
    assert snap_compare(b.app, terminal_size=MEDIUM, run_before=still(b))


def test_crashed(enter: Enter, snap_compare: Compare) -> None:
    b = enter(scenes.full(), alive=False)
    assert snap_compare(b.app, terminal_size=(80, 24), run_before=still(b))


def test_looking_back(enter: Enter, snap_compare: Compare) -> None:
    b = enter(scenes.full())
    back = still(b, "{", "{", on=lambda: b.cockpit.past is not None and b.cockpit.past[0].state.seq < 200)
    assert snap_compare(b.app, terminal_size=MEDIUM, run_before=back)


@pytest.mark.parametrize("size", [(80, 24), (160, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_approval_of_a_command(enter: Enter, snap_compare: Compare, size: tuple[int, int]) -> None:
    b = enter(scenes.full())
    assert snap_compare(b.app, terminal_size=size, run_before=still(b, "a", on=lambda: decisions(b)))


def shows_second(b: Bridge) -> bool:
    """Whether the second request is the one that is shown."""
    screen = decisions(b)
    return screen is not None and screen._shown == "p2"


def test_approval_of_a_change(enter: Enter, snap_compare: Compare) -> None:
    b = enter(scenes.full())
    assert snap_compare(b.app, terminal_size=MEDIUM, run_before=still(b, "a", "down", on=lambda: shows_second(b)))


def test_approval_of_a_change_side_by_side(enter: Enter, snap_compare: Compare) -> None:
    b = enter(scenes.full())
    beside = still(b, "a", "down", "t", on=lambda: shows_second(b))
    assert snap_compare(b.app, terminal_size=(200, 40), run_before=beside)


def test_many_approvals_marked(enter: Enter, snap_compare: Compare) -> None:
    b = enter(scenes.worst())
    marked = still(b, "a", "space", "space", on=lambda: decisions(b))
    assert snap_compare(b.app, terminal_size=MEDIUM, run_before=marked)


@pytest.mark.parametrize(("form", "keys"), [("side by side", ()), ("one column", ("t",))])
def test_viewer(enter: Enter, snap_compare: Compare, form: str, keys: tuple[str, ...]) -> None:
    b = enter(scenes.full())

    async def opened(pilot: Pilot[object]) -> None:
        await b.open(pilot)
        items = b.cockpit.feed_painter.items  # type: ignore[union-attr]
        b.pane("activity").go_to(max(n for n, item in enumerate(items) if item.ended and item.ended.diff))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(b.app.screen, ViewerScreen), "the viewer")
        await pilot.press(*keys)
        await pilot.pause()

    assert snap_compare(b.app, terminal_size=(160, 30), run_before=opened)


@pytest.mark.parametrize("size", [MEDIUM, (60, 20)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_help(enter: Enter, snap_compare: Compare, size: tuple[int, int]) -> None:
    b = enter(scenes.full())
    assert snap_compare(b.app, terminal_size=size, run_before=still(b, "?", on=lambda: b.app.screen is not b.cockpit))


@pytest.mark.parametrize(("name", "key"), [("stop", "s"), ("note", "i"), ("budget", "b"), ("commands", "ctrl+p")])
def test_dialog(enter: Enter, snap_compare: Compare, name: str, key: str) -> None:
    b = enter(scenes.full())

    def there(app: App[object] = b.app) -> bool:  # type: ignore[assignment]
        # The palette looks for its commands in the background.
        whole = not isinstance(app.screen, CommandPalette) or app.screen.has_class("-ready")
        return app.screen is not b.cockpit and whole

    assert snap_compare(b.app, terminal_size=(100, 30), run_before=still(b, key, on=there))


def test_editing_a_command(enter: Enter, snap_compare: Compare) -> None:
    b = enter(scenes.full())

    async def opened(pilot: Pilot[object]) -> None:
        await still(b, "a", on=lambda: decisions(b))(pilot)
        await pilot.press("e")
        await until(pilot, lambda: not isinstance(b.app.screen, ApprovalsScreen), "the editor")
        await pilot.pause()

    assert snap_compare(b.app, terminal_size=(100, 30), run_before=opened)
