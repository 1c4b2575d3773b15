"""The person's hand on a running engine: requests from the inbox become events and take hold at once.

Everything that waits or acts goes through here, so that a pause holds it and a stop ends it
within a second, whatever it is doing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import WorkspaceError
from loki_tui.core.money import format_limit, format_needed
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.decisions import UnusableDecisionError, decision_on

Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Hold:
    """Something that stands still in a pause."""

    freeze: Act
    thaw: Act
    stream: str | None


class Control:
    """Obeys requests, and holds the engine's work while the run is paused.

    Args:
        chronicle: The run.
        redact: Takes secrets out of what people write.
        on_stop: Called once when a stop is asked for; ends the engine's work.
    """

    def __init__(self, chronicle: Chronicle, *, redact: Callable[[str], str], on_stop: Callable[[], None]) -> None:
        self._chronicle = chronicle
        self._redact = redact
        self._on_stop = on_stop
        self._changed = asyncio.Event()
        self._holds: list[_Hold] = []
        """What freezes and thaws everything that runs."""
        self.on_stop_of: Callable[[str], None] = lambda _stream: None
        """Called when a stop of one stream is asked for."""

    def hold_with(self, freeze: Act, thaw: Act, *, stream: str | None = None) -> Callable[[], None]:
        """Have something frozen while the run, or the stream that it belongs to, is paused.

        Returns:
            Call it when that thing is gone.
        """
        hold = _Hold(freeze, thaw, stream)
        self._holds.append(hold)
        return lambda: self._holds.remove(hold)

    def of_stream(self, name: str) -> Control:
        """The same hand on the work of one stream, which can be paused by itself."""
        return _StreamControl(self, self._chronicle.of_stream(name), name)

    async def listen(self) -> None:
        """Obey requests as they come, until cancelled."""
        journal = self._chronicle.journal
        while True:
            for number, request in journal.pending_requests():
                if isinstance(request, rq.Refused):
                    self._chronicle.note(_refused(request), consumes=number)
                    continue
                if request.via is not None:
                    asked = ev.ControlReceived(request=request.kind, by=request.by, via=request.via)
                    self._chronicle.note(asked)
                await self._obey(number, request)
            for warning in journal.take_warnings():
                self._chronicle.note(ev.Warned(message=warning))
            await journal.wait_for_request()

    async def gate(self) -> None:
        """Return when the run may go on: at once, or after a pause."""
        await self.wait_until(lambda: self._chronicle.run.paused_by is None)

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that only requests, or what `nudge` was called for, can bring about."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def nudge(self) -> None:
        """Have whoever waits look again."""
        self._changed.set()

    async def pause(
        self, *, by: Literal["budget", "resources", "integration"], reason: str, needed: Decimal | None = None
    ) -> None:
        """Pause the run on the engine's own account, unless it is paused, and wait until someone resumes it."""
        if self._chronicle.run.paused_by is None:
            self._chronicle.note(ev.RunPaused(by=by, reason=reason, needed=needed))
        await self.gate()

    async def _obey(self, number: int, request: rq.Request) -> None:
        if isinstance(request, rq.Aimed) and request.stream is not None:
            await self._obey_about_stream(number, request, request.stream)
            self._changed.set()
            return
        note = self._chronicle.note
        match request:
            case rq.Pause():
                reason = request.reason or f"by {request.by}"
                note(ev.RunPaused(by="person", reason=reason), consumes=number)
                await self._freeze(self._holds)
            case rq.Resume():
                await self._resume(number, request)
            case rq.Stop():
                note(ev.RunStopping(reason=request.reason or f"by {request.by}"), consumes=number)
                self._on_stop()
            case rq.SetBudget():
                note(ev.BudgetChanged(limit=request.limit, by=request.by), consumes=number)
            case rq.Steer():
                self._steer(number, request)
            case rq.Decide():
                self._decide(number, request)
            case rq.Revoke():
                self._revoke(number, request)
            case rq.ForceReview():
                note(ev.ReviewForced(by=request.by), consumes=number)
        self._changed.set()

    async def _obey_about_stream(self, number: int, request: rq.Aimed, name: str) -> None:
        """Do to one stream what is asked for it alone."""
        stream = self._chronicle.run.streams.get(name)
        if stream is None or not stream.is_open:
            why = "is no stream of this run" if stream is None else "is not at work"
            self._ignore(number, f"{request.by} asked for something of {name!r}, which {why}.")
            return
        note, holds = self._chronicle.of_stream(name).note, [hold for hold in self._holds if hold.stream == name]
        match request:
            case rq.Pause():
                note(ev.RunPaused(by="person", reason=request.reason or f"by {request.by}"), consumes=number)
                await self._freeze(holds)
            case rq.Resume():
                paused = stream.state.paused_by is not None
                shared = [ev.BudgetChanged(limit=request.budget, by=request.by)] if request.budget is not None else []
                note(*shared, *[ev.RunContinued(reason=f"resumed by {request.by}")] * paused, consumes=number)
                if self._chronicle.run.paused_by is None:
                    await self._thaw(holds)
            case rq.Stop():
                note(ev.RunStopping(reason=request.reason or f"by {request.by}"), consumes=number)
                self.on_stop_of(name)
            case rq.SetBudget():
                note(ev.BudgetChanged(limit=request.limit, by=request.by), consumes=number)
            case rq.Steer():
                note(ev.Steered(note=request.note, by=request.by), consumes=number)
            case _:
                self._ignore(number, f"{request.by} asked for something that is done to a run, not to {name!r}.")

    async def _freeze(self, holds: Iterable[_Hold]) -> None:
        for hold in list(holds):
            with suppress(WorkspaceError):  # hands that are gone: whoever works with them finds out
                await hold.freeze()

    async def _thaw(self, holds: Iterable[_Hold]) -> None:
        for hold in list(holds):
            with suppress(WorkspaceError):
                await hold.thaw()

    async def _resume(self, number: int, request: rq.Resume) -> None:
        run = self._chronicle.run
        events: list[ev.Event] = []
        if request.budget is not None:
            events.append(ev.BudgetChanged(limit=request.budget, by=request.by))
        if run.paused_by is not None:
            events.append(ev.RunContinued(reason=f"resumed by {request.by}"))
        self._chronicle.note(*events, consumes=number)
        held = {name for name, stream in run.streams.items() if stream.is_open and stream.state.paused_by is not None}
        await self._thaw(hold for hold in self._holds if hold.stream not in held)

    def _steer(self, number: int, request: rq.Steer) -> None:
        """Leave a note for the run's agent, and for those of all streams at work."""
        steered = ev.Steered(note=request.note, by=request.by)
        self._chronicle.note(steered, consumes=number)
        for name, stream in self._chronicle.run.streams.items():
            if stream.is_open:
                self._chronicle.of_stream(name).note(steered)

    def _decide(self, number: int, request: rq.Decide) -> None:
        name = request.approval
        approval = self._chronicle.run.approvals.get(name)
        if approval is None or approval.decision is not None:
            self._ignore(number, f"A decision by {request.by} on {name} came for nothing that waits.", about=name)
        elif approval.request.digest != request.digest:
            self._ignore(number, f"A decision by {request.by} on {name} was about another action.", about=name)
        else:
            try:
                decided = decision_on(approval.request, request, redact=self._redact)
            except UnusableDecisionError as error:
                why = f"A decision by {request.by} on {name} was not taken, and it still waits: {error}."
                self._ignore(number, why, about=name)
            else:
                self._chronicle.note(decided, consumes=number)

    def _revoke(self, number: int, request: rq.Revoke) -> None:
        if any(rule.pattern == request.pattern for rule in self._chronicle.run.rules):
            self._chronicle.note(ev.RuleRevoked(pattern=request.pattern, by=request.by), consumes=number)
        else:
            why = f"{request.by} revoked {request.pattern!r}, which is no rule of this run."
            self._ignore(number, why)

    def _ignore(self, number: int, why: str, *, about: str = "") -> None:
        self._chronicle.note(ev.Warned(message=why, approval=about), consumes=number)


