"""What a person asks of a run: pause, resume, stop, a note, a budget. Each becomes a request in the journal."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from textual import work

from loki_tui.tui.screens.run_screen import RunScreen

if TYPE_CHECKING:
    from loki_tui.core.errors import LokiError
    from loki_tui.runtime.client import RunClient
    from loki_tui.tui.session import RunSession


class Steering(RunScreen):
    """What the run keys do."""

    @work(group="steer")
    async def action_pause_or_resume(self) -> None:
        """Hold everything where it is, or let it go on."""
        from loki_tui.core.vocabulary import Status  # noqa: PLC0415 (after the first paint)

        session = self._open_session()
        if session is None:
            return
        status = session.picture().status
        if status.ended:
            self.notify(f"This run has ended: {status}.", severity="warning", markup=False)
        elif session.engine is None:
            await self._go_on_here(session, None)
        elif status is Status.PAUSED:
            await self._resume(session)
        else:
            await self.asked(session, lambda client: client.pause(), "Asked to pause.")

    async def _resume(self, session: RunSession) -> None:
        if session.state.needed is None:
            await self.asked(session, lambda client: client.resume(), "Asked to go on.")
            return
        budget = await self._ask_budget(session)
        if budget is not None:
            await self.asked(session, lambda client: client.resume(budget), "Asked to go on.")

    async def _go_on_here(self, session: RunSession, budget: Decimal | None) -> None:
        """Take up a run whose engine is gone."""
        from loki_tui.core.errors import LokiError  # noqa: PLC0415 (after the first paint)
        from loki_tui.runtime.starting import take_up  # noqa: PLC0415
        from loki_tui.tui.screens.dialogs import Choice, ChooseScreen  # noqa: PLC0415

        answer = await self.app.push_screen_wait(
            ChooseScreen(
                "No engine is at work on this run.",
                [Choice("no", "Only look at it"), Choice("here", "Go on with it here")],
            )
        )
        if answer != "here":
            return
        try:
            host = await session.do(lambda client: take_up(client, self.environ, budget=budget))
        except LokiError as error:
            self.complain(error)
        else:
            session.host_engine(host)

    @work(group="steer")
    async def action_stop(self) -> None:
        """Bring the work to a safe place and end the run."""
        session = self._open_session()
        if session is None:
            return
        if session.state.status.ended:
            self.notify("This run has ended.", markup=False)
            return
        from loki_tui.tui.screens.dialogs import Choice, ChooseScreen  # noqa: PLC0415 (when it is wanted)

        answer = await self.app.push_screen_wait(
            ChooseScreen(
                "End this run for good?",
                [Choice("no", "Let it go on"), Choice("stop", "Save its work and end it")],
                detail="What was done stays on its branch. A pause (p) only holds it.",
            )
        )
        if answer != "stop":
            return
        if session.engine is not None:
            await self.asked(session, lambda client: client.stop(), "Asked to stop.")
            return
        from loki_tui.tui.openings import wind_up_here  # noqa: PLC0415 (when it is wanted)

        await self.asked(session, lambda client: wind_up_here(client, self.environ), "It is ended.")

    @work(group="steer")
    async def action_steer(self) -> None:
        """Write a note that the agent reads at its next turn."""
        session = self._open_session()
        if session is None or not self._can_hear(session):
            return
        from loki_tui.tui.screens.dialogs import AskScreen  # noqa: PLC0415 (when it is wanted)

        note = await self.app.push_screen_wait(
            AskScreen("A note for the agent", detail="It reads this at its next turn.")
        )
        if note and note.strip():
            await self.asked(session, lambda client: client.steer(note), "The agent reads it at its next turn.")

    @work(group="steer")
    async def action_budget(self) -> None:
        """Set the budget anew."""
        session = self._open_session()
        if session is None or not self._can_hear(session):
            return
        budget = await self._ask_budget(session)
        if budget is not None:
            await self.asked(session, lambda client: client.set_budget(budget), f"The budget is to be ${budget}.")

    @work(group="steer")
    async def action_review(self) -> None:
        """Have the council sit once this iteration is over."""
        from loki_tui.wording.proof import forced_when, given, next_sitting  # noqa: PLC0415 (after the first paint)

        session = self._open_session()
        if session is None or not self._can_hear(session):
            return
        if not given(session.state, "council_enabled"):
            self.notify(next_sitting(session.state), severity="warning", markup=False)
            return
        when = forced_when(session.state)
        await self.asked(session, lambda client: client.force_review(), f"Asked: the council sits {when}.")

    # -- the ground under these -----------------------------------------------------------------

    async def _ask_budget(self, session: RunSession) -> Decimal | None:
        """A new budget, or none where there is to be no other."""
        from loki_tui.core.errors import UsageError  # noqa: PLC0415 (after the first paint)
        from loki_tui.core.money import format_needed, format_usd, parse_usd  # noqa: PLC0415
        from loki_tui.tui.screens.dialogs import AskScreen  # noqa: PLC0415

        books = session.state.books
        detail = f"{format_usd(books.committed)} are spent or set aside."
        if session.state.needed is not None:
            detail += f" The next request needs {format_needed(session.state.needed)} in all."
        text = await self.app.push_screen_wait(
            AskScreen("Budget in US dollars", value=str(books.limit or ""), detail=detail)
        )
        if not text:
            return None
        try:
            return parse_usd(text, name="The budget")
        except UsageError as error:
            self.complain(error)
            return None

    def _open_session(self) -> RunSession | None:
        """The run, if it is open and the present is shown: nobody steers the past."""
        if self.session is None or not self.session.opened:
            self.notify("The run is still being opened.", markup=False)
            return None
        if self.past is not None:
            self.notify("You are looking back. Return to the present first: l", severity="warning", markup=False)
            return None
        return self.session

    def _can_hear(self, session: RunSession) -> bool:
        if session.state.status.ended:
            self.notify("This run has ended.", severity="warning", markup=False)
            return False
        if session.engine is None:
            self.notify("No engine is at work on this run; p takes it up.", severity="warning", markup=False)
            return False
        return True

    async def asked(self, session: RunSession, act: Callable[[RunClient], object], done: str) -> None:
        """Ask something of the run's engine, and say so."""
        from loki_tui.core.errors import LokiError  # noqa: PLC0415 (after the first paint)

        try:
            await session.do(act)
        except LokiError as error:
            self.complain(error)
        else:
            self.notify(done, markup=False)

    def complain(self, error: LokiError) -> None:
        """Say what went wrong and what to do."""
        self.notify(str(error), severity="error", markup=False, timeout=10)
