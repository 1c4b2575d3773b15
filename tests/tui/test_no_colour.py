"""Terminals of few colours, and people who want none: everything can still be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.style import Style
from textual.color import Color

from loki_tui.tui.app import Launch, LokiApp
from loki_tui.tui.export import screen_as_text
from loki_tui.tui.themes import themes
from loki_tui.tui.widgets.rows_view import RowsView
from tests.support import scenes
from tests.tui.conftest import Enter
from tests.tui.screens.house import settle
from tests.tui.until import until


def painted(view: RowsView) -> list[Style]:
    """The styles of what a view sends to the terminal."""
    segments = [segment for strip in view.render_lines(view.outer_size.region) for segment in strip]
    for line_filter in view.app.get_line_filters():
        segments = line_filter.apply(segments, Color(0, 0, 0))
    styles = [segment.style for segment in segments if segment.style is not None and segment.text.strip()]
    assert styles
    return styles


@pytest.mark.parametrize("theme", [theme.name for theme in themes()])
async def test_where_no_colour_is_wanted_none_is_sent(
    theme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    scenes.write(settle(tmp_path, monkeypatch), "r1", scenes.ended())
    app = LokiApp(Launch(environ=dict(os.environ), theme=theme))
    async with app.run_test() as pilot:
        view = app.screen.query_one("#runs", RowsView)
        await until(pilot, lambda: len(view.rows) == 2)
        styles = painted(view)
        assert all(colour is None or colour.is_default for style in styles for colour in (style.color, style.bgcolor))
        # The cursor is seen all the same.
        assert any(style.reverse for style in styles)


async def test_the_terminals_own_colours_are_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenes.write(settle(tmp_path, monkeypatch), "r1", scenes.ended())
    app = LokiApp(Launch(environ=dict(os.environ), theme="ansi"))
    async with app.run_test() as pilot:
        view = app.screen.query_one("#runs", RowsView)
        await until(pilot, lambda: len(view.rows) == 2)
        colours = [colour for style in painted(view) for colour in (style.color, style.bgcolor) if colour is not None]
        assert not [colour for colour in colours if colour.triplet is not None]
        assert [colour for colour in colours if not colour.is_default]


@pytest.mark.parametrize("without", [{}, {"NO_COLOR": "1"}], ids=["ansi", "no colours"])
async def test_what_a_question_is_about_stays_in_view(
    without: dict[str, str], enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in without.items():
        monkeypatch.setenv(name, value)
    b = enter(scenes.full(), theme="ansi")
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        await pilot.press("i")
        await until(pilot, lambda: "A note for the agent" in screen_as_text(b.app), "the question")
        assert "WAITING" in screen_as_text(b.app)
