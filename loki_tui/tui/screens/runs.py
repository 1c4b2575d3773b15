"""All runs there are: those of this project, or of the whole machine.

The list is there at once and is filled in as runs are looked at, those in view first. It looks again
when one comes back to it and when something happens in the project, or on the machine where all of it
is shown, never by the clock: ages are those of the last look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen

from loki_tui.tui.actions import actions_of, bindings, key_text
from loki_tui.tui.rows import row
from loki_tui.tui.threads import LoopThread
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from datetime import datetime

    from loki_tui.runtime.runs import RunListed
    from loki_tui.tui.app import LokiApp
    from loki_tui.tui.run_list import Found, KnownRuns
    from loki_tui.tui.views.runs import Listed

A_RUN = 2
"""Rows of a run."""


@dataclass
class _Happened(Message, bubble=False):
    """Something happened to the runs that are listed."""

    def can_replace(self, message: Message) -> bool:
        """Many are one."""
        return isinstance(message, _Happened)


class RunsScreen(Screen[None]):
    """Lists runs.

    Args:
        environ: The environment.
        now: The present, in UTC.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("runs")]

    def __init__(self, environ: Mapping[str, str], *, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.view = RowsView(id="runs")
        """The list."""
        self._environ = environ
        self._now = now
        self._machine = False
        """Whether the runs of the whole machine are shown."""
        self._found: Found | None = None
        self._listed: list[Listed] = []
        self._known: KnownRuns | None = None
        self._opened_at_work = False
        self._watcher: LoopThread | None = None

    def compose(self) -> ComposeResult:
        """The list over its keys."""
        yield self.view
        yield KeyBar("runs", "app")

    def on_mount(self) -> None:
        """Show the frame first."""
        self.view.border_title = "Runs"
        self.view.show([row(("Looking for runs …", "quiet"))])
        self.view.focus()

    @property
    def loki(self) -> LokiApp:
        """The application, which has the runs' modes."""
        return cast("LokiApp", self.app)

    # -- looking --------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Look, or look again; what that takes is loaded after the first paint."""
        self.call_after_refresh(self.look)

    def on_screen_suspend(self) -> None:
        """Who looks elsewhere is told nothing."""
        self._end_watch()

    def on_unmount(self) -> None:
        """Leave nothing behind."""
        self._end_watch()

    def action_refresh_runs(self) -> None:
        """Look again."""
        self.look()

    @on(_Happened)
    def _look_again(self) -> None:
        if self.is_current:
            self.look()

    @work(group="look", exclusive=True)
    async def look(self) -> None:
        """List runs, then look at each as a whole."""
        from loki_tui.tui.run_list import KnownRuns, find, watch  # noqa: PLC0415 (after the first paint)

        known = self._known = self._known or KnownRuns()
        found = self._found = await asyncio.to_thread(partial(find, self._environ, machine=self._machine))
        self._show()
        self._open_what_is_at_work(found)
        if self._watcher is None and self.is_current:
            watching = partial(watch, found, self._environ, lambda: self.post_message(_Happened()))
            self._watcher = LoopThread(watching, name="watch-runs")
            self._watcher.start()
        unseen = known.unseen(found.listing.runs)
        while unseen:
            in_view = self.view.scroll_offset.y // A_RUN
            batch, unseen = known.nearest(unseen, found.listing.runs, in_view)
            await asyncio.to_thread(known.look_at, batch)
            self._show()

    def _end_watch(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    def _open_what_is_at_work(self, found: Found) -> None:
        """Whoever opens the application where an engine is at work wants to see it."""
        if self._opened_at_work:
            return
        self._opened_at_work = True
        if self.loki.sessions or not self.is_current:
            return
        here = found.project.state.root if found.project is not None else None
        for listed in found.listing.runs:
            if listed.engine is not None and listed.project.state.root == here:
                self._open(listed)
                return

    # -- showing --------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Everything is made for a width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        from loki_tui.tui.views import runs  # noqa: PLC0415 (after the first paint)

        found, known, view = self._found, self._known, self.view
        if found is None or known is None or not view.content_width:
            return
        view.border_title = runs.title(found, machine=self._machine).replace("[", r"\[")
        chosen = self._under_cursor()
        listed = self._listed = [*map(known.latest, found.listing.runs), *found.listing.problems]
        if not listed:
            keys = {action.id: key_text(action, self.loki.keymap_given) for action in actions_of("app", "runs")}
            view.show(runs.empty_rows(found, view.content_width, machine=self._machine, keys=keys))
            return
        lines, starts = runs.rows(listed, view.content_width, now=self._now(), machine=self._machine)
        view.show(lines, items=starts)
        # The cursor stays with its run when others come before it.
        names = [runs.key_of(one) for one in listed]
        place = names.index(runs.key_of(chosen)) if chosen and runs.key_of(chosen) in names else 0
        if view.cursor != place:
            view.go_to(place)

    def _under_cursor(self) -> Listed | None:
        place = self.view.cursor
        return self._listed[place] if place is not None and place < len(self._listed) else None

    # -- opening --------------------------------------------------------------------------------

    def action_everywhere(self) -> None:
        """Show the runs of the whole machine, or of this project."""
        self._machine = not self._machine
        self._end_watch()
        self.look()

    def action_open(self) -> None:
        """Open the run under the cursor."""
        self.view.action_open()

    @on(RowsView.Opened)
    def _opened(self, message: RowsView.Opened) -> None:
        from loki_tui.runtime.runs import RunListed  # noqa: PLC0415 (after the first paint)

        if message.item >= len(self._listed):
            return
        listed = self._listed[message.item]
        if isinstance(listed, RunListed):
            self._open(listed)
        else:
            self.notify(str(listed.error), severity="error", markup=False, timeout=10)

    def _open(self, listed: RunListed) -> None:
        from loki_tui.tui.openings import attach_to  # noqa: PLC0415 (after the first paint)

        self.loki.open_run(listed.run, partial(attach_to, listed.project, listed.run), title=f"Opening {listed.run}")
