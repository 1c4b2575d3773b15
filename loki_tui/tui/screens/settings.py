"""Every setting there is: what it is, where that comes from, and how to change it.

Made from the settings' own descriptions. What a person changes goes into their own file, where
comments and order stay; what the next start would refuse is refused here, in the same words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Input

from loki_tui.tui.actions import bindings
from loki_tui.tui.layout import BREAKPOINTS
from loki_tui.tui.rows import row
from loki_tui.tui.screens.dialogs import AskScreen, Choice, ChooseScreen
from loki_tui.tui.themes import fitting_theme
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_canvas import RowsCanvas
from loki_tui.tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from loki_tui.core.settings_docs import FieldDoc
    from loki_tui.tui.views.settings import Values


class SettingsList(RowsView):
    """Rows of settings, whose cursor passes over the headings."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (the library's name)
        super().__init__(id=id)
        self.owners: list[FieldDoc | None] = []
        """Which setting a row is of; none for a heading."""

    def action_cursor_by(self, step: int) -> None:
        """Go to the next or the previous setting."""
        if self.cursor is None:
            self.action_edge(step * -1)
        else:
            self._go_on(self.cursor + step, step)

    def action_edge(self, direction: int) -> None:
        """Go to the first or the last setting."""
        self._go_on(0 if direction < 0 else len(self.owners) - 1, -direction)

    def _go_on(self, place: int, step: int) -> None:
        """Go to a row, or to the next one on the way that is a setting's."""
        while 0 <= place < len(self.owners) and self.owners[place] is None:
            place += step
        if 0 <= place < len(self.owners):
            self.go_to(place)
        if place <= 1:
            # What heads the list is brought into view, too.
            self.scroll_to(y=0, animate=False)

    @property
    def chosen(self) -> FieldDoc | None:
        """The setting under the cursor."""
        return self.owners[self.cursor] if self.cursor is not None and self.cursor < len(self.owners) else None


