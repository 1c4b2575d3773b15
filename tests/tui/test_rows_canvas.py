"""A column of rows that grows and shrinks: laid out anew only where its bar comes or goes."""

from __future__ import annotations

from typing import Self

from textual.app import App, ComposeResult
from textual.geometry import Region

from loki_tui.tui.rows import Row, row
from loki_tui.tui.stylesheets import stylesheets
from loki_tui.tui.themes import themes
from loki_tui.tui.widgets.rows_canvas import RowsCanvas
from tests.tui.until import until

HEIGHT = 10


class Bench(App[None]):
    """A canvas alone on a screen."""

    def __init__(self) -> None:
        super().__init__(css_path=stylesheets())
        self.layouts = 0
        for theme in themes():
            self.register_theme(theme)
        self.theme = "dark"

    def compose(self) -> ComposeResult:
        """The canvas."""
        yield RowsCanvas(id="canvas")

    def on_mount(self) -> None:
        """Count how often everything is laid out."""
        self.screen.screen_layout_refresh_signal.subscribe(self, self._count)

    def _count(self, _: object) -> None:
        self.layouts += 1


class Watched(RowsCanvas):
    """A canvas that takes down which of its lines are to be painted anew."""

    def __init__(self) -> None:
        super().__init__(id="canvas")
        self.asked: set[int] = set()

    def refresh(self, *regions: Region, **how: bool) -> Self:
        """Take the lines down."""
        for region in regions or [self.size.region]:
            self.asked.update(region.line_range)
        return super().refresh(*regions, **how)


class WatchedBench(Bench):
    """Such a canvas alone on a screen."""

    def compose(self) -> ComposeResult:
        """The canvas."""
        yield Watched()


def rows(count: int) -> list[Row]:
    return [row(f"line {number}") for number in range(count)]


async def test_rows_that_fit_come_and_go_without_a_layout() -> None:
    app = Bench()
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        canvas = app.query_one(RowsCanvas)
        canvas.show(rows(6))
        await pilot.pause()
        before = app.layouts
        for count in (7, 3, 10, 0, 6):
            canvas.show(rows(count))
            await pilot.pause()
            assert canvas.virtual_size.height == count
        assert app.layouts == before
        assert not canvas.show_vertical_scrollbar


async def test_the_bar_comes_with_the_first_row_too_many_and_goes_again() -> None:
    app = Bench()
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        canvas = app.query_one(RowsCanvas)
        canvas.show(rows(HEIGHT))
        await pilot.pause()
        canvas.show(rows(HEIGHT + 1))
        await until(pilot, lambda: canvas.show_vertical_scrollbar, "the bar")
        await pilot.pause()
        before = app.layouts
        canvas.show(rows(50))
        await pilot.pause()
        assert app.layouts == before
        assert canvas.vertical_scrollbar.window_virtual_size == 50
        assert canvas.max_scroll_y == 50 - HEIGHT
        canvas.show(rows(HEIGHT - 1))
        await until(pilot, lambda: not canvas.show_vertical_scrollbar, "the end of the bar")


async def test_what_a_new_size_brought_into_view_goes_with_the_rows() -> None:
    app = WatchedBench()
    async with app.run_test(size=(40, 40)) as pilot:
        canvas = app.query_one(Watched)
        canvas.styles.height = HEIGHT
        await until(pilot, lambda: canvas.size.height == HEIGHT, "the size")
        canvas.show(rows(22))
        canvas.styles.height = 34
        await until(pilot, lambda: canvas.size.height == 34 and not canvas.show_vertical_scrollbar, "the new size")
        await pilot.pause()
        canvas.asked.clear()
        canvas.show(rows(20))
        assert canvas.asked >= {20, 21}
