"""Beginning a run from the application.

What stands in the way is said on the form, with all that was typed still in place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.binding import BindingType

from loki_tui.tui.actions import bindings
from loki_tui.tui.screens.dialogs import Choice, ChooseScreen
from loki_tui.tui.screens.ordering import Form, Ordering

if TYPE_CHECKING:
    from datetime import datetime

    from loki_tui.runtime.orders import Order
    from loki_tui.tui.app import LokiApp
    from loki_tui.tui.session import RunSession


class StartScreen(Ordering):
    """Begins a run.

    Args:
        environ: The environment.
        now: The present, in UTC.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("start")]

    def __init__(self, environ: Mapping[str, str], *, now: Callable[[], datetime]) -> None:
        super().__init__(environ, now=now)
        self._beginning = False

    @property
    def loki(self) -> LokiApp:
        """The application, which shows the run."""
        return cast("LokiApp", self.app)

    @work(group="begin")
    async def action_begin(self) -> None:
        """Begin the run; a second time asks for nothing while the first is under way."""
        form = self.form()
        if self._beginning:
            return
        if form is None:
            self.notify("There is no PRD to begin with.", severity="warning", markup=False)
            return
        self._beginning = True
        self.keys.say("Getting ready …")
        try:
            await self._begin(form)
        finally:
            self._beginning = False
            self.keys.say("")

    async def _begin(self, form: Form) -> None:
        from loki_tui.core.errors import BusyError, LokiError  # noqa: PLC0415 (after the first paint)
        from loki_tui.runtime.orders import Order  # noqa: PLC0415

        order = Order(prd=form.prd, overrides=form.overrides)
        try:
            session = await self._started(order)
        except BusyError as error:
            if not await self._opened_other():
                self.say_error(error)
        except LokiError as error:
            self.say_error(error)
        else:
            if session is not None:
                self._go_to(session)

    async def _started(self, order: Order) -> RunSession | None:
        """The run, begun; none where a person would not have it so."""
        from loki_tui.tui.beginning import NoRepositoryError  # noqa: PLC0415 (after the first paint)

        assert self.beginnings is not None
        if await self._opened_other():
            return None
        begin = partial(self.beginnings.begin, keep=self.loki.keep)
        try:
            return await asyncio.to_thread(begin, order)
        except NoRepositoryError as error:
            answer = await self.app.push_screen_wait(
                ChooseScreen(
                    error.message,
                    [Choice("no", "Leave it as it is"), Choice("init", "Make it a git repository, and begin")],
                    detail="Loki delivers a branch. What is there becomes the first commit.",
                )
            )
            if answer != "init":
                return None
            return await asyncio.to_thread(begin, replace(order, consents=True))

    async def _opened_other(self) -> bool:
        """Offer to open the run that is at work in this project; whether there is one."""
        assert self.beginnings is not None
        run = await asyncio.to_thread(self.beginnings.at_work)
        if run is None:
            return False
        answer = await self.app.push_screen_wait(
            ChooseScreen(
                f"Run {run} is at work in this project, and there can be one at a time.",
                [Choice("stay", "Stay here"), Choice("open", "Open that run")],
            )
        )
        if answer == "open":
            self.dismiss()
            self.loki.open_run(run, partial(self.beginnings.attach, run), title=f"Opening {run}")
        return True

    def _go_to(self, session: RunSession) -> None:
        self.dismiss()
        self.loki.open_run(session.client.run, lambda: session, title="The run begins")

    def action_close(self) -> None:
        """Begin nothing."""
        if not self._beginning:
            self.dismiss()
