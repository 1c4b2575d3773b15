"""The full-screen viewer: a document whole, diffs in one column or side by side, sources with their syntax."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from loki_tui.core.terminal import one_line
from loki_tui.tui.actions import bindings
from loki_tui.tui.documents import Document, Part
from loki_tui.tui.rows import Row, exact, row, wrap
from loki_tui.tui.views import code, diff
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_view import RowsView


class ViewerScreen(Screen[None]):
    """Shows a document.

    Args:
        document: What to show.
        split: Whether diffs stand side by side at first, where there is room.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("viewer")]

    def __init__(self, document: Document, *, split: bool = False) -> None:
        super().__init__()
        self._document = document
        self._split = split

    def compose(self) -> ComposeResult:
        """The document over its keys."""
        yield RowsView(id="document")
        yield KeyBar("viewer", "app")

    def on_mount(self) -> None:
        """Show it as soon as there is a size to show it in."""
        view = self.query_one("#document", RowsView)
        view.border_title = one_line(self._document.title).replace("[", r"\[")
        view.focus()

    def on_resize(self) -> None:
        """Make it for the new width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        view = self.query_one("#document", RowsView)
        width = view.content_width
        rows: list[Row] = []
        for part in self._document.parts:
            if rows:
                rows.append(())
            rows.append(row((one_line(part.heading), "loud")))
            rows += _part_rows(part, width, split=self._split)
        view.show(rows)

    def action_split(self) -> None:
        """Show diffs side by side, or in one column."""
        self._split = not self._split
        if self._split and self.query_one("#document", RowsView).content_width < diff.SPLIT_LEAST:
            self.notify(f"Side by side needs {diff.SPLIT_LEAST} columns.", markup=False)
        self._show()

    def action_copy(self) -> None:
        """Copy all of it."""
        self.app.copy_to_clipboard(self._document.text)
        self.notify("Copied.", markup=False)

    def action_close(self) -> None:
        """Back to where one came from."""
        self.dismiss()


def _part_rows(part: Part, width: int, *, split: bool) -> list[Row]:
    match part.form:
        case "diff":
            return diff.rows(part.text, width, split=split)
        case "exact":
            return exact(part.text, width)
        case "code" if part.name:
            return code.rows(part.text, part.name, width)
        case _:
            return wrap(part.text, width)
