"""The last line: the keys a person needs most here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.events import Resize

from loki_tui.tui.actions import PARALLEL, SEEING, STEERING, Action, Scope, actions_of, key_text
from loki_tui.tui.rows import Row, Span, cells
from loki_tui.tui.widgets.rows_canvas import RowsCanvas


class KeyBar(RowsCanvas):
    """Keys and what they do, as many as fit.

    Args:
        scopes: Where one is, most important first.
    """

    def __init__(self, *scopes: Scope) -> None:
        super().__init__(classes="keybar")
        self._scopes = scopes
        self.notice = ""
        """Said in place of the keys, while there is something to say."""
        self._ended = False
        self._parallel = False

    def on_mount(self) -> None:
        """Show the keys."""
        self.call_after_refresh(self.show_keys)

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002 (as the view's)
        """Show as many as fit now."""
        self.show_keys()

    def show_keys(self) -> None:
        """Show them, or the notice."""
        keymap: Mapping[str, str] = getattr(self.app, "keymap_given", {})
        actions = [each for scope in self._scopes for each in actions_of(scope) if self._names(each)]
        self.show([((f" {self.notice}", "warn"),)] if self.notice else [_keys(actions, keymap, self.size.width)])

    def say(self, notice: str) -> None:
        """Show a notice; an empty one brings the keys back."""
        if notice != self.notice:
            self.notice = notice
            self.show_keys()

    def tell_of_run(self, *, ended: bool, parallel: bool) -> None:
        """Name what can still be done about the run that is shown, and about its streams where it has some."""
        if (ended, parallel) != (self._ended, self._parallel):
            self._ended, self._parallel = ended, parallel
            self.show_keys()

    def _names(self, action: Action) -> bool:
        named = action.footer or (self._parallel and action.id in PARALLEL)
        return action.id not in STEERING and (named or action.id in SEEING) if self._ended else named


def _keys(actions: Iterable[Action], keymap: Mapping[str, str], width: int) -> Row:
    """Those that fit; the most important come first."""
    spans: list[Span] = []
    room = width
    for action in actions:
        pair: list[Span] = [(f" {key_text(action, keymap).split()[0]}", "accent"), (f" {action.label} ", "quiet")]
        size = sum(cells(text) for text, _ in pair)
        if size > room:
            break
        spans += pair
        room -= size
    return tuple(spans)
