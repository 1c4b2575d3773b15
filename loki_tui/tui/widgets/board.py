"""The board of panes: puts each where `loki_tui.tui.layout` says."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.events import Resize
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.widget import Widget

from loki_tui.tui.layout import Arrangement, plan
from loki_tui.tui.widgets.rows_view import RowsView


class Pane(RowsView):
    """A titled pane of rows. Named by its id."""

    class Placed(Message):
        """It was laid out in another size: what could not be made before can be now."""

    def __init__(self, name: str, *, number: int) -> None:
        super().__init__(id=name, follow=name in {"activity", "iterations"})
        self._number = number
        self.set_title(name.capitalize())

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002 (the library calls the canvas's own as well)
        """Say so, beside what every canvas does."""
        self.post_message(self.Placed())

    def set_title(self, title: str) -> None:
        """What the pane's edge says, behind its key."""
        # In one place and bounded, or a long title would push the key out.
        text = f"{self._number} {title}"
        if self.border_title != text:
            self.border_title = text


class Board(Widget):
    """All panes of the cockpit.

    Args:
        panes: Their names, in the order of their keys.
    """

    def __init__(self, panes: tuple[str, ...]) -> None:
        super().__init__(id="board")
        self.arrangement = Arrangement()
        self.waiting = False
        """Whether something waits for a decision."""
        self.streams = 0
        """How many streams the run has."""
        self._names = panes
        self._planned = _Planned(self.plan)

    def compose(self) -> ComposeResult:
        """All of them; those without a place are not seen."""
        for number, name in enumerate(self._names, start=1):
            yield Pane(name, number=number)

    @property
    def layout(self) -> Layout:
        """By plan; a stylesheet can only name the library's own."""
        return self._planned

    def plan(self, size: Size) -> dict[str, Region]:
        """The place of each pane that is shown."""
        return plan(size.width, size.height, self.arrangement, waiting=self.waiting, streams=self.streams)

    def shown(self) -> list[Pane]:
        """The panes that have a place, in the order of their keys."""
        places = self.plan(self.size)
        return [pane for pane in self.query(Pane) if pane.id in places]

    def pane(self, name: str) -> Pane:
        """A pane by its name."""
        return self.query_one(f"#{name}", Pane)

    def rearrange(self) -> None:
        """Lay out again after the arrangement changed."""
        # A widget's own arrangement is kept until a child of it asks for another.
        self.pane("activity").refresh(layout=True)


class _Planned(Layout):
    """Puts children where a plan says, and leaves out those it does not name."""

    name = "planned"

    def __init__(self, plan_of: Callable[[Size], dict[str, Region]]) -> None:
        self._plan_of = plan_of

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: ARG002
        parent.pre_layout(self)
        places = self._plan_of(size)
        return [
            WidgetPlacement(region, NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if (region := places.get(child.id or "")) is not None
        ]
