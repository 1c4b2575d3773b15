"""Which pane shows what, and which events can change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from loki_tui.tui.feed import Feed, Item
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, row
from loki_tui.tui.views import activity, approvals, budget, checks, council, iterations, requirements, resources

Made = tuple[Sequence[Row], Sequence[int] | None]
"""Rows, and the first row of each item."""

ALWAYS = frozenset({"opened", "moment"})
"""What changes every pane: a run was opened, another moment of it is shown."""


@dataclass(frozen=True, slots=True)
class PaneView:
    """How a pane is made."""

    title: Callable[[Picture], str]
    rows: Callable[[Picture, int], Made]
    kinds: frozenset[str]
    """What changes it: kinds of events, and what `RunSession.take_in` names beside them."""


def _plain(view: Callable[[Picture, int], Sequence[Row]]) -> Callable[[Picture, int], Made]:
    return lambda picture, width: (view(picture, width), None)


_ANSWERS = frozenset({"model_requested", "model_answered", "model_failed"})
_TURNS = frozenset({"iteration_started", "iteration_finished"})

VIEWS: dict[str, PaneView] = {
    "iterations": PaneView(iterations.title, iterations.rows, _TURNS | {"model_answered"}),
    "requirements": PaneView(
        requirements.title, requirements.rows, frozenset({"requirements_planned", "requirement_judged"})
    ),
    "budget": PaneView(
        budget.title,
        _plain(budget.rows),
        _ANSWERS | _TURNS | {"budget_changed", "run_paused", "run_continued", "engine_started", "run_closed", "tick"},
    ),
    "checks": PaneView(
        checks.title,
        checks.rows,
        frozenset({"phase_started", "phase_finished", "checkpoint_taken", "checkpoint_restored", "tick"}),
    ),
    "council": PaneView(council.title, council.rows, frozenset({"council_convened", "vote_cast", "council_decided"})),
    "resources": PaneView(lambda _: "Resources", _plain(resources.rows), frozenset({"resources_sampled", "pulse"})),
    "approvals": PaneView(
        approvals.title,
        approvals.rows,
        frozenset({"approval_requested", "approval_decided", "run_closed", "tick"}),
    ),
}
"""Every pane but the activity, which is made from the feed."""

FILTERS: dict[str, frozenset[str] | None] = {
    "everything": None,
    "what was said": frozenset({"model_answered", "steered", "iteration_started", "iteration_finished"}),
    "actions": frozenset({"action_started", "action_finished", "delegate_started", "delegate_finished"}),
    "checks and commits": frozenset(
        {"phase_finished", "checkpoint_taken", "work_committed", "review_submitted", "vote_cast", "council_decided"}
    ),
    "approvals": frozenset({"approval_requested", "approval_decided", "steered", "budget_changed"}),
    "trouble": frozenset({"model_failed", "engine_failed", "warned", "run_paused", "run_closed"}),
}
"""What the activity can be narrowed to: name to the kinds of events; none for all."""


@dataclass(slots=True)
class FeedPainter:
    """Makes the activity's rows, each item's once for a width.

    What an item looks like is kept until it changes, and rows that stay where they are are not put
    together anew: a repaint costs what is new.
    """

    filter: str = "everything"
    items: list[Item] = field(default_factory=list)
    """Those shown last, in the order of the pane's items."""
    _rows: list[Row] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)
    _versions: list[int] = field(default_factory=list)
    """Of the items, as their rows show them."""
    _end: int = 0
    """Where their rows end; behind stands what is happening, or that there is nothing."""
    _made_for: tuple[int, str] = (0, "")
    """Width and filter."""

    def rows(self, feed: Feed, picture: Picture, width: int) -> Made:
        """The rows of a feed, with what is being said and printed at its end.

        The sequences are the same ones each time.
        """
        wanted = FILTERS[self.filter]
        items = [item for item in feed.items if wanted is None or self._wanted(item, wanted)]
        kept = self._keep(items, (width, self.filter))
        del self._rows[self._starts[kept] if kept < len(self._starts) else self._end :]
        del self._starts[kept:], self._versions[kept:]
        for item in items[kept:]:
            self._starts.append(len(self._rows))
            self._versions.append(item.version)
            self._rows += activity.item_rows(item, width)
        self.items, self._end = items, len(self._rows)
        if picture.live and wanted is None:
            self._rows += _happening(picture, width)
        if not self._rows:
            self._rows.append(row((f"Nothing yet ({self.filter}).", "quiet")))
        return self._rows, self._starts

    def _keep(self, items: list[Item], made_for: tuple[int, str]) -> int:
        """Drop what is no longer at the beginning.

        Returns:
            How many items, from the first on, then stand as they are by now.
        """
        gone = 0
        if made_for != self._made_for:
            self._made_for, gone = made_for, len(self.items)
        while gone < len(self.items) and (not items or self.items[gone] is not items[0]):
            gone += 1
        self._drop(gone)
        kept = 0
        for old, version, new in zip(self.items, self._versions, items, strict=False):
            if old is not new or version != new.version:
                break
            kept += 1
        return kept

    def _drop(self, count: int) -> None:
        if not count:
            return
        rows = self._starts[count] if count < len(self._starts) else self._end
        del self._rows[:rows], self._starts[:count], self._versions[:count], self.items[:count]
        self._starts[:] = [start - rows for start in self._starts]
        self._end -= rows

    def _wanted(self, item: Item, wanted: frozenset[str]) -> bool:
        failed = item.ended is not None and not item.ended.ok
        return item.event.kind in wanted or (self.filter == "trouble" and failed)

    def next_filter(self) -> str:
        """Narrow the activity to the next thing.

        Returns:
            Its name.
        """
        names = list(FILTERS)
        self.filter = names[(names.index(self.filter) + 1) % len(names)]
        return self.filter


def _happening(picture: Picture, width: int) -> list[Row]:
    """What is being said and printed right now."""
    rows: list[Row] = []
    for agent, text in picture.thinking.items():
        rows += activity.streaming_rows(f"{agent} says", text, width)
    for action, text in picture.printing.items():
        if action in picture.state.in_flight:
            rows += activity.streaming_rows("prints", text, width)
    return rows
