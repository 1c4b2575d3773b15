"""The last line: the keys a person needs most here."""

from __future__ import annotations

from collections.abc import Mapping

from textual.events import Resize

from loki_tui.tui.actions import PARALLEL, SEEING, STEERING, Action, Scope, actions_of, key_text
from loki_tui.tui.rows import Row, Span, cells
from loki_tui.tui.widgets.rows_canvas import RowsCanvas

GO_ON = "Go on"
"""What the key that pauses does about a run that is held."""


class KeyBar(RowsCanvas):
    """Keys and what they do, as many as fit.

    Args:
        scopes: Where one is, most important first.
    """

    def __init__(self, *scopes: Scope) -> None:
        super().__init__(classes="keybar")
        self._scopes = scopes
        self.notice = ""
        """Said before the keys, while there is something to say."""
        self._instead = ""
        """Shown in place of the keys, where others count."""
        self._ended = False
        self._held = False
        self._parallel = False

    def on_mount(self) -> None:
        """Show the keys."""
        self.call_after_refresh(self.show_keys)

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002 (as the view's)
        """Show as many as fit now."""
        self.show_keys()

    def show_keys(self) -> None:
        """Show them behind the notice, or what stands in their place."""
        said: list[Span] = [(f" {text} ", "warn") for text in (self.notice, self._instead) if text]
        room = self.size.width - sum(cells(text) for text, _ in said)
        self.show([(*said, *(() if self._instead else self._keys(room)))])

    def say(self, notice: str) -> None:
        """Show a notice before the keys; an empty one takes it away."""
        if notice != self.notice:
            self.notice = notice
            self.show_keys()

    def show_instead(self, line: str) -> None:
        """Show a line in place of the keys; an empty one brings them back."""
        if line != self._instead:
            self._instead = line
            self.show_keys()

    def tell_of_run(self, *, ended: bool, held: bool, parallel: bool) -> None:
        """Name what can still be done about the run that is shown, and about its streams where it has some.

        Args:
            ended: Whether it has ended.
            held: Whether it stands still until somebody has it go on.
            parallel: Whether it has streams.
        """
        if (ended, held, parallel) != (self._ended, self._held, self._parallel):
            self._ended, self._held, self._parallel = ended, held, parallel
            self.show_keys()

    def _names(self, action: Action) -> bool:
        named = action.footer or (self._parallel and action.id in PARALLEL)
        return action.id not in STEERING and (named or action.id in SEEING) if self._ended else named

    def _keys(self, room: int) -> Row:
        """Those that fit; the most important come first."""
        keymap: Mapping[str, str] = getattr(self.app, "keymap_given", {})
        spans: list[Span] = []
        taken: set[str] = set()
        for action in (each for scope in self._scopes for each in actions_of(scope)):
            keys = key_text(action, keymap).split()
            # A key of this screen is not the application's here.
            key = next((key for key in keys if key not in taken), "")
            taken.update(keys)
            if not key or not self._names(action):
                continue
            label = GO_ON if self._held and action.id == "run.pause" else action.label
            pair: list[Span] = [(f" {key}", "accent"), (f" {label} ", "quiet")]
            room -= sum(cells(text) for text, _ in pair)
            if room < 0:
                break
            spans += pair
        return tuple(spans)
