"""A question that is answered with yes or no, in words: colours alone would not tell which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static


class Toggle(Static, can_focus=True):
    """Yes or no.

    Args:
        on: What it says at first.
        id: The widget's name.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space,enter", "turn", "Turn", show=False, id="toggle.turn")]

    on: reactive[bool] = reactive(False)

    @dataclass
    class Turned(Message):
        """A person changed the answer."""

        toggle: Toggle
        on: bool

        @property
        def control(self) -> Toggle:
            """The question."""
            return self.toggle

    def __init__(self, *, on: bool = False, id: str | None = None) -> None:  # noqa: A002 (the library's name)
        super().__init__(id=id, markup=False)
        self.set_reactive(Toggle.on, on)

    def on_mount(self) -> None:
        """Say what it is."""
        self._say()

    def watch_on(self) -> None:
        """Say what it is now."""
        self._say()

    def _say(self) -> None:
        self.update("(x) yes  ( ) no" if self.on else "( ) yes  (x) no")

    def action_turn(self) -> None:
        """Change the answer."""
        self.on = not self.on
        self.post_message(self.Turned(self, self.on))

    def on_click(self) -> None:
        """Change the answer."""
        self.action_turn()
