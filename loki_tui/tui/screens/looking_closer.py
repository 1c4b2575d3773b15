"""A closer look at what is under the cursor: whole on the full screen, or on the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from loki_tui.tui.screens.looking_back import LookingBack
from loki_tui.tui.screens.pane_keys import PaneKeys
from loki_tui.tui.screens.steering import Steering
from loki_tui.tui.widgets.board import Pane
from loki_tui.tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from collections.abc import Callable

    from loki_tui.runtime.history import History
    from loki_tui.tui.documents import Document
    from loki_tui.tui.feed import Item


class LookingCloser(Steering, LookingBack, PaneKeys):
    """What the keys for a closer look do."""

    def action_open(self) -> None:
        """See what is under the cursor whole, on the full screen."""
        self.look_closer(self._focused_pane())

    def look_closer(self, view: RowsView) -> None:
        """Show what is under a view's cursor whole; a pane without such things takes the screen itself."""
        if (asking := self._asking(view)) is not None:
            self._show(asking)
        elif isinstance(view, Pane) and view.id != "activity":
            self.action_zoom()

    def action_receipt(self) -> None:
        """See the run's receipt."""
        picture = self.picture()
        if picture is None:
            return
        if picture.state.receipt is None:
            self.notify("There is no receipt yet: it is written when the run ends.", markup=False)
            return
        from loki_tui.tui.evidence import receipt_document  # noqa: PLC0415 (when it is wanted)

        self._show(receipt_document(picture.state))

    def _asking(self, view: RowsView) -> Callable[[History], Document] | None:
        """What makes the document of what is under the cursor; none where there is nothing to show."""
        from loki_tui.tui.documents import document_of  # noqa: PLC0415 (after the first paint)
        from loki_tui.tui.evidence import evidence_at  # noqa: PLC0415

        picture = self.picture()
        if picture is None:
            return None
        if view.id != "activity":
            return evidence_at(str(view.id), view.cursor or 0, picture)
        item = self._item(view.cursor)
        return None if item is None else lambda history: document_of(item, history)

    def _item(self, place: int | None) -> Item | None:
        items = self.feed_painter.items if self.feed_painter is not None else []
        if not items:
            return None
        return items[min(place, len(items) - 1)] if place is not None else items[-1]

    @work(group="open", exclusive=True)
    async def _show(self, asking: Callable[[History], Document]) -> None:
        from loki_tui.core.errors import LokiError  # noqa: PLC0415 (after the first paint)
        from loki_tui.tui.screens.viewer import ViewerScreen  # noqa: PLC0415

        if self.session is None:
            return
        try:
            document = await self.session.ask(asking)
        except LokiError as error:
            self.complain(error)
        else:
            self.app.push_screen(ViewerScreen(document, split=self.app.size.width >= 140))

    @work(group="copy", exclusive=True)
    async def action_copy(self) -> None:
        """Copy what is under the cursor: of an action the diff or the command, of all else its words."""
        from loki_tui.core.errors import LokiError  # noqa: PLC0415 (after the first paint)

        asking = self._copying()
        if asking is None or self.session is None:
            return
        try:
            text = await self.session.ask(asking)
        except LokiError as error:
            self.complain(error)
        else:
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {len(text):,} characters.", markup=False)

    def _copying(self) -> Callable[[History], str] | None:
        from loki_tui.tui.documents import to_copy  # noqa: PLC0415 (after the first paint)

        pane = self._focused_pane()
        asking = self._asking(pane) if pane.id != "activity" else None
        if asking is not None:
            return lambda history: asking(history).text
        item = self._item(self.board.pane("activity").cursor)
        return None if item is None else lambda history: to_copy(item, history)
