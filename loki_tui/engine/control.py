"""The person's hand on a running engine: requests from the inbox become events and take hold at once.

Everything that waits or acts goes through here, so that a pause holds it and a stop ends it
within a second, whatever it is doing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Literal

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import WorkspaceError
from loki_tui.core.money import format_limit, format_needed
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.decisions import UnusableDecisionError, decision_on


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
        self._holds: list[tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]] = []
        """What freezes and thaws everything that runs."""

    def hold_with(
        self, freeze: Callable[[], Awaitable[None]], thaw: Callable[[], Awaitable[None]]
    ) -> Callable[[], None]:
        """Have something frozen while the run is paused.

        Returns:
            Call it when that thing is gone.
        """
        pair = (freeze, thaw)
        self._holds.append(pair)
        return lambda: self._holds.remove(pair)

    async def listen(self) -> None:
        """Obey requests as they come, until cancelled."""
        journal = self._chronicle.journal
        while True:
            for number, request in journal.pending_requests():
                if request.via is not None:
                    asked = ev.ControlReceived(request=request.kind, by=request.by, via=request.via)
                    self._chronicle.note(asked)
                await self._obey(number, request)
            for warning in journal.take_warnings():
                self._chronicle.note(ev.Warned(message=warning))
            await journal.wait_for_request()

    async def gate(self) -> None:
        """Return when the run may go on: at once, or after a pause."""
        await self.wait_until(lambda: self._chronicle.state.paused_by is None)

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that only requests can bring about."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def pause(self, *, by: Literal["budget", "resources"], reason: str, needed: Decimal | None = None) -> None:
        """Pause the run on the engine's own account, unless it is paused, and wait until someone resumes it."""
        if self._chronicle.state.paused_by is None:
            self._chronicle.note(ev.RunPaused(by=by, reason=reason, needed=needed))
        await self.gate()

    async def _obey(self, number: int, request: rq.Request) -> None:
        note = self._chronicle.note
        match request:
            case rq.Pause():
                reason = request.reason or f"by {request.by}"
                note(ev.RunPaused(by="person", reason=reason), consumes=number)
                for freeze, _ in self._holds:
                    with suppress(WorkspaceError):  # hands that are gone: whoever works with them finds out
                        await freeze()
            case rq.Resume():
                await self._resume(number, request)
            case rq.Stop():
                note(ev.RunStopping(reason=request.reason or f"by {request.by}"), consumes=number)
                self._on_stop()
            case rq.SetBudget():
                note(ev.BudgetChanged(limit=request.limit, by=request.by), consumes=number)
            case rq.Steer():
                note(ev.Steered(note=request.note, by=request.by), consumes=number)
            case rq.Decide():
                self._decide(number, request)
            case rq.Revoke():
                self._revoke(number, request)
            case rq.ForceReview():
                note(ev.ReviewForced(by=request.by), consumes=number)
        self._changed.set()

    async def _resume(self, number: int, request: rq.Resume) -> None:
        state = self._chronicle.state
        events: list[ev.Event] = []
        if request.budget is not None:
            events.append(ev.BudgetChanged(limit=request.budget, by=request.by))
        if state.paused_by is not None:
            events.append(ev.RunContinued(reason=f"resumed by {request.by}"))
        self._chronicle.note(*events, consumes=number)
        for _, thaw in self._holds:
            with suppress(WorkspaceError):
                await thaw()

    def _decide(self, number: int, request: rq.Decide) -> None:
        name = request.approval
        approval = self._chronicle.state.approvals.get(name)
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
        if any(rule.pattern == request.pattern for rule in self._chronicle.state.rules):
            self._chronicle.note(ev.RuleRevoked(pattern=request.pattern, by=request.by), consumes=number)
        else:
            why = f"{request.by} revoked {request.pattern!r}, which is no rule of this run."
            self._ignore(number, why)

    def _ignore(self, number: int, why: str, *, about: str = "") -> None:
        self._chronicle.note(ev.Warned(message=why, approval=about), consumes=number)


def budget_reason(*, needed: Decimal, limit: Decimal) -> str:
    """Why a run stands still for money, and what would help."""
    return f"the budget of {format_limit(limit)} does not cover the next request; it takes {format_needed(needed)}"
