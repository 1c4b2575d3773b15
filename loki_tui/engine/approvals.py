"""Staged autonomy: a person decides before things happen.

A decision is bound to the digest of exactly what was shown; anything else asks anew.
"""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from loki_tui.core import events as ev
from loki_tui.core.messages import JsonObject, ToolCall
from loki_tui.core.tools import EditFile, Shell, ToolInput, WriteFile
from loki_tui.core.vocabulary import Requirement, Risk
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.control import Control
from loki_tui.engine.ports import Clock


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that waits for a decision."""

    subject: Literal["plan", "action"]
    digest: str
    title: str
    detail: str
    risk: Risk
    reason: str
    call: str | None = None


def digest_of(value: JsonObject) -> str:
    """Names exactly this value: SHA-256 of its canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Approvals:
    """Asks, waits, and remembers what was decided.

    Args:
        chronicle: The run.
        control: Brings decisions.
        clock: Time.
        timeout: Seconds until an undecided request counts as refused; none waits for ever.
    """

    def __init__(self, chronicle: Chronicle, control: Control, clock: Clock, *, timeout: float | None) -> None:
        self._chronicle = chronicle
        self._control = control
        self._clock = clock
        self._timeout = timeout

    async def decide(self, proposal: Proposal) -> ev.ApprovalDecided:
        """The decision on this proposal; one made before the engine was restarted holds."""
        approval = self._find(proposal) or self._ask(proposal)
        state = self._chronicle.state
        waiting = state.approvals[approval]
        if waiting.decision is None:
            self._chronicle.note(ev.RunWaiting(on="approval", reason=waiting.title))
            await self._wait(approval)
            await self._control.gate()
            self._chronicle.note(ev.RunContinued())
        decision = waiting.decision
        assert decision is not None
        return decision

    def _find(self, proposal: Proposal) -> str | None:
        for approval, known in self._chronicle.state.approvals.items():
            if known.request.digest == proposal.digest and known.request.call == proposal.call:
                return approval
        return None

    def _ask(self, proposal: Proposal) -> str:
        approval = f"p{len(self._chronicle.state.approvals) + 1}"
        self._chronicle.note(
            ev.ApprovalRequested(
                approval=approval,
                subject=proposal.subject,
                digest=proposal.digest,
                title=proposal.title,
                detail=proposal.detail,
                risk=proposal.risk,
                reason=proposal.reason,
                call=proposal.call,
            )
        )
        return approval

    async def _wait(self, approval: str) -> None:
        def decided() -> bool:
            return self._chronicle.state.approvals[approval].decision is not None

        if self._timeout is None:
            await self._control.wait_until(decided)
            return
        waiting = asyncio.create_task(self._control.wait_until(decided))
        timer = asyncio.create_task(self._clock.sleep(self._timeout))
        try:
            await asyncio.wait({waiting, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            timer.cancel()
        if not decided():
            reason = f"nobody decided within {self._timeout:g} s"
            self._chronicle.note(
                ev.ApprovalDecided(approval=approval, decision="expired", by="time limit", reason=reason)
            )


def expire_orphans(chronicle: Chronicle, *, calls: Sequence[ToolCall]) -> None:
    """Withdraw what a person was asked for an agent that is gone.

    Args:
        chronicle: The run.
        calls: Those that are still to be carried out.
    """
    alive = {call.id for call in calls}
    for waiting in chronicle.state.waiting_approvals:
        if waiting.request.call not in alive:
            approval = waiting.request.approval
            reason = "the agent that asked is gone"
            chronicle.note(ev.ApprovalDecided(approval=approval, decision="expired", by="Loki", reason=reason))


def propose_action(tool_input: ToolInput, *, call: str, risk: Risk, workspace: str) -> Proposal:
    """An action as a person decides on it."""
    title, detail = _show(tool_input, workspace)
    exact: JsonObject = {"tool": tool_input.tool, "input": tool_input.model_dump(mode="json"), "workspace": workspace}
    return Proposal(
        subject="action",
        digest=digest_of(exact),
        title=title,
        detail=detail,
        risk=risk,
        reason="staged autonomy: every state-changing action waits for a person",
        call=call,
    )


def propose_plan(requirements: tuple[Requirement, ...]) -> Proposal:
    """A plan as a person decides on it."""
    exact: JsonObject = {"plan": [requirement.model_dump(mode="json") for requirement in requirements]}
    lines = []
    for requirement in requirements:
        lines.append(f"{requirement.id}: {requirement.title}")
        lines.extend(f"    - {criterion}" for criterion in requirement.criteria)
    return Proposal(
        subject="plan",
        digest=digest_of(exact),
        title=f"the plan: {len(requirements)} requirements",
        detail="\n".join(lines),
        risk=Risk.READ,
        reason="staged autonomy: the plan waits for a person",
    )


def _show(tool_input: ToolInput, workspace: str) -> tuple[str, str]:
    """A title of one line, and the whole of it."""
    match tool_input:
        case Shell():
            first = tool_input.command.strip().splitlines()[0] if tool_input.command.strip() else ""
            return f"run {first[:100]}", f"in {workspace}:\n{tool_input.command}"
        case WriteFile():
            return f"write {tool_input.path}", tool_input.content
        case EditFile():
            old, new = tool_input.old_string.splitlines(), tool_input.new_string.splitlines()
            diff = difflib.unified_diff(old, new, tool_input.path, tool_input.path, lineterm="")
            return f"edit {tool_input.path}", "\n".join(diff)
        case _:
            return tool_input.tool, tool_input.model_dump_json(indent=2)
