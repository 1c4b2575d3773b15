"""Moving through the time of a run: every pane then shows that moment, from the journal."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual import on, work

from loki_tui.tui.actions import actions_of, key_text
from loki_tui.tui.screens.run_screen import RunScreen
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from loki_tui.tui.feed import Feed
    from loki_tui.tui.picture import Picture
    from loki_tui.tui.session import RunSession


def _away(keymap: Mapping[str, str]) -> str:
    """Said in place of the keys that steer, which do nothing in the past: those that move in time."""
    # The way back to the present comes first: on a narrow screen the rest may be cut.
    moves = reversed([action for action in actions_of("cockpit") if action.id.startswith("time.")])
    return "Looking back:  " + "  ".join(f"{key_text(action, keymap).split()[0]} {action.label}" for action in moves)


class LookingBack(RunScreen):
    """What the time and search keys do."""

    _target: int | None = None
    """The event to show next, where the one before is still being looked up."""
    _steps = 0
    """Steps still to go; below zero backwards."""
    _sought = ""
    """What was searched for last."""

    @property
    def seq(self) -> int:
        """The event whose moment is shown, or is about to be."""
        if self._target is not None:
            return self._target
        if self.session is None:
            return 0
        return self.session.state.seq if self.past is None else self.past[0].seq

    def action_look(self, step: int) -> None:
        """Go to the previous or the next thing that happened; keys that come meanwhile go on from there."""
        walking, self._steps = self._steps != 0, self._steps + step
        if not walking and self._steps and self.session is not None and self.session.opened:
            self._walk(self.session)

    @work(group="step", exit_on_error=True)
    async def _walk(self, session: RunSession) -> None:
        from loki_tui.tui.painter import FILTERS  # noqa: PLC0415 (after the first paint)
        from loki_tui.tui.stepping import STEPS  # noqa: PLC0415

        while (steps := self._steps) and self.feed_painter is not None:
            kinds = FILTERS[self.feed_painter.filter] or STEPS
            past = await session.walk(self.seq, steps, kinds=kinds)
            self._steps -= steps
            if past is not None:
                self._target = None
                self._show_past(past)
            elif steps > 0:
                self.action_now()
        self._steps = 0

    def action_look_at(self, seq: int) -> None:
        """Show the moment of an event."""
        self.look_at(seq)

    def action_look_iteration(self, step: int) -> None:
        """Go to where the iteration began, or the next one does."""
        session = self.session
        if session is None:
            return
        begun, here = session.scope.iterations.beginnings, self.seq
        if step < 0 and (before := bisect_left(begun, here)):
            self.look_at(begun[before - 1])
        elif step > 0 and (after := bisect_right(begun, here)) < len(begun):
            self.look_at(begun[after])
        elif step > 0:
            self.action_now()

    @on(Timeline.Chosen)
    def _dragged(self, message: Timeline.Chosen) -> None:
        from loki_tui.tui.views.timeline import seq_at  # noqa: PLC0415 (after the first paint)

        if self.session is not None and self.session.opened:
            seq = seq_at(message.cell, self.session.state.seq, message.width)
            self.action_now() if seq >= self.session.state.seq else self.look_at(seq)

    def look_at(self, seq: int) -> None:
        """Show the moment right after an event. What is asked for while one is looked up replaces it."""
        busy, self._target = self._target is not None, seq
        if not busy and self.session is not None and self.session.opened:
            self._look(self.session)

    @work(group="look", exit_on_error=True)
    async def _look(self, session: RunSession) -> None:
        while (seq := self._target) is not None:
            past = await session.look_back(seq)
            if self._target == seq:
                self._target = None
                self._show_past(past)

    def _show_past(self, past: tuple[Picture, Feed]) -> None:
        self.past = past
        self.query_one(KeyBar).show_instead(_away(getattr(self.app, "keymap_given", {})))
        self.note("moment")

    def leave_stream(self) -> None:
        """Look at the whole run again, where one of its streams is looked at."""
        session = self.session
        if session is None or not session.scope.stream:
            return
        from loki_tui.tui.scope import Scope  # noqa: PLC0415 (after the first paint)

        session.scope = Scope("", session.iterations, session.feed)
        self.board.pane("activity").action_edge(1)
        self.note("moment")

    def action_now(self) -> None:
        """Return to the present; there, from a stream that is looked at by itself to the run."""
        if self.past is None and self._target is None:
            self.leave_stream()
            return
        self.query_one(KeyBar).show_instead("")
        self._target, self.past = None, None
        self.board.pane("activity").action_edge(1)
        self.note("moment")

    # -- going to what is looked for ------------------------------------------------------------

    @work(group="ask")
    async def action_search(self) -> None:
        """Ask what to look for, and go to the latest place of it."""
        from loki_tui.tui.screens.dialogs import AskScreen  # noqa: PLC0415 (when it is wanted)

        text = await self.app.push_screen_wait(AskScreen("Search what was said and done", value=self._sought))
        if text:
            self._sought = text
            self._go_to_found(-1)

    def action_search_again(self, step: int) -> None:
        """Go to the next or the previous place."""
        if self._sought:
            self._go_to_found(step)
        else:
            self.notify("Nothing was searched for yet: /", markup=False)

    @work(group="search", exclusive=True, exit_on_error=True)
    async def _go_to_found(self, step: int) -> None:
        session, text, start = self.session, self._sought, self.seq
        if session is None:
            return
        # The event that is shown may hold the text itself; from the present, it is searched too.
        start = start + 1 if self.past is None and step < 0 else start
        self.query_one(KeyBar).say(f"searching for {text!r} …")
        among = session.scope.stream or None
        found = await session.ask(lambda history: history.find(text, start=start, backwards=step < 0, stream=among))
        self.query_one(KeyBar).say("")
        if found is None:
            self.notify(f"{text!r} is not there {'before' if step < 0 else 'after'} this.", markup=False)
        else:
            self.look_at(found)

    def action_problem(self, step: int) -> None:
        """Go to the next or the previous thing that went wrong."""
        self._go_to_problem(step)

    @work(group="search", exclusive=True, exit_on_error=True)
    async def _go_to_problem(self, step: int) -> None:
        session, start = self.session, self.seq
        if session is None:
            return
        # From the present there is nothing ahead: the latest one is meant.
        backwards, among = step < 0 or self.past is None, session.scope.stream or None
        found = await session.ask(lambda history: history.next_problem(start=start, backwards=backwards, stream=among))
        if found is None:
            self.notify(f"Nothing went wrong {'before' if backwards else 'after'} this.", markup=False)
        else:
            self.look_at(found)
