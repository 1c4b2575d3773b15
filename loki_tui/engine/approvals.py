"""Staged autonomy: a person decides before things happen.

A decision is bound to the digest of exactly what was shown; anything else asks anew. What a person
approved for the whole run (`loki_tui.guard.rules`) is decided without waiting, and journaled alike.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence

from loki_tui.core import events as ev
from loki_tui.core.messages import JsonObject, ToolCall
from loki_tui.core.state import Approval
from loki_tui.core.tools import WORKSPACE_TOOLS
from loki_tui.core.vocabulary import Rule
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.control import Control
from loki_tui.engine.ports import Clock
from loki_tui.engine.proposals import Proposal, given, shortened
from loki_tui.guard.cleaning import clean_json
from loki_tui.guard.rules import is_wide, matches, suggest

EXACT_CHARS = 20_000
"""Characters of JSON up to which an input is shown exactly, so that a person can edit it."""


LOKI = "Loki"
"""Who decides that a question is out of date."""


class Approvals:
    """Asks, waits, and remembers what was decided.

    Args:
        chronicle: The run.
        control: Brings decisions.
        clock: Time.
        timeout: Seconds until an undecided request counts as refused, from when an engine waits for it; without
            one it waits for as long as the proposal says, or for ever.
        redact: Takes secrets out of what is shown.
    """

    def __init__(
        self,
        chronicle: Chronicle,
        control: Control,
        clock: Clock,
        *,
        timeout: float | None,
        redact: Callable[[str], str],
    ) -> None:
        self._chronicle = chronicle
        self._control = control
        self._clock = clock
        self._timeout = timeout
        self._redact = redact

    async def decide(self, proposal: Proposal) -> ev.ApprovalDecided:
        """The decision on this proposal, waited for where there is none yet."""
        if (known := self.known(proposal)) is not None:
            return known
        waiting = self._find(proposal) or self._ask(proposal)
        self._chronicle.note(ev.RunWaiting(on="approval", reason=waiting.title))
        await self._wait(waiting, proposal)
        await self._control.gate()
        self._chronicle.note(ev.RunContinued())
        decision = waiting.decision
        assert decision is not None
        return decision

    def known(self, proposal: Proposal) -> ev.ApprovalDecided | None:
        """What was decided already: on exactly this, before the engine was restarted too, or by a rule."""
        found = self._find(proposal)
        if found is not None and found.decision is not None:
            return found.decision
        rule = self._rule(proposal)
        if rule is None:
            return None
        if found is not None:
            return self._decide_by(rule, found.request)
        request = self._request(proposal)
        return self._decide_by(rule, request, first=(*self._outdated(proposal), request))

    def _find(self, proposal: Proposal) -> Approval | None:
        """What was asked about exactly this and is not withdrawn."""
        for known in self._chronicle.run.approvals.values():
            same = known.request.digest == proposal.digest and known.request.call == proposal.call
            if same and known.stream == (self._chronicle.stream or "") and not self._withdrawn(known.decision):
                return known
        return None

    def _withdrawn(self, decision: ev.ApprovalDecided | None) -> bool:
        """Whether a decision counts for nothing any more: its question was out of date, or its rule was revoked."""
        if decision is None:
            return False
        if decision.rule:
            return all(rule.pattern != decision.rule for rule in self._chronicle.run.rules)
        return decision.decision == "expired" and decision.by == LOKI

    def _ask(self, proposal: Proposal) -> Approval:
        request = self._request(proposal)
        self._chronicle.note(*self._outdated(proposal), request)
        return self._chronicle.run.approvals[request.approval]

    def _outdated(self, proposal: Proposal) -> list[ev.Event]:
        """The end of what was asked about the same call, when the file it would change was another."""
        return [
            _expired(waiting.request.approval, "the file it would change is another one now")
            for waiting in self._chronicle.run.waiting_approvals
            if waiting.stream == (self._chronicle.stream or "")
            and proposal.call is not None
            and waiting.request.call == proposal.call
        ]

    def _request(self, proposal: Proposal) -> ev.ApprovalRequested:
        """What the journal, and so every face, shows of a proposal: nothing secret, and nothing endless."""
        run, keep, redact = self._chronicle.run, self._chronicle.keep, self._redact
        detail = keep(proposal.detail)
        shown, exact = self._shown(proposal)
        pattern = ""
        if proposal.located is not None:
            pattern = suggest(proposal.located, proposal.risk, wide=not proposal.unsure)
        return ev.ApprovalRequested(
            approval=f"p{run.approvals_asked + 1}",
            subject=proposal.subject,
            digest=proposal.digest,
            title=proposal.title,
            detail=detail.text,
            detail_blob=detail.blob,
            risk=proposal.risk,
            reason=proposal.reason,
            call=proposal.call,
            tool=proposal.tool_input.tool if proposal.tool_input is not None else "",
            input=shown,
            cwd=proposal.cwd,
            diff=keep(proposal.diff) if proposal.diff else None,
            agent=proposal.agent,
            editable=exact,
            pattern=pattern if redact(pattern) == pattern else "",
            unsure=proposal.unsure,
        )

    def _shown(self, proposal: Proposal) -> tuple[JsonObject | None, bool]:
        """An action's input as a person may see it, and whether that is all of it and can be edited."""
        if proposal.tool_input is None:
            return None, False
        whole = given(proposal.tool_input)
        clean = clean_json(whole, self._redact)
        if len(json.dumps(clean)) > EXACT_CHARS:
            return shortened(clean), False
        return clean, clean == whole and isinstance(proposal.tool_input, WORKSPACE_TOOLS)

    def _rule(self, proposal: Proposal) -> Rule | None:
        """A rule that covers this, if there is one."""
        if proposal.located is None:
            return None
        for rule in self._chronicle.run.rules:
            # That such commands are harmless was said of those that can be told from their words.
            if matches(rule, proposal.located, proposal.risk) and not (proposal.unsure and is_wide(rule)):
                return rule
        return None

    def _decide_by(
        self, rule: Rule, request: ev.ApprovalRequested, *, first: Sequence[ev.Event] = ()
    ) -> ev.ApprovalDecided:
        decided = ev.ApprovalDecided(
            approval=request.approval, decision="approved", by=f"rule {rule.pattern}", rule=rule.pattern
        )
        self._chronicle.note(*first, decided)
        return decided

    async def _wait(self, waiting: Approval, proposal: Proposal) -> None:
        def decided() -> bool:
            # A person may have approved all such actions in answer to another request.
            return waiting.decision is not None or self._rule(proposal) is not None

        limit = proposal.patience if self._timeout is None else self._timeout
        if limit is None:
            await self._control.wait_until(decided)
        else:
            await self._wait_for_a_while(decided, limit)
        if waiting.decision is not None:
            return
        if (rule := self._rule(proposal)) is not None:
            self._decide_by(rule, waiting.request)
            return
        reason = f"nobody decided within {limit:g} s"
        self._chronicle.note(_expired(waiting.request.approval, reason, by="time limit"))

    async def _wait_for_a_while(self, decided: Callable[[], bool], seconds: float) -> None:
        waiting = asyncio.create_task(self._control.wait_until(decided))
        timer = asyncio.create_task(self._clock.sleep(seconds))
        try:
            await asyncio.wait({waiting, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            timer.cancel()


def expire_orphans(chronicle: Chronicle, *, calls: Sequence[ToolCall]) -> None:
    """Withdraw what a person was asked for an agent that is gone.

    Args:
        chronicle: The run.
        calls: Those that are still to be carried out.
    """
    alive = {call.id for call in calls}
    for waiting in chronicle.run.waiting_approvals:
        if waiting.stream == (chronicle.stream or "") and waiting.request.call not in alive:
            chronicle.note(_expired(waiting.request.approval, "the agent that asked is gone"))


def _expired(approval: str, reason: str, *, by: str = LOKI) -> ev.ApprovalDecided:
    return ev.ApprovalDecided(approval=approval, decision="expired", by=by, reason=reason)
