"""What is asked of a run's engine by typing at it: pause, go on, a budget, a note, the end."""

from __future__ import annotations

from loki_tui.core.money import format_limit, format_needed
from loki_tui.core.vocabulary import Status
from loki_tui.headless import linear_commands as cmd
from loki_tui.headless.linear_desk import Desk
from loki_tui.headless.linear_streams import OfStream, ask_stream
from loki_tui.runtime.client import RunView
from loki_tui.wording.proof import forced_when, given, next_sitting


class Steering:
    """Asks something of the run's engine.

    Args:
        desk: The run.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ask(self, wish: cmd.Steering) -> None:
        """Ask.

        Raises:
            LokiError: It cannot be sent.
        """
        view = self._desk.view()
        if view.state.status.ended:
            self._desk.paper.put(f"This run has ended: {view.state.status}.")
            return
        if view.engine is None:
            others = f"To go on: loki --linear resume {view.state.run}. To end it: loki stop {view.state.run}"
            self._desk.paper.put(f"No engine is at work on this run, so nobody hears that. {others}")
            return
        if isinstance(wish, OfStream):
            ask_stream(wish, view.state, self._desk.client, self._desk.paper.put)
        else:
            self._ask_of_run(wish, view)

    def _ask_of_run(self, wish: cmd.Steering, view: RunView) -> None:
        client, said = self._desk.client, self._desk.paper.put
        match wish:
            case cmd.Pause():
                client.pause()
                said("Sent: pause.")
            case cmd.Resume():
                self._resume(wish, view)
            case cmd.Budget(limit=limit):
                client.set_budget(limit)
                said(f"Sent: the budget is to be {format_limit(limit)}.")
            case cmd.Say(note=note):
                client.steer(note)
                said("Sent: the agent reads it at its next turn.")
            case cmd.Stop(run=run):
                self._stop(run)
            case cmd.Revoke(pattern=pattern):
                self._revoke(pattern, view)
            case cmd.Review():
                self._review(view)

    def _resume(self, wish: cmd.Resume, view: RunView) -> None:
        state, put = view.state, self._desk.paper.put
        enough = state.needed is None or (state.books.limit is not None and state.books.limit >= state.needed)
        if wish.budget is None and state.status is Status.PAUSED and not enough:
            put(f"A budget of {format_needed(state.needed or state.books.committed)} is needed. Type resume DOLLARS.")
        elif wish.budget is None and state.status is not Status.PAUSED:
            put(f"It is not paused: {state.status}.")
        else:
            self._desk.client.resume(wish.budget)
            put("Sent: resume.")

    def _revoke(self, pattern: str, view: RunView) -> None:
        if all(rule.pattern != pattern for rule in view.state.rules):
            self._desk.paper.put(f"Nothing is revoked: {pattern} is no rule of this run. Type rules to hear them.")
            return
        self._desk.client.revoke(pattern)
        self._desk.paper.put(f"Sent: {pattern} is to be asked about again.")

    def _review(self, view: RunView) -> None:
        if not given(view.state, "council_enabled"):
            self._desk.paper.put(next_sitting(view.state))
            return
        self._desk.client.force_review()
        self._desk.paper.put(f"Sent: the council sits {forced_when(view.state)}.")

    def _stop(self, run: str) -> None:
        client, put = self._desk.client, self._desk.paper.put
        if run != client.run:
            put(f"To save its work and end this run for good, type: stop {client.run}")
            return
        client.stop()
        put("Sent: stop.")
