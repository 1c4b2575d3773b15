"""Turns rows into what the terminal gets, each once for as long as it looks the same."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip
from textual.widget import Widget

from loki_tui.tui.cellwise import measured
from loki_tui.tui.rows import Row, Tone, width_of
from loki_tui.tui.themes import style_of

CACHED = 160
"""Strips kept: some screens' worth of one widget."""
CURSOR = Style(reverse=True)
"""How marked rows differ; seen without any colour."""

_Key = tuple[Row, int, bool]
"""A row, the widget's width, and whether the row stands out."""


class Pen:
    """Draws the lines of one widget, edges included.

    Args:
        widget: Whose lines they are; its style, its theme and its size count.
        sides: Makes what stands left and right of every line, where it has edges.
    """

    def __init__(self, widget: Widget, *, sides: Callable[[], tuple[Strip, Strip]]) -> None:
        self._widget = widget
        self._make_sides = sides
        self._styles: dict[Tone, Style] = {}
        self._insides: LRUCache[_Key, Strip] = LRUCache(CACHED)
        self._lines: LRUCache[_Key, Strip] = LRUCache(CACHED)
        self._sides: tuple[Strip, Strip] | None = None
        self._looks: object = None
        """What the insides depend on beside their rows."""

    def line(self, line: Row, *, marked: bool) -> Strip:
        """A row as a line of the widget."""
        key = (line, self._widget.outer_size.width, marked)
        if (strip := self._lines.get(key)) is None:
            strip = self._lines[key] = self._edged(key)
        return strip

    def forget(self) -> None:
        """Draw everything anew that looks another way by now; a change of the edges leaves the inside as it is."""
        self._lines.clear()
        self._sides = None
        widget = self._widget
        looks = (widget.rich_style, widget.app.theme, tuple(map(type, widget.get_line_filters())))
        if looks != self._looks:
            self._looks = looks
            self._styles.clear()
            self._insides.clear()

    def _edged(self, key: _Key) -> Strip:
        if (strip := self._insides.get(key)) is None:
            strip = self._insides[key] = self._inside(key[0], marked=key[2])
        if not self._widget.styles.gutter.width:
            return measured(strip)
        if self._sides is None:
            self._sides = self._make_sides()
        left, right = self._sides
        return measured(Strip.join([left, strip, right]))

    def _inside(self, line: Row, *, marked: bool) -> Strip:
        widget = self._widget
        plain = self._style("plain")
        # Reversed, tones would be a patchwork of backgrounds.
        segments = [Segment(text, plain if marked else self._style(tone)) for text, tone in line]
        strip = Strip(segments, width_of(line)).adjust_cell_length(widget.content_region.width, plain)
        if marked:
            strip = strip.apply_style(CURSOR)
        background = widget.background_colors[1]
        for line_filter in widget.get_line_filters():
            strip = strip.apply_filter(line_filter, background)
        return strip

    def _style(self, tone: Tone) -> Style:
        if tone not in self._styles:
            # Not component classes: the library would work out each of them for each widget at every start.
            self._styles[tone] = self._widget.rich_style + style_of(tone, self._widget.app.theme_variables)
        return self._styles[tone]