def _refused(request: rq.Refused) -> ev.ControlReceived:
    return ev.ControlReceived(request=request.request, by=request.by, via=request.via or "", refused=request.why)


class _StreamControl(Control):
    """The hand on one stream: what holds the run holds it, too."""

    def __init__(self, whole: Control, chronicle: Chronicle, name: str) -> None:
        self._whole = whole
        self._chronicle = chronicle
        self._name = name

    def hold_with(self, freeze: Act, thaw: Act, *, stream: str | None = None) -> Callable[[], None]:
        return self._whole.hold_with(freeze, thaw, stream=stream or self._name)

    async def gate(self) -> None:
        run, own = self._chronicle.run, self._chronicle.state
        await self.wait_until(lambda: run.paused_by is None and own.paused_by is None)

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        await self._whole.wait_until(condition)

    def nudge(self) -> None:
        self._whole.nudge()

    async def pause(
        self, *, by: Literal["budget", "resources", "integration"], reason: str, needed: Decimal | None = None
    ) -> None:
        await self._whole.pause(by=by, reason=reason, needed=needed)
        await self.gate()


def share_reason(*, needed: Decimal, share: Decimal) -> str:
    """Why a stream ends for money, and what would have helped."""
    return f"its share of {format_limit(share)} does not cover the next request; it takes {format_needed(needed)}"


def budget_reason(*, needed: Decimal, limit: Decimal) -> str:
    """Why a run stands still for money, and what would help."""
    return f"the budget of {format_limit(limit)} does not cover the next request; it takes {format_needed(needed)}"