class SettingsScreen(Screen[None]):
    """Shows settings, and changes them.

    Args:
        environ: The environment.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("settings")]
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__()
        self.view = SettingsList(id="list")
        """The settings that are listed."""
        self.about = RowsCanvas(id="about")
        """All there is to say about one."""
        self._filter = Input(id="filter", compact=True, placeholder="words to look for")
        self._keys = KeyBar("settings", "app")
        self._environ = environ
        self._docs: list[FieldDoc] = []
        self._values: Values | None = None

    def compose(self) -> ComposeResult:
        """The list, all about one of it, the filter, the keys."""
        with Container(id="settings"):
            yield self.view
            yield self.about
        yield self._filter
        yield self._keys

    def on_mount(self) -> None:
        """Show the frame first."""
        self._filter.cursor_blink = False
        self._filter.display = False
        self.view.border_title = "Settings"
        self.view.show([row(("Reading the settings …", "quiet"))])
        self.view.focus()
        self.call_after_refresh(self._read)

    # -- reading and showing --------------------------------------------------------------------

    @work(group="read", exclusive=True)
    async def _read(self) -> None:
        await self._reload()
        if self.view.cursor is None:
            self.view.action_edge(-1)

    async def _reload(self) -> None:
        self._docs, self._values = await asyncio.to_thread(_settings, self._environ)
        self._show()

    def on_resize(self) -> None:
        """Everything is made for a width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        from loki_tui.tui.views import settings  # noqa: PLC0415 (after the first paint)

        if self._values is None or not self.view.content_width:
            return
        words = self._filter.value
        chosen = self.view.chosen
        found = settings.matching(self._docs, words)
        lines, owners = settings.rows(found, self._values, self.view.content_width)
        self.view.owners = owners
        self.view.border_title = "Settings" if not words else f"Settings: {len(found)} of {len(self._docs)}"
        self.view.show(lines or [row(("No setting has these words.", "quiet"))])
        names = [owner.name if owner is not None else "" for owner in owners]
        if chosen is not None and chosen.name in names:
            if self.view.cursor != (place := names.index(chosen.name)):
                self.view.go_to(place)
        elif owners and self.view.chosen is None:
            self.view.go_to(1)
        self._show_about()

    @on(RowsView.Moved, "#list")
    def _moved(self) -> None:
        self._keys.say("")
        self._show_about()

    def _show_about(self) -> None:
        from loki_tui.tui.views import settings  # noqa: PLC0415 (after the first paint)

        doc, values, width = self.view.chosen, self._values, self.about.content_width
        if values is None or not width:
            return
        rows = settings.error_rows(values.error, width) if values.error is not None else []
        self.about.border_title = doc.variable if doc is not None else ""
        said = settings.detail_rows(doc, values, width) if doc is not None else [row(("Nothing is chosen.", "quiet"))]
        self.about.show([*rows, *said])

    # -- filtering ------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Show the settings that have some words."""
        self._filter.display = True
        # At once: what is typed right after is meant for it.
        self.set_focus(self._filter)

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        self._show()

    @on(Input.Submitted, "#filter")
    def _filter_given(self) -> None:
        self.view.focus()

    def action_close(self) -> None:
        """Give up the filter, or else go back."""
        if not self._filter.display:
            self.dismiss()
            return
        self._filter.value = ""
        self._filter.display = False
        self.view.focus()

    # -- changing -------------------------------------------------------------------------------

    @on(RowsView.Opened, "#list")
    def _opened(self) -> None:
        self.action_edit()

    @work(group="change", exclusive=True)
    async def action_edit(self) -> None:
        """Change the setting, asking again for as long as it is refused."""
        doc = self._changeable()
        if doc is None or self._values is None:
            return
        text, refusal = self._values.shown.get(doc.name, ""), ""
        while True:
            answer = await self._ask(doc, text, refusal)
            if answer is None:
                return
            refusal = await self._save(doc, answer)
            if not refusal:
                return
            text = answer

    async def _ask(self, doc: FieldDoc, text: str, refusal: str) -> str | None:
        if doc.options:
            order = sorted(doc.options, key=lambda option: option != text)
            choices = [Choice(option, f"{option} (as it is)" if option == text else option) for option in order]
            detail = f"{doc.meaning}\n\n{refusal}" if refusal else doc.meaning
            return await self.app.push_screen_wait(ChooseScreen(doc.variable, choices, detail=detail))
        detail = refusal or f"{doc.meaning}\n\nIt must be {doc.bounds}."
        return await self.app.push_screen_wait(AskScreen(doc.variable, value=text, detail=detail))

    @work(group="change", exclusive=True)
    async def action_restore(self) -> None:
        """Take the setting out of the person's file."""
        doc = self._changeable()
        if doc is None:
            return
        refusal = await self._save(doc, None)
        if refusal:
            self.notify(refusal, severity="error", markup=False, timeout=10)

    def _changeable(self) -> FieldDoc | None:
        """The setting under the cursor, if it can be changed here; else why not is said."""
        from loki_tui.tui.views.settings import why_fixed  # noqa: PLC0415 (after the first paint)

        doc = self.view.chosen
        if doc is None or self._values is None:
            return None
        if why_fixed(doc, self._values):
            # Why not is said with all else about it.
            self._keys.say(f"{doc.variable} cannot be changed here: see what is said of it.")
            return None
        return doc

    async def _save(self, doc: FieldDoc, text: str | None) -> str:
        """Change the person's file; what comes back is why it was refused."""
        from loki_tui.core.errors import LokiError  # noqa: PLC0415 (after the first paint)
        from loki_tui.runtime.preferences import save_setting  # noqa: PLC0415

        try:
            await asyncio.to_thread(partial(save_setting, doc.name, text, environ=self._environ))
        except LokiError as error:
            return str(error)
        await self._reload()
        self._say_saved(doc)
        return ""

    def _say_saved(self, doc: FieldDoc) -> None:
        from loki_tui.core.settings import OF_THE_SCREEN  # noqa: PLC0415 (after the first paint)

        assert self._values is not None
        value = self._values.shown.get(doc.name, "")
        if doc.name == "theme" and value:
            self.app.theme = fitting_theme(self._environ) if value == "auto" else value
            since = "now"
        else:
            since = "the next start of this application" if doc.name in OF_THE_SCREEN else "the next run"
        self._keys.say(f"{doc.variable} is {value or 'not set'}, from {since} on.")


def _settings(environ: Mapping[str, str]) -> tuple[list[FieldDoc], Values]:
    """Every setting, and what it is; on a thread."""
    from loki_tui.core.settings_docs import describe  # noqa: PLC0415 (after the first paint)
    from loki_tui.tui.values import values_now  # noqa: PLC0415

    return describe(), values_now(environ)
