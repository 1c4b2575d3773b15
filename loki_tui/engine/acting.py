"""Carrying out what a model asks for: validated, judged, approved, journaled, done in the hands."""

from __future__ import annotations

from loki_tui.core import events as ev
from loki_tui.core.messages import JsonObject, ToolCall
from loki_tui.core.tools import BadCallError, ToolInput, parse_call
from loki_tui.core.vocabulary import Risk
from loki_tui.engine import prompts
from loki_tui.engine.approvals import propose_action
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.context import RunContext
from loki_tui.engine.ports import Workspace
from loki_tui.guard.risk import changes_state, risk_of

SHOWN = 2_000
"""Characters of each long input that an event shows."""


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
        risk = risk_of(tool_input)
        if self._approvals is not None and changes_state(risk):
            proposal = propose_action(tool_input, call=call.id, risk=risk, workspace=self._root)
            decided = await self._approvals.decide(proposal)
            if decided.decision != "approved":
                return self.answer(call, f"Refused by {decided.by}: {decided.reason or 'no reason given'}", ok=False)
        await self._control.gate()
        return await self._perform(agent, call, tool_input, risk)

    async def _perform(self, agent: str, call: ToolCall, tool_input: ToolInput, risk: Risk) -> None:
        action = self.start(agent, call, risk)
        given = tool_input.model_dump(mode="json", exclude_none=True)
        result = await self._workspace.perform(
            call.name, given, on_output=lambda text: self._live.on_output(action, text)
        )
        output = self._redact(result.output)
        diff = self._chronicle.keep(self._redact(result.diff)) if result.diff else None
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

    def start(self, agent: str, call: ToolCall, risk: Risk) -> str:
        """Journal that an action begins.

        Returns:
            Its name.
        """
        action = f"a{self._chronicle.state.actions + 1}"
        self._chronicle.note(
            ev.ActionStarted(
                action=action, call=call.id, agent=agent, tool=call.name, input=self._shown(call.input), risk=risk
            )
        )
        return action

    def answer(self, call: ToolCall, text: str, *, ok: bool, action: str = "") -> None:
        """Answer a call without the hands."""
        answer_call(self._chronicle, call, self._redact(text), ok=ok, action=action)

    def settle_interrupted(self) -> None:
        """Report actions that were in flight when an engine died; they are not run again."""
        for started in list(self._chronicle.state.in_flight.values()):
            self._chronicle.note(
                ev.ActionFinished(
                    action=started.action,
                    call=started.call,
                    output=self._chronicle.keep(prompts.INTERRUPTED),
                    ok=False,
                    interrupted=True,
                )
            )

    def _shown(self, given: JsonObject) -> JsonObject:
        shown: JsonObject = {}
        for name, value in given.items():
            text = self._redact(value) if isinstance(value, str) else value
            shown[name] = f"{text[:SHOWN]}…" if isinstance(text, str) and len(text) > SHOWN else text
        return shown


def answer_call(chronicle: Chronicle, call: ToolCall, text: str, *, ok: bool, action: str = "") -> None:
    """Answer a call that no hands are needed for."""
    chronicle.note(ev.ActionFinished(action=action, call=call.id, output=chronicle.keep(text), ok=ok))
