"""Carrying out what a model asks for: validated, judged, approved, journaled, done in the hands."""

from __future__ import annotations

import json

from loki_tui.core import events as ev
from loki_tui.core.messages import JsonObject, ToolCall
from loki_tui.core.tools import BadCallError, EditFile, ToolInput, WriteFile, parse_call
from loki_tui.core.vocabulary import Risk, Ruling
from loki_tui.engine import prompts
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.context import RunContext
from loki_tui.engine.gating import Asks, Gate
from loki_tui.engine.ports import Workspace
from loki_tui.engine.proposals import given, propose_action, shortened
from loki_tui.guard.cleaning import clean_json
from loki_tui.guard.risk import risk_of


class Actor:
    """Performs tool calls in one workspace.

    Args:
        context: The run.
        workspace: The hands.
        root: The workspace's directory, as people name it.
    """

    def __init__(self, context: RunContext, workspace: Workspace, *, root: str) -> None:
        self._chronicle = context.chronicle
        self._control = context.control
        self._approvals = context.approvals
        self._gate = Gate(context, root=root)
        self._redact = context.redact
        self._live = context.live
        self._workspace = workspace
        self._root = root

    async def act(self, agent: str, call: ToolCall, *, allowed: tuple[type[ToolInput], ...]) -> None:
        """Carry out one call; what came of it reaches the conversation through the journal."""
        try:
            tool_input = parse_call(call, allowed)
        except BadCallError as error:
            return self.answer(call, str(error), ok=False)
        verdict = await self._gate.judge(tool_input)
        if isinstance(verdict, Ruling):
            return self._refuse(agent, call, verdict, risk=risk_of(tool_input))
        if verdict is None:
            await self._control.gate()
            return await self._perform(agent, call, tool_input)
        decided = await self._decided(verdict, agent, call, tool_input)
        if decided is None:
            return None
        if decided.decision != "approved":
            return self.answer(call, f"Refused by {decided.by}: {decided.reason or 'no reason given'}", ok=False)
        if decided.edited is None:
            return await self._perform(agent, call, tool_input)
        edited = call.model_copy(update={"input": decided.edited})
        return await self._perform_edited(agent, edited, parse_call(edited, allowed))

    async def _perform_edited(self, agent: str, call: ToolCall, tool_input: ToolInput) -> None:
        """Do what a person made of a call, unless a rule blocks that: no approval is above one."""
        verdict = await self._gate.judge(tool_input, approved=True)
        if isinstance(verdict, Ruling):
            self._refuse(agent, call, verdict, risk=risk_of(tool_input), edited=call.input)
        else:
            await self._perform(agent, call, tool_input, edited=call.input)

    async def _decided(
        self, asks: Asks, agent: str, call: ToolCall, tool_input: ToolInput
    ) -> ev.ApprovalDecided | None:
        """What was decided on a call, as the files are at this moment.

        Returns:
            None where it would fail: it has been answered so, and nobody was asked.
        """
        while True:
            await self._control.gate()
            change = None
            if isinstance(tool_input, WriteFile | EditFile):
                change = await self._workspace.preview(call.name, given(tool_input))
                if not change.ok:
                    self.answer(call, change.output, ok=False)
                    return None
            proposal = propose_action(
                tool_input,
                call=call.id,
                risk=risk_of(tool_input),
                workspace=self._root,
                agent=agent,
                asks=asks,
                change=change,
            )
            if (known := self._approvals.known(proposal)) is not None:
                return known
            decided = await self._approvals.decide(proposal)
            if decided.decision != "approved":
                return decided
            # Approved, but time has passed: only what is found again to be exactly that is done.

    async def _perform(
        self, agent: str, call: ToolCall, tool_input: ToolInput, *, edited: JsonObject | None = None
    ) -> None:
        action = self.start(agent, call, risk_of(tool_input))
        result = await self._workspace.perform(
            call.name, given(tool_input), on_output=lambda text: self._live.on_output(action, text)
        )
        output = _with_edit(edited, result.output)
        diff = self._chronicle.keep(result.diff) if result.diff else None
        self._chronicle.note(
            ev.ActionFinished(
                action=action,
                call=call.id,
                output=self._chronicle.keep(output),
                ok=result.ok,
                exit_code=result.exit_code,
                seconds=round(result.seconds, 4),
                diff=diff,
            )
        )

    def _refuse(
        self, agent: str, call: ToolCall, ruling: Ruling, *, risk: Risk, edited: JsonObject | None = None
    ) -> None:
        """Journal that a rule refuses a call, and tell the model which one and why."""
        told = prompts.refused_action(rule=ruling.rule, why=ruling.why, source=ruling.source)
        self._chronicle.note(
            ev.ActionRefused(
                call=call.id,
                agent=agent,
                tool=call.name,
                input=shortened(clean_json(call.input, self._redact)),
                risk=risk,
                rule=ruling.rule,
                why=ruling.why,
                source=ruling.source,
            ),
            ev.ActionFinished(
                action="",
                call=call.id,
                output=self._chronicle.keep(_with_edit(edited, told)),
                ok=False,
                refused=True,
            ),
        )

    def start(self, agent: str, call: ToolCall, risk: Risk) -> str:
        """Journal that an action begins.

        Returns:
            Its name.
        """
        action = f"a{self._chronicle.run.actions + 1}"
        shown = shortened(clean_json(call.input, self._redact))
        self._chronicle.note(
            ev.ActionStarted(action=action, call=call.id, agent=agent, tool=call.name, input=shown, risk=risk)
        )
        return action

    def answer(self, call: ToolCall, text: str, *, ok: bool, action: str = "") -> None:
        """Answer a call without the hands."""
        answer_call(self._chronicle, call, text, ok=ok, action=action)

    def settle_interrupted(self) -> None:
        """Report actions that were in flight when an engine died; they are not run again."""
        state = self._chronicle.state
        own = (
            known for known in self._chronicle.run.approvals.values() if known.stream == (self._chronicle.stream or "")
        )
        decisions = {known.request.call: known.decision for known in own if known.decision}
        for started in list(state.in_flight.values()):
            decided = decisions.get(started.call)
            told = _with_edit(decided.edited if decided is not None else None, prompts.INTERRUPTED)
            self._chronicle.note(
                ev.ActionFinished(
                    action=started.action,
                    call=started.call,
                    output=self._chronicle.keep(told),
                    ok=False,
                    interrupted=True,
                )
            )


def answer_call(chronicle: Chronicle, call: ToolCall, text: str, *, ok: bool, action: str = "") -> None:
    """Answer a call that no hands are needed for."""
    chronicle.note(ev.ActionFinished(action=action, call=call.id, output=chronicle.keep(text), ok=ok))


def _with_edit(edited: JsonObject | None, output: str) -> str:
    """What came of a call, in words that say so where a person changed it."""
    if edited is None:
        return output
    return prompts.edited_call(json.dumps(edited, indent=1, ensure_ascii=False), output)
