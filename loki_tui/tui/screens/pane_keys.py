"""Going from pane to pane, and making them larger, smaller, hidden or whole."""

from __future__ import annotations

from loki_tui.tui.screens.run_screen import RunScreen
from loki_tui.tui.widgets.board import Pane


class PaneKeys(RunScreen):
    """What the pane keys do."""

    def action_go_to_pane(self, name: str) -> None:
        """Focus a pane, bringing it to the screen where there was no room for it."""
        self.board.arrangement.show(name)
        self._arranged()
        self.board.pane(name).focus()

    def action_focus_pane(self, step: int) -> None:
        """Focus the next or the previous of the panes that are shown."""
        shown = self.board.shown()
        here = self._focused_pane()
        place = shown.index(here) + step if here in shown else 0
        shown[place % len(shown)].focus()

    def action_zoom(self) -> None:
        """Give the pane the whole screen, or give it back."""
        self.board.arrangement.zoom(str(self._focused_pane().id))
        self._arranged()

    def action_hide(self) -> None:
        """Hide the pane."""
        name = str(self._focused_pane().id)
        if name == "activity" and self.board.arrangement.zoomed is None:
            self.notify("The activity stays; go to another pane to hide that (tab).", markup=False)
        self.board.arrangement.hide(name)
        self._arranged()
        self.board.pane("activity").focus()

    def action_show_all(self) -> None:
        """Show all panes again, at their usual sizes."""
        self.board.arrangement.show_all()
        self._arranged()

    def action_resize(self, direction: int) -> None:
        """Make the pane larger or smaller."""
        self.board.arrangement.resize(str(self._focused_pane().id), direction)
        self._arranged()

    def _focused_pane(self) -> Pane:
        focused = self.focused
        return focused if isinstance(focused, Pane) else self.board.pane("activity")

    def _arranged(self) -> None:
        self.board.rearrange()
        # What has a place now, or another width, is made once that is known.
        self.call_after_refresh(lambda: self.note("moment"))
