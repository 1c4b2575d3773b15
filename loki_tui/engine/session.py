"""One agent at work: turns of asking and acting until the iteration is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelError, ModelFault
from loki_tui.core.messages import ToolCall
from loki_tui.core.tools import BadCallError, Delegate, FinishIteration, ToolInput, parse_call
from loki_tui.engine import prompts
from loki_tui.engine.acting import Actor
from loki_tui.engine.asking import Asker, Question
from loki_tui.engine.compaction import Compaction
from loki_tui.engine.context import RunContext
from loki_tui.engine.delegation import Delegation
from loki_tui.engine.transcript import Transcript

SILENT_TURNS = 3
"""After this many answers in a row without a tool call the agent counts as silent."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a stretch of work ended."""

    by: Literal["agent", "turns", "silence", "time"]
    finish: FinishIteration | None = None


class Session:
    """Drives one conversation to its end.

    Args:
        context: The run.
        asker: Puts questions to the model.
        actor: Carries out calls.
        transcript: The conversation, as far as it got.
        question: What every turn asks, apart from the conversation.
        tools: What the agent may call.
        delegation: Runs sub-agents; none where the agent has none.
    """

    def __init__(
        self,
        context: RunContext,
        asker: Asker,
        *,
        actor: Actor,
        transcript: Transcript,
        question: Question,
        tools: tuple[type[ToolInput], ...],
        delegation: Delegation | None = None,
    ) -> None:
        self._chronicle = context.chronicle
        self._max_turns = context.settings.max_turns
        self._compaction = Compaction(context, asker, question)
        self._asker = asker
        self._actor = actor
        self._transcript = transcript
        self._question = question
        self._tools = tools
        self._delegation = delegation

    async def run(self) -> Ended:
        """Work until the agent finishes, falls silent or runs out of turns."""
        transcript = self._transcript
        while True:
            if (finish := await self._act()) is not None:
                return Ended("agent", finish)
            if transcript.silent_turns >= SILENT_TURNS:
                return Ended("silence")
            if transcript.turns >= self._max_turns:
                return Ended("turns")
            if self._compaction.due(transcript):
                await self._compaction.condense(transcript)
            if self._delegation is not None:
                await self._delegation.make_room()
            self._deliver_notes()
            try:
                await self._asker.ask(self._question, transcript)
            except ModelError as error:
                if error.fault is not ModelFault.TOO_LONG or len(transcript.messages) <= 1:
                    raise
                await self._compaction.condense_elsewhere(transcript)

    async def _act(self) -> FinishIteration | None:
        """Carry out all open calls; the one that ends the iteration comes last."""
        finish: FinishIteration | None = None
        for call in self._transcript.open_calls:
            if call.name == FinishIteration.tool and finish is None:
                finish = self._finish(call)
            elif call.name == Delegate.tool:
                await self._delegate(call)
            elif (exact := self._asker.exact(call)) is not None:
                await self._actor.act(self._transcript.agent, exact, allowed=self._tools)
            else:
                self._actor.answer(call, prompts.NOT_KEPT, ok=False)
        return finish

    async def _delegate(self, call: ToolCall) -> None:
        if self._delegation is None:
            self._actor.answer(call, prompts.NO_DELEGATION, ok=False)
        else:
            await self._delegation.run(self._transcript.agent, call, self._actor)

    def _finish(self, call: ToolCall) -> FinishIteration | None:
        try:
            finish = parse_call(call, self._tools)
        except BadCallError as error:
            self._actor.answer(call, str(error), ok=False)
            return None
        assert isinstance(finish, FinishIteration)
        if self._transcript.interrupted:
            self._actor.answer(call, prompts.NOT_FINISHED, ok=False)
            return None
        return finish

    def _deliver_notes(self) -> None:
        # They are for who leads the work: a sub-agent has one task and would take them along when it ends.
        if self._delegation is not None and (waiting := self._chronicle.state.notes):
            self._chronicle.note(ev.SteeringDelivered(agent=self._transcript.agent, notes=tuple(waiting)))
