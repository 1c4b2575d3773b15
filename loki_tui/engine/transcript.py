"""An agent's conversation, folded from the journal.

The live engine and a resumed one build it from the same records by the same code, so the
messages a model is sent are the same, byte for byte: no answered request is asked again, and
the provider's prompt cache still fits.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import TypeAdapter

from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.core.messages import Message, Part, TextPart, ToolCall, ToolResult, Usage
from loki_tui.core.tools import Delegate
from loki_tui.core.vocabulary import Excerpt, Purpose
from loki_tui.engine import prompts

PARTS: TypeAdapter[tuple[Part, ...]] = TypeAdapter(tuple[Part, ...])
"""The parts of an answer, as they are kept in a blob."""


class Transcript:
    """One agent's conversation so far.

    Args:
        agent: Whose.
        brief: The opening message.
        recall: Gives the whole text of an excerpt.
        load: Gives the bytes of a blob.
        nudge: Said to a model that called no tool.
    """

    def __init__(
        self,
        agent: str,
        brief: str,
        *,
        recall: Callable[[Excerpt], str],
        load: Callable[[str], bytes],
        nudge: str = prompts.NUDGE,
    ) -> None:
        self.agent = agent
        self.messages: list[Message] = []
        self.turns = 0
        self.silent_turns = 0
        """Answers in a row that called no tool."""
        self.usage = Usage()
        """Of the last answer: how full the context is."""
        self.summary: str | None = None
        """A summary that was answered but not put in place yet."""
        self.interrupted = False
        """Whether a tool call of the last answer was in flight when an engine died."""
        self._brief = brief
        self._recall = recall
        self._load = load
        self._nudge = nudge
        self._reply: list[Part] = [TextPart(text=brief)]
        self._open: dict[str, ToolCall] = {}
        self._asked: dict[str, str] = {}
        """Approval to the open call it is about."""
        self._edited: set[str] = set()
        """Open calls that a person changed."""
        self._purposes: dict[str, Purpose] = {}
        self._compactions = 0

    @property
    def key(self) -> str:
        """Names the conversation; another one when messages stop extending what they were."""
        return f"{self.agent}#{self._compactions}"

    @property
    def open_calls(self) -> list[ToolCall]:
        """Tool calls of the last answer that have no result yet, in order."""
        return list(self._open.values())

    @property
    def last_answer(self) -> Message | None:
        """What the model said last."""
        return next((message for message in reversed(self.messages) if message.role == "assistant"), None)

    @property
    def unsent(self) -> tuple[Part, ...]:
        """What the next message to the model will consist of."""
        return tuple(self._reply)

    def observe(self, record: Record) -> None:
        """Take a record in, if it is about this conversation."""
        match record.event:
            case ev.ModelRequested(agent=self.agent) as asked:
                self._purposes[asked.request] = asked.purpose
                if asked.purpose is not Purpose.COMPACT:
                    self._seal()
            case ev.ModelAnswered() as answer if answer.request in self._purposes:
                self._hear(answer, self._purposes.pop(answer.request))
            case ev.ActionFinished() as finished if finished.call in self._open:
                self._take(finished, self._open.pop(finished.call))
            case ev.ApprovalDecided(edited=dict()) as decided if decided.approval in self._asked:
                self._edited.add(self._asked[decided.approval])
            case ev.ApprovalRequested(call=str(call)) as wanted if call in self._open:
                self._asked[wanted.approval] = call
            case ev.SteeringDelivered(agent=self.agent) as steering:
                self._reply.append(TextPart(text=prompts.steering(steering.notes)))
            case ev.ContextCompacted(agent=self.agent) as compacted:
                self._start_over(self._recall(compacted.summary))
            case _:
                pass

    def _take(self, finished: ev.ActionFinished, call: ToolCall) -> None:
        self.interrupted |= finished.interrupted
        content = self._recall(finished.output)
        # What no hands were needed for is Loki's own words, and so is that an engine died; reports are not.
        if finished.action and (not finished.interrupted or call.name == Delegate.tool):
            content = prompts.result(content, tool=call.name, edited=call.id in self._edited)
        self._reply.append(ToolResult(call=call.id, content=content, is_error=not finished.ok))

    def _seal(self) -> None:
        if self._reply:
            self.messages.append(Message(role="user", parts=tuple(self._reply)))
            self._reply = []

    def _hear(self, answer: ev.ModelAnswered, purpose: Purpose) -> None:
        parts = answer.parts if answer.blob is None else PARTS.validate_json(self._load(answer.blob))
        message = Message(role="assistant", parts=parts)
        if purpose is Purpose.COMPACT:
            self.summary = message.text
            return
        self.messages.append(message)
        self.turns += 1
        self.usage = answer.usage
        self.interrupted = False
        self._open = {call.id: call for call in message.calls}
        self._asked, self._edited = {}, set()
        self.silent_turns = 0 if self._open else self.silent_turns + 1
        if not self._open:
            self._reply.append(TextPart(text=prompts.CUT_OFF if answer.stop == "length" else self._nudge))

    def _start_over(self, summary: str) -> None:
        self._compactions += 1
        self.messages = []
        self.summary = None
        self.usage = Usage()
        self._open = {}
        self._reply = [TextPart(text=prompts.resumed(opening_text=self._brief, summary=summary))]
