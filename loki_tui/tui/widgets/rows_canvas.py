"""A scrolling column of rows: the one way text gets on the screen.

A line-API view, so that its cost follows the screen and not the content: a line that did not
change is neither drawn nor sent again. Measured beside the library's own ways, a line costs
16 µs here, 585 in a rich log, 2,100 as a widget of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from textual.events import Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from loki_tui.tui.rows import BLANK, Row
from loki_tui.tui.widgets.pen import Pen

TRIES = 20
"""Times that a view goes to its end, while the layout that makes room for that is under way."""


class RowsCanvas(ScrollView, can_focus=False):
    """Paints rows.

    Args:
        follow: Whether the end stays in view as rows are added, until a person scrolls away from it.
        id: The widget's name.
        classes: Its classes.
    """

    # Marking text with the mouse would put a position into each piece of each line; terminals have their own.
    ALLOW_SELECT = False

    @dataclass
    class AtTop(Message):
        """A person scrolled to the first row of what they follow: there may be something before it."""

        view: RowsCanvas

        @property
        def control(self) -> RowsCanvas:
            """The view it is in."""
            return self.view

    def __init__(self, *, follow: bool = False, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._follow = follow
        self._at_end = True
        self._keeps_place = False
        self._holding = False
        """Whether it is this view that scrolls, not a person."""
        self._rows: Sequence[Row] = ()
        self._seen: list[Row] = []
        """What is to be seen of the rows, from top to bottom."""
        self._seen_in = Size(0, 0)
        """The size in which that was."""
        self._pen = Pen(self, sides=self._sides)

    # -- what is shown --------------------------------------------------------------------------

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows, made for `content_width`, in place of those before; only lines that differ are painted.

        The sequence is kept, and may be the one from before with other rows in it.
        """
        more = len(rows) - self.virtual_size.height
        self._rows = rows
        if more or self.virtual_size.width != self.content_width:
            self._resize_content(Size(self.content_width, len(rows)))
            if self._keeps_place:
                self._keeps_place = False
                self.scroll_to(y=self.scroll_offset.y + more, animate=False)
            elif self.follows:
                self._hold_end()
        self._refresh_changed()

    def _resize_content(self, size: Size) -> None:
        """Take note of how much there is to scroll through.

        The library lays the whole screen out anew whenever that changes; here the gutter of the bar is
        always there, so nothing moves unless the bar comes or goes.
        """
        height, scrolls = self.size.height, self.show_vertical_scrollbar
        overflows = size.height > height
        if overflows != (self.virtual_size.height > height) or overflows != scrolls:
            self.virtual_size = size
            return
        self.set_reactive(RowsCanvas.virtual_size, size)
        if scrolls:
            self.vertical_scrollbar.window_virtual_size = size.height

    def keep_place(self) -> None:
        """When rows are next shown, take those that are more as added at the beginning."""
        self._keeps_place = True

    def _refresh_changed(self) -> None:
        before, self._seen = self._seen, self._visible()
        if self._seen_in != self.size:
            # All was painted anew with the new size, from rows that nobody took down.
            self._seen_in = self.size
            self.refresh()
            return
        for place, (old, new) in enumerate(zip_longest(before, self._seen)):
            if old is not new and old != new:
                self.refresh_line(self.scroll_offset.y + place)

    def _visible(self) -> list[Row]:
        top = self.scroll_offset.y
        return list(self._rows[top : top + self.size.height])

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown."""
        return self._rows

    @property
    def content_width(self) -> int:
        """Cells of a row."""
        return self.scrollable_content_region.width or self.size.width

    @property
    def follows(self) -> bool:
        """Whether the end is held in view."""
        return self._follow and self._at_end

    @property
    def _last_top(self) -> int:
        return max(0, len(self._rows) - self.scrollable_content_region.height)

    # -- painting -------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint some lines, edges included.

        The library's own way puts each line together anew from its text, its edges and its padding,
        which took two fifths of all the time under a stream of events. Here a line that was painted
        once is taken as it is; only the edges above and below are the library's.
        """
        edges = self.styles.gutter
        width, height = self.outer_size
        strips: list[Strip] = []
        for y in crop.line_range:
            if edges.top <= y < height - edges.bottom:
                strip = self._line(y - edges.top)
                strips.append(strip if crop.column_span == (0, width) else strip.crop(crop.x, crop.right))
            else:
                strips += super().render_lines(Region(crop.x, y, crop.width, 1))
        return strips

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 (as the library's)
        """Paint the inside of one line; only for the edges' sake, since `render_lines` has its own way."""
        return Strip.blank(self.size.width)

    def _line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        line = self._rows[number] if number < len(self._rows) else BLANK
        return self._pen.line(line, marked=number < len(self._rows) and self.marked(number))

    def _sides(self) -> tuple[Strip, Strip]:
        """What stands left and right of every line."""
        edges, width = self.styles.gutter, self.outer_size.width
        (line,) = super().render_lines(Region(0, edges.top, width, 1))
        return line.crop(0, edges.left), line.crop(width - edges.right, width)

    def notify_style_update(self) -> None:
        """Forget what was painted in other colours."""
        super().notify_style_update()
        self._pen.forget()

    def marked(self, number: int) -> bool:  # noqa: ARG002 (of the row, where there is a cursor)
        """Whether a row stands out."""
        return False

    # -- scrolling ------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice that a person scrolled away from the end, or back to it."""
        super().watch_scroll_y(old_value, new_value)
        self._seen = self._visible()
        if self._holding:
            return
        self._note_place()
        if self._follow and new_value <= 0 < old_value and not self._at_end:
            self.post_message(self.AtTop(self))

    def _note_place(self) -> None:
        # Until more rows are laid out, the library lets nobody scroll further than to the end of those before.
        self._at_end = self.scroll_offset.y >= min(self._last_top, self.max_scroll_y)

    def on_resize(self, event: Resize) -> None:
        """Keep the end in view through a change of size."""
        self._pen.forget()
        if self.follows or event.size.height >= len(self._rows):
            self.call_after_refresh(self._hold_end)

    def _hold_end(self, tries: int = TRIES) -> None:
        if not self.follows or self.scroll_offset.y == self._last_top:
            return
        self._holding = True
        if self.show_vertical_scrollbar and self._last_top <= self.max_scroll_y:
            # The library's own way lays the screen out twice.
            self.set_reactive(RowsCanvas.scroll_y, float(self._last_top))
            self.set_reactive(RowsCanvas.scroll_target_y, float(self._last_top))
            self.vertical_scrollbar.position = self._last_top
            self._refresh_changed()
        else:
            self.scroll_to(y=self._last_top, animate=False)
        self._holding = False
        if self.scroll_offset.y != self._last_top and tries:
            # Not laid out yet, so it could not go there.
            self.call_after_refresh(self._hold_end, tries - 1)
