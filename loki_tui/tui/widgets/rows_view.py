"""Rows with a cursor over the items they belong to, for everything that can be gone through by keys."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region
from textual.message import Message

from loki_tui.tui.rows import Row
from loki_tui.tui.widgets.rows_canvas import RowsCanvas


class RowsView(RowsCanvas, can_focus=True):
    """A scrolling column of rows, with a cursor over the items they belong to.

    Args:
        follow: Whether the end stays in view as rows are added, until a person scrolls away from it.
        id: The widget's name.
        classes: Its classes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_by(-1)", "Up", show=False, id="list.up"),
        Binding("down,j", "cursor_by(1)", "Down", show=False, id="list.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="list.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="list.page_down"),
        Binding("home,g", "edge(-1)", "First", show=False, id="list.first"),
        Binding("end,G", "edge(1)", "Last", show=False, id="list.last"),
        Binding("enter", "open", "Open", show=False, id="list.open"),
    ]

    @dataclass
    class Opened(Message):
        """A person wants to see an item whole."""

        view: RowsView
        item: int
        """Its place among the items."""

        @property
        def control(self) -> RowsView:
            """The view it is in."""
            return self.view

    @dataclass
    class Moved(Message):
        """The cursor went to another item."""

        view: RowsView
        item: int

        @property
        def control(self) -> RowsView:
            """The view it is in."""
            return self.view

    def __init__(self, *, follow: bool = False, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(follow=follow, id=id, classes=classes)
        self.cursor: int | None = None
        """The item a person has gone to; none while they have gone to none."""
        self._starts: Sequence[int] = ()

    def show(self, rows: Sequence[Row], *, items: Sequence[int] | None = None) -> None:
        """Show these rows in place of those before; only lines that differ are painted.

        Args:
            rows: All of them, made for the width of `content_width`.
            items: The first row of each item; where none are given, every row is one.
        """
        self._starts = range(len(rows)) if items is None else items
        if self.cursor is not None:
            self.cursor = min(self.cursor, len(self._starts) - 1) if self._starts else None
        super().show(rows)

    def marked(self, number: int) -> bool:
        """Whether a row belongs to the item under the cursor, and keys go there."""
        return self.cursor is not None and self.has_focus and self._item_of(number) == self.cursor

    def _item_of(self, number: int) -> int:
        return bisect_right(self._starts, number) - 1

    def action_cursor_by(self, step: int) -> None:
        """Go to the next or the previous item."""
        if not self._starts:
            return
        if self.cursor is None:
            # Where the end is followed, begin at the end; else at the top of what is seen.
            self.go_to(self._item_of(self.scroll_offset.y + (self.size.height - 1 if self.follows else 0)))
        else:
            self.go_to(self.cursor + step)

    def go_to(self, item: int) -> None:
        """Put the cursor on an item and bring it into view."""
        if not self._starts:
            return
        item = max(0, min(item, len(self._starts) - 1))
        changed, self.cursor = item != self.cursor, item
        start = self._starts[item]
        end = self._starts[item + 1] if item + 1 < len(self._starts) else len(self._rows)
        self.scroll_to_region(Region(0, start, 1, max(1, end - start)), animate=False)
        self._note_place()
        self.refresh()
        if changed:
            self.post_message(self.Moved(self, item))

    def action_page(self, direction: int) -> None:
        """Scroll by a page."""
        self.scroll_to(y=self.scroll_offset.y + direction * max(1, self.size.height - 1), animate=False)
        self._note_place()

    def action_edge(self, direction: int) -> None:
        """Go to the first or the last row; at the end of what is followed, hold it in view again."""
        if not self._follow:
            self.go_to(0 if direction < 0 else len(self._starts) - 1)
            return
        self.cursor = None
        self.scroll_to(y=0 if direction < 0 else self._last_top, animate=False)
        self._at_end = direction > 0
        self.refresh()

    def action_open(self) -> None:
        """See the item under the cursor whole, or the last one."""
        if self._starts:
            self.post_message(self.Opened(self, len(self._starts) - 1 if self.cursor is None else self.cursor))

    def on_click(self, event: Click) -> None:
        """A click goes to an item, a second one opens it."""
        item = self._item_of(event.y + self.scroll_offset.y)
        if not 0 <= item < len(self._starts):
            return
        if event.chain > 1:
            self.go_to(item)
            self.action_open()
        else:
            self.go_to(item)

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()
