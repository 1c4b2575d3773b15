"""The cockpit: one run at a glance, and the keys to steer it, to look back and to look closer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType

from loki_tui.tui.actions import bindings
from loki_tui.tui.screens.looking_closer import LookingCloser
from loki_tui.tui.screens.stream_keys import StreamKeys
from loki_tui.tui.widgets.board import Pane
from loki_tui.tui.widgets.rows_canvas import RowsCanvas
from loki_tui.tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from loki_tui.tui.feed import Feed
    from loki_tui.tui.screens.approvals import ApprovalsScreen
    from loki_tui.tui.screens.rules import RulesScreen
    from loki_tui.tui.session import RunSession

EARLIER = 300
"""Records that are read when the activity is scrolled to its top."""
SCROLLED_BACK = 2_000
"""Items that scrolling back brings at the most; further back one goes by moving in time."""


class CockpitScreen(LookingCloser, StreamKeys):
    """Mission control for one run."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("cockpit")]

    _approving: ApprovalsScreen | RulesScreen | None = None

    @property
    def _over(self) -> ApprovalsScreen | RulesScreen | None:
        """The decisions or the rules, where they lie over this screen and can be painted."""
        over = self._approving
        return over if over is not None and over.is_current and self.app.is_running else None

    def _paint(self) -> None:
        super()._paint()
        if self._over is not None and self.session is not None:
            self._over.repaint()

    def note(self, *changed: str) -> None:
        """Have what depends on this painted, here and on the decisions or the rules over it."""
        super().note(*changed)
        if self._over is not None:
            self._over.repaint()

    @on(RowsView.Opened)
    def _opened_item(self, message: RowsView.Opened) -> None:
        view = message.view
        if view.id == "approvals":
            self.action_approvals()
        elif view.id == "iterations" and self.session is not None:
            marks = self.session.scope.iterations
            if message.item < len(marks):
                self.look_at(marks[message.item].seq)
        elif view.id == "streams" and view.cursor is not None:
            self.action_open_stream()
        elif view.id == "activity" or view.cursor is not None:
            self.look_closer(view)
        elif isinstance(view, Pane):
            self.action_zoom()

    # -- the activity ---------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Narrow the activity to one kind of things, or show all again."""
        if self.feed_painter is None:
            return
        name = self.feed_painter.next_filter()
        self.board.pane("activity").set_title("Activity" if name == "everything" else f"Activity: {name} only")
        self.note("moment")

    def on_rows_canvas_at_top(self, message: RowsCanvas.AtTop) -> None:
        """Read what was before, when the activity is scrolled up to its beginning."""
        if message.view.id == "activity" and self.session is not None:
            self._read_earlier(self.session, self.session.scope.feed if self.past is None else self.past[1])

    @work(group="earlier", exclusive=True)
    async def _read_earlier(self, session: RunSession, feed: Feed) -> None:
        first = feed.first_seq
        if first is None or first <= 1 or len(feed) >= SCROLLED_BACK:
            return
        records = await session.ask(
            lambda history: history.page_before(first, limit=EARLIER, stream=session.scope.stream or None)
        )
        if records and feed.first_seq == first:
            feed.put_before(records)
            self.board.pane("activity").keep_place()
            self.note("moment")

    # -- decisions ------------------------------------------------------------------------------

    @work(group="approvals", exclusive=True)
    async def action_approvals(self) -> None:
        """Look at what waits, and decide."""
        from loki_tui.tui.screens.approvals import ApprovalsScreen  # noqa: PLC0415 (after the first paint)

        session = self._open_session()
        if session is None:
            return
        self._approving = ApprovalsScreen(session)
        await self.app.push_screen_wait(self._approving)
        self._approving = None

    @work(group="approvals", exclusive=True)
    async def action_rules(self) -> None:
        """See what is approved for this run beforehand."""
        from loki_tui.tui.screens.rules import RulesScreen  # noqa: PLC0415 (after the first paint)

        session = self._open_session()
        if session is None:
            return
        self._approving = RulesScreen(session)
        await self.app.push_screen_wait(self._approving)
        self._approving = None
