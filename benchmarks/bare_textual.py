"""The floor of a full-screen program: the least that Textual paints, with our own layout of panes and nothing in it.

Also what the terminal of the benchmarks is tried on: `q` ends it, `Tab` moves on, what is typed is shown.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.events import Key
from textual.widgets import Footer, Header, Static

READY = "Bare of everything"
"""What its first paint shows."""


class BareApp(App[None]):
    """A header, two panes, a footer."""

    BINDINGS: ClassVar = [("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        """All there is."""
        yield Header()
        with Vertical():
            yield Static(READY, markup=False)
            yield Static("Nothing typed", id="typed", markup=False)
        yield Footer()

    def on_key(self, event: Key) -> None:
        """Show what is typed."""
        self.query_one("#typed", Static).update(f"Typed {event.key}")


if __name__ == "__main__":
    BareApp().run()
