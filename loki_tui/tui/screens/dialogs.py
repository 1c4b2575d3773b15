"""Small questions: one of a few answers, or a line of text. Leaving them with escape decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from loki_tui.tui.rows import Row
from loki_tui.tui.widgets.rows_view import RowsView


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer."""

    name: str
    label: str
    """What it does."""


class ChooseScreen(ModalScreen[str | None]):
    """Asks for one of a few answers; the first is the one that changes least.

    Args:
        question: What is asked.
        choices: The answers.
        detail: What one should know.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Back", id="dialog.close")]

    def __init__(self, question: str, choices: Sequence[Choice], *, detail: str = "") -> None:
        super().__init__()
        self._question = question
        self._choices = choices
        self._detail = detail

    def compose(self) -> ComposeResult:
        """The question over its answers."""
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="dialog--question", markup=False)
            if self._detail:
                yield Static(self._detail, classes="dialog--detail", markup=False)
            yield OptionList(*(Option(choice.label, id=choice.name) for choice in self._choices), markup=False)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)


class ConfirmScreen(ModalScreen[bool]):
    """Shows a list of what a decision is about, and asks whether it is meant; at first the answer is no.

    Args:
        question: What is asked.
        rows: Makes the list for a width.
        yes: What the answer that decides does.
        no: What the other one does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "Back", id="dialog.close")]

    def __init__(self, question: str, rows: Callable[[int], Sequence[Row]], *, yes: str, no: str) -> None:
        super().__init__()
        self._question = question
        self._rows = rows
        self._answers = (no, yes)

    def compose(self) -> ComposeResult:
        """The question over the list over the answers."""
        no, yes = self._answers
        with Vertical(classes="dialog -listing"):
            yield Static(self._question, classes="dialog--question", markup=False)
            yield RowsView(classes="dialog--listed")
            yield OptionList(Option(no, id="no"), Option(yes, id="yes"), markup=False)

    def on_mount(self) -> None:
        """The keys go to the answers; tab goes to the list, where that is longer than the screen."""
        self.query_one(OptionList).focus()

    def on_resize(self) -> None:
        """Make the list for the new width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        view = self.query_one(RowsView)
        view.show(self._rows(view.content_width))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id == "yes")


class AskScreen(ModalScreen[str | None]):
    """Asks for a line of text.

    Args:
        question: What is asked.
        value: What stands there at first.
        detail: What one should know.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Back", id="dialog.close")]

    def __init__(self, question: str, *, value: str = "", detail: str = "") -> None:
        super().__init__()
        self._question = question
        self._value = value
        self._detail = detail

    def compose(self) -> ComposeResult:
        """The question over the line."""
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="dialog--question", markup=False)
            if self._detail:
                yield Static(self._detail, classes="dialog--detail", markup=False)
            yield Input(self._value)

    def on_mount(self) -> None:
        """A cursor that stands still: nothing on the screen moves unless something happens."""
        self.query_one(Input).cursor_blink = False

    @on(Input.Submitted)
    def _given(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class EditScreen(ModalScreen[str | None]):
    """Lets a person change a longer text.

    Args:
        question: What it is.
        text: As it is now.
        done: What ctrl+s does with it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="dialog.close"),
        Binding("ctrl+s", "submit", "Done", id="dialog.done"),
    ]

    def __init__(self, question: str, text: str, *, done: str) -> None:
        super().__init__()
        self._done = done
        self._question = question
        self._text = text

    def compose(self) -> ComposeResult:
        """The text under what it is."""
        with Vertical(classes="dialog -large"):
            yield Static(self._question, classes="dialog--question", markup=False)
            yield TextArea(self._text)
            yield Static(f"ctrl+s {self._done} · esc changes nothing", classes="dialog--detail", markup=False)

    def on_mount(self) -> None:
        """A cursor that stands still."""
        self.query_one(TextArea).cursor_blink = False

    def action_submit(self) -> None:
        """Hand the text back."""
        self.dismiss(self.query_one(TextArea).text)
