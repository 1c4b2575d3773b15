"""Every key there is, made from the one table of actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from loki_tui.tui.actions import ACTIONS, HEADINGS, Action, grouped, key_text
from loki_tui.tui.rows import Row, row, wrap
from loki_tui.tui.widgets.rows_view import RowsView

KEYS_WIDTH = 18
"""Cells for the keys."""
NAMES_WIDTH = 24
"""Cells for what a keymap calls an action."""
NARROW = 70
"""Cells below which names have no room."""


class HelpScreen(ModalScreen[None]):
    """Shows the keys.

    Args:
        keymap: Keys a person gave to actions.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Back", id="help.close"),
    ]

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """One list."""
        view = RowsView(id="keys")
        view.border_title = "Keys"
        view.border_subtitle = "esc closes"
        yield view

    def on_mount(self) -> None:
        """Show it as soon as there is a size to show it in."""
        self.query_one(RowsView).focus()

    def on_resize(self) -> None:
        """Make it for the new width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        view = self.query_one(RowsView)
        rows: list[Row] = []
        for name, actions in grouped(ACTIONS).items():
            rows += [(), row((HEADINGS[name], "loud"))]
            for action in actions:
                rows += self._line(action, view.content_width)
        rows += [
            (),
            *wrap("In lists: up, down, page up, page down, home, end, enter.", view.content_width, tone="quiet"),
        ]
        view.show(rows[1:])

    def _line(self, action: Action, width: int) -> list[Row]:
        keys = f"  {key_text(action, self._keymap)}".ljust(KEYS_WIDTH)
        name = action.id.ljust(NAMES_WIDTH) if width >= NARROW else ""
        before = len(keys) + len(name)
        first, *more = wrap(action.help, width - before)
        return [
            ((keys, "accent"), (name, "quiet"), *first),
            *(((" " * before, "plain"), *line) for line in more),
        ]
