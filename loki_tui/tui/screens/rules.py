"""What is approved for the run beforehand: each rule, what it would have let through so far, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen

from loki_tui.core.errors import LokiError
from loki_tui.core.state import Learned
from loki_tui.tui.actions import bindings
from loki_tui.tui.layout import BREAKPOINTS
from loki_tui.tui.rows import row, wrap
from loki_tui.tui.screens.dialogs import AskScreen, Choice, ChooseScreen
from loki_tui.tui.views import rules
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from loki_tui.runtime.client import RunClient
    from loki_tui.runtime.rehearsal import Rehearsal
    from loki_tui.tui.session import RunSession

TRY_ONE = "enter tries the rule on all that was done so far, / tries a pattern of your own."
TRY = "/ tries a pattern of your own on all that was done so far."
"""What the lower view says until something was tried: with rules, and without one."""


class RulesScreen(Screen[None]):
    """The rules beside what one of them would have let through.

    Args:
        session: The run.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("rules")]
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    def __init__(self, session: RunSession) -> None:
        super().__init__()
        self._session = session
        self._revoked: set[str] = set()
        """Revoked here; the engine has yet to say so."""
        self._tried: Rehearsal | None = None

    def compose(self) -> ComposeResult:
        """The rules beside, or above, what came of trying one."""
        with Container(id="rules"):
            yield RowsView(id="learned")
            yield RowsView(id="tried")
        yield KeyBar("rules")

    def on_mount(self) -> None:
        """Show the rules."""
        view = self.query_one("#learned", RowsView)
        view.border_title = "Approved for this run"
        self.query_one("#tried", RowsView).border_title = "What it would have let through"
        view.focus()
        self.call_after_refresh(self.repaint)

    def on_resize(self) -> None:
        """Make it for the new width."""
        self.call_after_refresh(self.repaint)

    # -- what is shown --------------------------------------------------------------------------

    @property
    def learned(self) -> list[Learned]:
        """The rules that are in force, oldest first."""
        return [one for one in self._session.state.learned if one.rule.pattern not in self._revoked]

    @property
    def current(self) -> Learned | None:
        """The rule under the cursor."""
        learned = self.learned
        cursor = self.query_one("#learned", RowsView).cursor or 0
        return learned[min(cursor, len(learned) - 1)] if learned else None

    def repaint(self) -> None:
        """Show the rules as they are by now; not before there is something to show them on."""
        if not self.is_mounted:
            return
        self._revoked &= {one.rule.pattern for one in self._session.state.learned}
        view = self.query_one("#learned", RowsView)
        now = self._session.picture().now
        made, starts = rules.rows(self.learned, now, view.content_width)
        view.show(made or [row(("Nothing is approved for this run beforehand.", "quiet"))], items=starts or None)
        if self.learned and view.cursor is None:
            view.go_to(0)
        tried = self.query_one("#tried", RowsView)
        if self._tried is not None:
            tried.show(rules.tried_rows(self._tried, tried.content_width))
        else:
            tried.show(wrap(TRY_ONE if self.learned else TRY, tried.content_width, tone="quiet"))

    # -- keys -----------------------------------------------------------------------------------

    def action_try_rule(self) -> None:
        """Say what the rule would have let through so far."""
        if (current := self.current) is not None:
            self._try(current.rule.pattern)

    @on(RowsView.Opened, "#learned")
    def _opened(self) -> None:
        self.action_try_rule()

    @work(group="ask", exclusive=True)
    async def action_try_pattern(self) -> None:
        """Say what a pattern of one's own would have let through."""
        current = self.current
        pattern = await self.app.push_screen_wait(
            AskScreen(
                "Try a pattern",
                value=current.rule.pattern if current is not None else "",
                detail="It is held against all that was done so far in this project. Nothing is approved.",
            )
        )
        if pattern and pattern.strip():
            self._try(pattern.strip())

    @work(group="try", exclusive=True)
    async def _try(self, pattern: str) -> None:
        from loki_tui.runtime.rehearsal import rehearse  # noqa: PLC0415 (reads the parser of patterns, once wanted)

        self.query_one(KeyBar).say(f"Reading what was done so far, for {pattern} …")
        try:
            self._tried = await self._session.do(lambda client: rehearse(client.project, pattern))
        except LokiError as error:
            self.notify(str(error), severity="error", markup=False, timeout=10)
        finally:
            self.query_one(KeyBar).say("")
        self.repaint()

    @work(group="ask", exclusive=True)
    async def action_revoke(self) -> None:
        """Have such actions asked about again."""
        current = self.current
        if current is None:
            return
        pattern = current.rule.pattern
        chosen = await self.app.push_screen_wait(
            ChooseScreen(
                f"Ask again about {pattern}?",
                (Choice("keep", "Leave it approved"), Choice("revoke", "Ask about such actions again, at once")),
            )
        )
        if chosen == "revoke":
            await self._revoke(pattern)

    async def _revoke(self, pattern: str) -> None:
        def act(client: RunClient) -> None:
            client.revoke(pattern)

        try:
            await self._session.do(act)
        except LokiError as error:
            self.notify(str(error), severity="error", markup=False, timeout=10)
            return
        self._revoked.add(pattern)
        self.query_one(KeyBar).say(f"{pattern} is asked about again.")
        self.repaint()

    def action_close(self) -> None:
        """Back to the cockpit."""
        self.dismiss()
