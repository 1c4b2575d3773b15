"""The timeline: one line that a person can click and drag through the run."""

from __future__ import annotations

from dataclasses import dataclass

from textual.events import MouseDown, MouseMove, MouseUp
from textual.message import Message

from loki_tui.tui.widgets.rows_canvas import RowsCanvas


class Timeline(RowsCanvas):
    """Shows the line, and says which cell of it was chosen."""

    @dataclass
    class Chosen(Message):
        """A person pointed at a place of the run."""

        cell: int
        width: int
        """Cells of the whole widget."""

        def can_replace(self, message: Message) -> bool:
            """A drag is where it is by now, not where it was."""
            return isinstance(message, Timeline.Chosen)

    def __init__(self) -> None:
        super().__init__(id="timeline")
        self._dragged = False

    def on_mouse_down(self, event: MouseDown) -> None:
        """Begin to drag."""
        self._dragged = True
        self.capture_mouse()
        self.post_message(self.Chosen(int(event.x), self.size.width))
        event.stop()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Go along."""
        if self._dragged:
            self.post_message(self.Chosen(int(event.x), self.size.width))

    def on_mouse_up(self, event: MouseUp) -> None:
        """End it."""
        self._dragged = False
        self.release_mouse()
        event.stop()
