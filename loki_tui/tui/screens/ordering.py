"""The order for a run: a PRD, the few limits one most wants to set, and what all that may come to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Grid
from textual.screen import Screen
from textual.widgets import Input, Label

from loki_tui.tui.rows import row
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_view import RowsView
from loki_tui.tui.widgets.toggle import Toggle

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from loki_tui.core.errors import LokiError
    from loki_tui.tui.beginning import Beginnings, Place

FIELDS = {"budget": "budget_limit", "iterations": "max_iterations", "model": "model"}
"""Line of the form to the setting it overrules."""
TITLES = {"candidates": "New run: which PRD?", "preview": "Preview", "expected": "To expect"}
"""View to what stands on its edge."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a person wants, as they typed it."""

    prd: Path
    overrides: Mapping[str, object]


class Ordering(Screen[None]):
    """A form to order a run with. Nothing is written by it.

    Args:
        environ: The environment.
        now: The present, in UTC.
    """

    def __init__(self, environ: Mapping[str, str], *, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._views = {name: RowsView(id=name) for name in TITLES}
        self._lines = {name: Input(id=name, compact=True) for name in FIELDS}
        self._staged = Toggle(id="staged")
        self.keys = KeyBar("start", "app")
        self._environ = environ
        self._now = now
        self._place: Place | None = None
        """Where one is and what there is to choose from; none until that is known."""
        self.beginnings: Beginnings | None = None
        self._text = ""
        """Of the PRD that is chosen."""

    def compose(self) -> ComposeResult:
        """PRDs beside a look into one, over the form, over what is to be expected."""
        with Container(id="prds"):
            yield self._views["candidates"]
            yield self._views["preview"]
        with Grid(id="form"):
            yield Label("Budget in $", markup=False)
            yield self._lines["budget"]
            yield Label("Iterations", markup=False)
            yield self._lines["iterations"]
            yield Label("Model", markup=False)
            yield self._lines["model"]
            yield Label("Ask me first", markup=False)
            yield self._staged
        yield self._views["expected"]
        yield self.keys

    def on_mount(self) -> None:
        """Show the frame first."""
        for line in self._lines.values():
            line.cursor_blink = False
        for name, title in TITLES.items():
            self._views[name].border_title = title
        self._views["candidates"].show([row(("Looking for PRDs …", "quiet"))])
        self._views["candidates"].focus()
        self.call_after_refresh(self._look)

    # -- what there is to choose from -----------------------------------------------------------

    @work(group="look", exclusive=True)
    async def _look(self) -> None:
        place = await asyncio.to_thread(_look_around, self._environ)
        if isinstance(place, Exception):
            for name in ("candidates", "preview"):
                self._views[name].show([row(("No run can begin here; see below.", "quiet"))])
            self.say_error(place)
            return
        from loki_tui.tui.beginning import Beginnings  # noqa: PLC0415 (after the first paint)

        self._place, self.beginnings = place, Beginnings(place)
        for name, field in FIELDS.items():
            # In words, since on some terminals it looks like something typed.
            self._lines[name].placeholder = f"{place.in_force.get(field) or 'none'} (as set)"
        self._staged.on = place.staged
        self._show_candidates()
        if place.candidates:
            self._views["candidates"].go_to(0)
        else:
            for name in ("preview", "expected"):
                self._views[name].show([row(("Nothing is chosen.", "quiet"))])
        if place.error is not None:
            self.say_error(place.error)

    def _show_candidates(self) -> None:
        from loki_tui.tui.views import start  # noqa: PLC0415 (after the first paint)

        place, view = self._place, self._views["candidates"]
        if place is None or not view.content_width:
            return
        width = view.content_width
        if place.candidates:
            view.show(start.candidate_rows(place.candidates, place.workspace, width, now=self._now()))
        else:
            view.show(start.no_candidate_rows(place.workspace, width))

    @on(RowsView.Moved, "#candidates")
    def _chose(self) -> None:
        self._look_into()
        self._expect()

    @work(group="preview", exclusive=True)
    async def _look_into(self) -> None:
        path = self._prd
        if path is not None:
            self._text = await asyncio.to_thread(_head_of, path)
            self._views["preview"].border_title = path.name.replace("[", r"\[")
            self._views["preview"].action_edge(-1)
            self._show_preview()

    def _show_preview(self) -> None:
        from loki_tui.tui.views import start  # noqa: PLC0415 (after the first paint)

        view = self._views["preview"]
        if self._text and view.content_width:
            view.show(start.preview_rows(self._text, view.content_width))

    @on(RowsView.Opened)
    def _opened(self) -> None:
        from loki_tui.tui.documents import Document, Part  # noqa: PLC0415 (when it is wanted)
        from loki_tui.tui.screens.viewer import ViewerScreen  # noqa: PLC0415

        if (path := self._prd) is not None:
            part = Part(str(path), self._text)
            self.app.push_screen(ViewerScreen(Document(path.name, (part,))))

    @property
    def _prd(self) -> Path | None:
        """The PRD under the cursor."""
        place, chosen = self._place, self._views["candidates"].cursor
        if place is None or chosen is None or chosen >= len(place.candidates):
            return None
        return place.candidates[chosen].path

    def on_resize(self) -> None:
        """Everything is made for a width."""
        self.call_after_refresh(self._show_all)

    def _show_all(self) -> None:
        self._show_candidates()
        self._show_preview()
        self._expect()

    # -- what is to be expected -----------------------------------------------------------------

    @on(Input.Changed)
    @on(Toggle.Turned)
    def _changed(self) -> None:
        self._expect()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.focus_next()

    @work(group="expect", exclusive=True)
    async def _expect(self) -> None:
        """Estimate the run as it is ordered by now."""
        form, beginnings = self.form(), self.beginnings
        if form is None or beginnings is None:
            return
        from loki_tui.core.errors import LokiError  # noqa: PLC0415 (after the first paint)
        from loki_tui.tui.views import start  # noqa: PLC0415

        view = self._views["expected"]
        try:
            expected = await asyncio.to_thread(beginnings.estimate, form.prd, form.overrides)
        except LokiError as error:
            self.say_error(error)
            return
        run = beginnings.place.at_work
        notice = start.at_work_rows(run, view.content_width) if run else []
        view.show([*notice, *start.estimate_rows(expected, view.content_width)])

    def form(self) -> Form | None:
        """What is ordered by now; none while no PRD is chosen."""
        if (path := self._prd) is None or self._place is None:
            return None
        overrides: dict[str, object] = {
            field: self._lines[name].value.strip() or None for name, field in FIELDS.items()
        }
        if (staged := self._staged.on) != self._place.staged:
            overrides["staged_autonomy"] = staged
        return Form(path, overrides)

    def say_error(self, error: LokiError) -> None:
        """Say what stands in the way, until something is changed."""
        from loki_tui.tui.views import start  # noqa: PLC0415 (after the first paint)

        view = self._views["expected"]
        view.show(start.error_rows(error, view.content_width))


def _look_around(environ: Mapping[str, str]) -> Place | LokiError:
    """Look where one is; on a thread."""
    from loki_tui.core.errors import LokiError  # noqa: PLC0415 (after the first paint)
    from loki_tui.tui.beginning import look_around  # noqa: PLC0415

    try:
        return look_around(environ)
    except LokiError as error:
        return error


def _head_of(path: Path) -> str:
    """A PRD's text, as far as it can be shown; on a thread."""
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}."
