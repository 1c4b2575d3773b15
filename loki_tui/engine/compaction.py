"""Compaction: a conversation that outgrows its model is replaced by a summary of itself."""

from __future__ import annotations

from dataclasses import replace

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelError, ModelFault
from loki_tui.core.messages import Message, OpaquePart, TextPart, ToolCall, ToolResult
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine import prompts
from loki_tui.engine.asking import Asker, Question
from loki_tui.engine.context import RunContext
from loki_tui.engine.transcript import Transcript

FULL = 0.75
"""Share of the model's window at which a conversation is condensed."""

RECOUNTED = 100_000
"""Characters of a conversation's end that are recounted to another model where it no longer fits its own."""

RECOUNTED_EACH = 1_000
"""Characters of each thing said or done in it."""

RECALLED = 4_000
"""Characters of its end that stand as the summary where no model can make one."""


class Compaction:
    """Condenses one conversation, as often as it takes.

    Args:
        context: The run.
        asker: Puts questions to the model.
        question: What every turn of the conversation asks, apart from the conversation.
    """

    def __init__(self, context: RunContext, asker: Asker, question: Question) -> None:
        self._chronicle = context.chronicle
        self._asker = asker
        self._question = question
        self._fast = context.settings.models["fast"]
        self._window = context.settings.context_window or context.prices.context_window(question.model)

    def due(self, transcript: Transcript) -> bool:
        """Whether it is time: the context is nearly full, or a summary was answered and not put in place."""
        usage = transcript.usage
        return transcript.summary is not None or usage.prompt_tokens + usage.output_tokens > FULL * self._window

    async def condense(self, transcript: Transcript) -> None:
        """Have the model that led the conversation summarise it."""
        if transcript.summary is None:
            try:
                await self._asker.ask(
                    replace(self._question, purpose=Purpose.COMPACT, must_call=None, say=prompts.SUMMARISE), transcript
                )
            except ModelError as error:
                if error.fault is not ModelFault.TOO_LONG:
                    raise
                await self.condense_elsewhere(transcript)
                return
        self._put_in_place(transcript, transcript.summary or _recount(transcript, RECALLED))

    async def condense_elsewhere(self, transcript: Transcript) -> None:
        """Have another model summarise what no longer fits the one that led it."""
        told = prompts.recounted(_recount(transcript, RECOUNTED))
        chronicle = self._chronicle
        aside = Transcript(f"{transcript.key}/summary", told, recall=chronicle.recall, load=chronicle.journal.get_blob)
        iteration = chronicle.state.iteration
        for record in chronicle.records(after=iteration.started_seq if iteration else 0):
            aside.observe(record)
        if aside.summary is None:
            question = Question(
                purpose=Purpose.COMPACT, model=self._fast, system=prompts.CONDENSER, say=prompts.SUMMARISE
            )
            release = chronicle.observe(aside.observe)
            try:
                await self._asker.ask(question, aside)
            except ModelError as error:
                chronicle.note(ev.Warned(message=f"No summary could be made by {self._fast}: {error.message}"))
            finally:
                release()
        self._put_in_place(transcript, aside.summary or _recount(transcript, RECALLED))

    def _put_in_place(self, transcript: Transcript, summary: str) -> None:
        self._chronicle.note(
            ev.ContextCompacted(
                agent=transcript.agent,
                summary=self._chronicle.keep(summary),
                tokens_before=transcript.usage.prompt_tokens + transcript.usage.output_tokens,
            )
        )


def _recount(transcript: Transcript, length: int) -> str:
    """The end of a conversation in plain words."""
    told = "\n".join(line for message in transcript.messages[1:] for line in _lines(message))
    return told[-length:]


def _lines(message: Message) -> list[str]:
    lines = []
    for part in message.parts:
        match part:
            case TextPart():
                lines.append(f"{message.role}: {part.text[:RECOUNTED_EACH]}")
            case ToolCall():
                given = ", ".join(f"{name}={str(value)[:RECOUNTED_EACH]!r}" for name, value in part.input.items())
                lines.append(f"called {part.name}({given})")
            case ToolResult():
                lines.append(f"result: {part.content[:RECOUNTED_EACH]}")
            case OpaquePart():
                pass
    return lines
