"""Requests in the words of the Anthropic Messages API, each message encoded once.

A turn adds a few messages to a conversation that may hold hundreds. Encoding all of them anew
would make every turn dearer than the one before, so a conversation's messages are kept as one
growing run of JSON bytes, into which the cache breakpoints of the moment are spliced: a marker
is no part of what the provider's prompt cache compares.

Breakpoints (four at most, https://platform.claude.com/docs/en/build-with-claude/prompt-caching):
one behind tools and system, one behind everything said so far, and one where each of the last
two requests of this conversation ended. The latter two name exactly what was written before, so
that it is found however many blocks the turn in between has added.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

from loki_tui.core.messages import JsonObject, Message, OpaquePart, Part, TextPart, ToolCall, ToolSpec
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine.ports import ModelRequest
from loki_tui.models.abilities import abilities_of

PROVIDER = "anthropic"
"""Marks the opaque parts that are ours to send back."""

CacheTtl = Literal["5m", "1h"]
"""How long the provider keeps a cached prefix after its last use."""

_CONVERSATIONS = 16
"""Conversations kept encoded; one that was dropped is encoded again."""
_EARLIER_ENDS = 2
"""Ends of earlier requests that get a breakpoint."""


class Encoder:
    """Encodes requests.

    Args:
        cache_ttl: How long the provider is to keep what it caches.
    """

    def __init__(self, cache_ttl: CacheTtl) -> None:
        self._control: JsonObject = {"type": "ephemeral"}
        if cache_ttl != "5m":
            self._control["ttl"] = cache_ttl
        self._marker = b',"cache_control":' + _json(self._control)
        self._transcripts: OrderedDict[str, _Transcript] = OrderedDict()

    def encode(self, request: ModelRequest) -> bytes:
        """The body of a request; costs what is new in its conversation."""
        transcript = self._transcript(request)
        transcript.extend(request.messages)
        head = _json(self._head(request, _offered_tools(request, transcript)))
        ends = transcript.earlier_ends[-_EARLIER_ENDS:]
        if transcript.end is not None and not _closes(request):
            ends = [*ends, transcript.end]
        pieces = [head[:-1], b',"messages":[']
        start = 0
        with memoryview(transcript.encoded) as encoded:
            for end in ends:
                pieces += bytes(encoded[start:end]), self._marker
                start = end
            pieces += bytes(encoded[start:]), b"]}"
        return b"".join(pieces)

    def _transcript(self, request: ModelRequest) -> _Transcript:
        transcript = self._transcripts.pop(request.conversation, None)
        if transcript is None or not transcript.continues(request.messages):
            transcript = _Transcript(narrowed=_starts_forced(request))
        self._transcripts[request.conversation] = transcript
        if len(self._transcripts) > _CONVERSATIONS:
            self._transcripts.popitem(last=False)
        return transcript

    def _head(self, request: ModelRequest, tools: tuple[ToolSpec, ...]) -> JsonObject:
        """Everything but the messages."""
        abilities = abilities_of(request.model)
        head: JsonObject = {"model": request.model, "max_tokens": request.max_output_tokens, "stream": True}
        if abilities.adaptive_thinking:
            # Left to itself a model of today says what it does between two actions in thinking
            # without a text, and a person would watch silence.
            head["thinking"] = {"type": "adaptive", "display": "summarized"}
            if request.effort:
                head["output_config"] = {"effort": request.effort}
        if tools:
            head["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.schema_} for tool in tools
            ]
        if request.must_call and abilities.forced_tool:
            head["tool_choice"] = {"type": "tool", "name": request.must_call}
        if request.system:
            head["system"] = [{"type": "text", "text": request.system, "cache_control": self._control}]
        return head


class _Transcript:
    """The encoded messages of one conversation.

    Args:
        narrowed: Whether it began with only the tool it must call on offer.
    """

    def __init__(self, *, narrowed: bool) -> None:
        self.narrowed = narrowed
        self.encoded = bytearray()
        self.earlier_ends: list[int] = []
        """Where the requests that have been answered ended, as offsets a marker can be put at."""
        self.end: int | None = None
        """Where the conversation ends now, if with something of ours."""
        self._count = 0
        self._first: Message | None = None
        self._last: Message | None = None

    def continues(self, messages: Sequence[Message]) -> bool:
        """Whether these messages are what was encoded here, and perhaps more."""
        if not self._count:
            return True
        return len(messages) >= self._count and messages[0] == self._first and messages[self._count - 1] == self._last

    def extend(self, messages: Sequence[Message]) -> None:
        """Encode what is new."""
        for message in messages[self._count :]:
            self._append(message)
        if messages:
            self._count = len(messages)
            self._first, self._last = messages[0], messages[-1]

    def _append(self, message: Message) -> None:
        if message.role == "assistant" and self.end is not None:
            self.earlier_ends.append(self.end)
            self.end = None
        blocks = [block for part in message.parts if (block := _block(part)) is not None]
        if not blocks:
            return
        if self.encoded:
            self.encoded += b","
        self.encoded += _json({"role": message.role, "content": list(blocks)})
        if message.role == "user":
            self.end = len(self.encoded) - len(b"}]}")


def _block(part: Part) -> JsonObject | None:
    """A part as a content block, or nothing where the API would refuse it."""
    match part:
        case TextPart():
            return {"type": "text", "text": part.text} if part.text.strip() else None
        case OpaquePart():
            return part.data if part.provider == PROVIDER else None
        case ToolCall():
            arguments: JsonObject = {"INVALID_JSON": part.malformed} if part.malformed else part.input
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments}
        case _:
            block: JsonObject = {"type": "tool_result", "tool_use_id": part.call, "content": part.content}
            return {**block, "is_error": True} if part.is_error else block


def _offered_tools(request: ModelRequest, transcript: _Transcript) -> tuple[ToolSpec, ...]:
    """The tools of a request: only the one it must call, where that breaks nothing.

    Models of today refuse a forced tool, so leaving them no other is what remains. But tools
    are the beginning of what the prompt cache and the signatures of thinking cover: a
    conversation that has begun with more keeps them.
    """
    if request.must_call is None or not transcript.narrowed:
        return request.tools
    return tuple(tool for tool in request.tools if tool.name == request.must_call)


def _starts_forced(request: ModelRequest) -> bool:
    """Whether a conversation seen for the first time has had no tool but the one it must call."""
    if request.must_call is None:
        return False
    answers = [message for message in request.messages if message.role == "assistant"]
    called = {call.name for answer in answers for call in answer.calls}
    return not answers or called == {request.must_call}


def _closes(request: ModelRequest) -> bool:
    """Whether nothing is likely to follow, so that writing its end to the cache would be wasted."""
    return request.must_call is not None or request.purpose is Purpose.COMPACT


def _json(value: JsonObject) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
