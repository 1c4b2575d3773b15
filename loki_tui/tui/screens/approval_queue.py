"""What waits for a person, and the request under the cursor with exactly what it would do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from loki_tui.core.errors import LokiError
from loki_tui.core.state import Approval
from loki_tui.core.terminal import one_line
from loki_tui.tui.documents import Document, Part
from loki_tui.tui.layout import BREAKPOINTS
from loki_tui.tui.rows import Row, row
from loki_tui.tui.screens.viewer import ViewerScreen
from loki_tui.tui.views import approvals
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from loki_tui.tui.session import RunSession


class ApprovalQueue(Screen[None]):
    """The queue of what waits, and the request under the cursor whole. Decides nothing.

    Args:
        session: The run.
    """

    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    def __init__(self, session: RunSession) -> None:
        super().__init__()
        self._session = session
        self._waiting: list[Approval] = []
        self._marked: set[str] = set()
        self._sent: set[str] = set()
        """Decided here; the engine has yet to say so."""
        self._mine: set[str] = set()
        """Everything that was decided here; the engine may turn it down even when it does not wait any more."""
        self._refused: dict[str, str] = {}
        """Why the engine did not take a decision of here on what still waits."""
        self._seen: set[str] = set()
        """What was in view to its end; only a question more is asked for what was not."""
        self._shown: str | None = None
        self._shown_at = 0.0
        self._text = ""
        self._written = ""
        self._split = False

    def compose(self) -> ComposeResult:
        """The queue beside, or above, the request."""
        with Container(id="decisions"):
            yield RowsView(id="queue")
            yield RowsView(id="request")
        yield KeyBar("approvals")

    def on_mount(self) -> None:
        """Show what waits."""
        self.query_one("#queue", RowsView).focus()
        self.watch(self.query_one("#request", RowsView), "scroll_y", self._look, init=False)
        self.call_after_refresh(self.repaint)

    def on_resize(self) -> None:
        """Make it for the new width."""
        self._shown = None
        self.call_after_refresh(self.repaint)

    def on_screen_resume(self) -> None:
        """Show what came while another screen was in front."""
        self.call_after_refresh(self.repaint)

    # -- what is shown --------------------------------------------------------------------------

    def repaint(self) -> None:
        """Show the queue as it is by now; not before there is something to show it on."""
        if not self.is_mounted:
            return
        undecided = self._session.state.undecided
        self._bring_back()
        self._sent &= undecided.keys()
        self._marked &= undecided.keys()
        self._waiting = [one for one in undecided.values() if one.request.approval not in self._sent]
        queue = self.query_one("#queue", RowsView)
        picture = self._session.picture()
        rows = [
            self._queue_row(approvals.queue_line(one, picture, queue.content_width - 2), one) for one in self._waiting
        ]
        marked = len(self._marked)
        together = f", {marked} marked to decide on together" if marked else ""
        queue.border_title = f"Waiting for you{together}{approvals.asked_lately(picture)}"
        rows = rows or [row(("✔ ", "good"), ("Nothing waits for you.", "quiet"))]
        queue.show([*rows, *approvals.warnings(picture, queue.content_width)], items=range(len(rows)))
        if self._waiting and queue.cursor is None:
            queue.go_to(0)
        self._show_request()

    def _bring_back(self) -> None:
        """Show again what was decided here and the engine did not take, with the reason."""
        for name in self._mine & self._session.turned_down.keys():
            why = self._session.turned_down.pop(name)
            self._sent.discard(name)
            self._mine.discard(name)
            self._refused[name] = why
            self.notify(one_line(why), severity="warning", markup=False, timeout=10)
            if name == self._shown:
                self._shown = None

    def _queue_row(self, line: Row, waiting: Approval) -> Row:
        return (("◆ " if waiting.request.approval in self._marked else "  ", "accent"), *line)

    @property
    def current(self) -> Approval | None:
        """The request under the cursor."""
        if not self._waiting:
            return None
        return self._waiting[min(self.query_one("#queue", RowsView).cursor or 0, len(self._waiting) - 1)]

    @on(RowsView.Moved)
    def _show_request(self) -> None:
        current = self.current
        name = current.request.approval if current is not None else None
        if name is not None and name == self._shown:
            return
        self._shown, self._shown_at = name, time.monotonic()
        self._text = ""
        if current is not None:
            self._fetch(current)
        else:
            view = self.query_one("#request", RowsView)
            view.border_title = ""
            view.show([])

    @work(group="fetch", exclusive=True)
    async def _fetch(self, waiting: Approval) -> None:
        """Get the whole of what would happen; only then can it be decided on."""
        asked = waiting.request
        try:
            text, written = await self._session.ask(
                lambda history: (approvals.whole_text(asked, history), approvals.written(asked, history))
            )
        except LokiError as error:
            self._complain(error)
            return
        self._text, self._written, self._shown_at = text, written, time.monotonic()
        self._show_whole(waiting)

    def _show_whole(self, waiting: Approval) -> None:
        view = self.query_one("#request", RowsView)
        view.border_title = f"{waiting.request.approval}, {len(self._session.state.undecided):,} waiting"
        view.show(
            approvals.whole(
                waiting,
                self._text,
                view.content_width,
                written=self._written,
                split=self._split,
                refused=self._refused.get(waiting.request.approval, ""),
            )
        )
        view.scroll_home(animate=False)
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        """Take note of what is in view to its end."""
        view = self.query_one("#request", RowsView)
        height = view.scrollable_content_region.height
        if self._shown and self._text and height and view.scroll_offset.y + height >= len(view.rows):
            self._seen.add(self._shown)

    # -- keys that only look or mark --------------------------------------------------------------

    def action_whole(self) -> None:
        """Look at the whole of it on the full screen."""
        if (waiting := self.current) is not None:
            asked = waiting.request
            form: Literal["diff", "exact"] = "diff" if asked.diff is not None else "exact"
            more = (Part("All that is to be written", self._written, "exact"),) if self._written else ()
            self.app.push_screen(ViewerScreen(Document(asked.title, (Part(asked.reason, self._text, form), *more))))

    @on(RowsView.Opened)
    def _opened(self) -> None:
        self.action_whole()

    def action_mark(self) -> None:
        """Mark it, to decide on several together."""
        if (waiting := self.current) is not None:
            self._marked ^= {waiting.request.approval}
            self.repaint()
            self.query_one("#queue", RowsView).action_cursor_by(1)

    def action_mark_all(self) -> None:
        """Mark all that wait, or none."""
        names = {one.request.approval for one in self._waiting}
        self._marked = set() if self._marked == names else names
        self.repaint()

    def action_split(self) -> None:
        """Show old and new side by side, or in one column."""
        self._split = not self._split
        if (waiting := self.current) is not None and self._text:
            self._show_whole(waiting)

    def action_close(self) -> None:
        """Back; nothing is decided."""
        self.dismiss()

    def _complain(self, error: LokiError) -> None:
        self.notify(str(error), severity="error", markup=False, timeout=10)
