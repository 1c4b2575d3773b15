"""Which pane shows what, and which events can change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from loki_tui.tui.feed import Feed, Item
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, row
from loki_tui.tui.views import (
    activity,
    approvals,
    budget,
    checks,
    council,
    iterations,
    requirements,
    resources,
    streams,
)

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
    whole: Callable[[Picture, int], Made] | None = None
    """How it is made where a person looks at it closely, if that is another way."""

    def made(self, picture: Picture, width: int, *, closely: bool) -> Made:
        """Its rows, and the first row of each item."""
        make = self.whole if closely and self.whole is not None else self.rows
        return make(picture, width)


def _plain(view: Callable[[Picture, int], Sequence[Row]]) -> Callable[[Picture, int], Made]:
    return lambda picture, width: (view(picture, width), None)


_ANSWERS = frozenset({"model_requested", "model_answered", "model_failed"})
_TURNS = frozenset({"iteration_started", "iteration_finished"})
_STREAMS = frozenset(
    {
        "stream_planned", "stream_started", "stream_finished", "integration_started", "integration_conflicted",
        "integration_merged", "integration_refused", "integration_finished", "worktree_retired", "action_started",
        "budget_changed", "run_paused", "run_continued", "run_waiting", "run_stopping", "run_closed", "stage_entered",
        "phase_started", "phase_finished", "requirement_judged", "parallel_work_limited",
    }
)  # fmt: skip
"""What can be seen of a stream from outside."""
_TREES = frozenset({"checkpoint_taken", "checkpoint_restored"})
"""What makes facts stale."""

VIEWS: dict[str, PaneView] = {
    "iterations": PaneView(
        iterations.title, iterations.rows, _TURNS | {"model_answered", "requirements_planned", "requirement_judged"}
    ),
    "requirements": PaneView(
        requirements.title,
        requirements.rows,
        _TREES | {"requirements_planned", "requirement_judged", "iteration_finished"},
        whole=partial(requirements.rows, whole=True),
    ),
    "budget": PaneView(
        budget.title,
        _plain(budget.rows),
        _ANSWERS | _TURNS | {"budget_changed", "run_paused", "run_continued", "engine_started", "run_closed", "tick"},
    ),
    "checks": PaneView(
        checks.title,
        checks.rows,
        _TREES | {"run_created", "phase_started", "phase_finished", "review_submitted", "engine_started", "tick"},
        whole=partial(checks.rows, whole=True),
    ),
    "council": PaneView(
        council.title,
        council.rows,
        _TREES
        | _TURNS
        | {"run_created", "run_closed", "council_convened", "vote_cast", "council_decided", "member_calibrated"}
        | {"review_forced"},
        whole=partial(council.rows, whole=True),
    ),
    "resources": PaneView(
        lambda _: "Resources",
        _plain(resources.rows),
        frozenset({"resources_sampled", "parallel_work_limited", "pulse"}),
    ),
    "approvals": PaneView(
        approvals.title,
        approvals.rows,
        frozenset({"approval_requested", "approval_decided", "run_closed", "tick"}),
    ),
    "streams": PaneView(
        streams.title,
        streams.rows,
        _ANSWERS | _TURNS | _TREES | _STREAMS,
        whole=partial(streams.rows, whole=True),
    ),
}
"""Every pane but the activity, which is made from the feed."""

FILTERS: dict[str, frozenset[str] | None] = {
    "everything": None,
    "what was said": frozenset({"model_answered", "steered", "iteration_started", "iteration_finished"}),
    "actions": frozenset(
        {"action_started", "action_finished", "action_refused", "delegate_started", "delegate_finished"}
    ),
    "checks and commits": frozenset(
        {
            "phase_finished",
            "checkpoint_taken",
            "work_committed",
            "review_submitted",
            "requirement_judged",
            "review_forced",
            "council_convened",
            "vote_cast",
            "council_decided",
            "member_calibrated",
            "receipt_written",
        }
    ),
    "approvals": frozenset(
        {"approval_requested", "approval_decided", "rule_revoked", "action_refused", "steered", "budget_changed"}
    ),
    "trouble": frozenset({"action_refused", "model_failed", "engine_failed", "warned", "run_paused", "run_closed"}),
}
"""What the activity can be narrowed to: name to the kinds of events; none for all."""


@dataclass(slots=True)
class _Drawn:
    """The rows of items, made once for a width.

    What an item looks like is kept until it changes, and rows that stay where they are are not put
    together anew: a repaint costs what is new.
    """

    items: list[Item] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    _versions: list[int] = field(default_factory=list)
    """Of the items, as their rows show them."""
    _end: int = 0
    """Where their rows end; behind stands what is happening, or that there is nothing."""
    _made_for: tuple[int, str, str] = (0, "", "")
    """Width, filter and stream."""

    def update(self, items: list[Item], made_for: tuple[int, str, str], *, another: bool) -> None:
        """Have the rows of these items, and nothing behind them.

        Args:
            items: All of them.
            made_for: Width, filter and stream.
            another: Whether the items may be others than those before, made of the same events.
        """
        made = self._by_event() if another and made_for == self._made_for else {}
        kept = self._keep(items, made_for)
        del self.rows[self.starts[kept] if kept < len(self.starts) else self._end :]
        del self.starts[kept:], self._versions[kept:]
        for item in items[kept:]:
            self.starts.append(len(self.rows))
            self._versions.append(item.version)
            known = made.get((item.seq, item.ended is None))
            self.rows += activity.item_rows(item, made_for[0]) if known is None else known
        self.items, self._end = items, len(self.rows)

    def _by_event(self) -> dict[tuple[int, bool], list[Row]]:
        """What was made, by the event an item began with and whether it is still open."""
        places = pairwise([*self.starts, self._end])
        return {
            (item.seq, item.ended is None): self.rows[start:end]
            for item, (start, end) in zip(self.items, places, strict=True)
        }

    def _keep(self, items: list[Item], made_for: tuple[int, str, str]) -> int:
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
        rows = self.starts[count] if count < len(self.starts) else self._end
        del self.rows[:rows], self.starts[:count], self._versions[:count], self.items[:count]
        self.starts[:] = [start - rows for start in self.starts]
        self._end -= rows


@dataclass(slots=True)
class FeedPainter:
    """Makes the activity's rows. The present is kept while the past is looked at: one comes back to it."""

    filter: str = "everything"
    items: list[Item] = field(default_factory=list)
    """Those shown last, in the order of the pane's items."""
    _present: _Drawn = field(default_factory=_Drawn)
    _past: _Drawn = field(default_factory=_Drawn)

    def rows(self, feed: Feed, picture: Picture, width: int) -> Made:
        """The rows of a feed, with what is being said and printed at its end.

        The sequences are the same ones each time.
        """
        wanted = FILTERS[self.filter]
        self.items = [item for item in feed.items if wanted is None or self._wanted(item, wanted)]
        drawn = self._present if picture.live else self._past
        # Each moment of the past has a feed of its own, most of which the one before had too.
        drawn.update(self.items, (width, self.filter, picture.stream), another=not picture.live)
        if picture.live and wanted is None:
            drawn.rows += _happening(picture, width)
        if not drawn.rows:
            drawn.rows.append(row((f"Nothing yet ({self.filter}).", "quiet")))
        return drawn.rows, drawn.starts

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
    running = picture.in_flight
    for action, text in picture.printing.items():
        if action in running:
            rows += activity.streaming_rows("prints", text, width)
    return rows
