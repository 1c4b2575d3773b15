"""From the events of one streamed message to an answer.

Pure: bytes and time are `loki_tui.models.anthropic`'s. What a compatible server leaves out or
gets wrong in figures is tolerated; what an answer cannot be made of without is an error.
https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from pydantic import JsonValue, ValidationError
from pydantic_core import from_json

from loki_tui.core.errors import ModelFault
from loki_tui.core.messages import JsonObject, OpaquePart, Part, TextPart, ToolCall, Usage
from loki_tui.engine.ports import ModelAnswer, OnText
from loki_tui.models.faults import Rejection, rejection_of
from loki_tui.models.wire import PROVIDER

_STOPS = {"max_tokens": "length", "model_context_window_exceeded": "length", "refusal": "refusal"}
"""Reasons that end an answer before the model meant to, in the engine's words."""


@dataclass(slots=True)
class _Block:
    """A content block as it grows."""

    start: JsonObject
    text: list[str] = field(default_factory=list)
    signature: list[str] = field(default_factory=list)


class Assembly:
    """Puts one answer together.

    Args:
        on_text: Told of text as it comes, thinking the model lets us read included.
    """

    def __init__(self, on_text: OnText) -> None:
        self.started = False
        """Whether the message began: from then on the provider bills."""
        self.finished = False
        """Whether the message ended: without it, whatever came is half an answer."""
        self._on_text = on_text
        self._blocks: dict[int, _Block] = {}
        self._usage: dict[str, int] = {}
        self._stop = ""

    @property
    def usage(self) -> Usage | None:
        """What was reported so far."""
        if not self.started:
            return None
        known = self._usage
        long = known.get("ephemeral_1h_input_tokens", 0)
        written = known.get("cache_creation_input_tokens", 0)
        return Usage(
            input_tokens=known.get("input_tokens", 0),
            output_tokens=known.get("output_tokens", 0),
            cache_read_tokens=known.get("cache_read_input_tokens", 0),
            # The total is the only figure that is updated in mid-stream, and all that some servers give.
            cache_write_tokens=max(written - long, known.get("ephemeral_5m_input_tokens", 0)),
            cache_write_long_tokens=long,
        )

    def feed(self, data: str) -> None:
        """Take one event.

        Raises:
            Rejection: It reports an error, or is not what the protocol promises.
        """
        try:
            event = _object(from_json(data))
        except ValueError as error:
            raise Rejection(ModelFault.MALFORMED, "an event that is no JSON") from error
        match event.get("type"):
            case "message_start":
                self.started = True
                self._count(_object(_object(event.get("message")).get("usage")))
            case "content_block_start":
                self._begin(_index(event), _object(event.get("content_block")))
            case "content_block_delta":
                self._grow(_index(event), _object(event.get("delta")))
            case "message_delta":
                self._stop = _text(_object(event.get("delta")).get("stop_reason")) or self._stop
                self._count(_object(event.get("usage")))
            case "message_stop":
                self.finished = True
            case _ if "error" in event:
                raise rejection_of(_object(event["error"]))
            case _:
                pass  # pings, ends of blocks, and what the protocol may yet gain

    def answer(self) -> ModelAnswer:
        """The whole answer.

        Raises:
            Rejection: It cannot be used.
        """
        parts = tuple(part for _, block in sorted(self._blocks.items()) if (part := _part(block)) is not None)
        useful = any(isinstance(part, TextPart | ToolCall) for part in parts)
        if self._stop == "model_context_window_exceeded" and not useful:
            raise Rejection(ModelFault.TOO_LONG, "the conversation fills the model's window")
        calls = any(isinstance(part, ToolCall) for part in parts)
        # Compatible servers mix up end_turn and tool_use; what is in the answer does not lie.
        stop = _STOPS.get(self._stop) or ("tool_use" if calls else "end")
        return ModelAnswer(parts=parts, stop=stop, usage=self.usage or Usage())

    def _begin(self, index: int, start: JsonObject) -> None:
        self._blocks[index] = block = _Block(start)
        for key in ("text", "thinking"):
            self._say(block, _text(start.get(key)))
        if signature := _text(start.get("signature")):
            block.signature.append(signature)

    def _grow(self, index: int, delta: JsonObject) -> None:
        block = self._blocks.get(index)
        if block is None:
            raise Rejection(ModelFault.MALFORMED, "a piece of a block that never began")
        match delta.get("type"):
            case "text_delta":
                self._say(block, _text(delta.get("text")))
            case "thinking_delta":
                self._say(block, _text(delta.get("thinking")))
            case "input_json_delta":
                block.text.append(_text(delta.get("partial_json")))
            case "signature_delta":
                block.signature.append(_text(delta.get("signature")))
            case _:
                pass

    def _say(self, block: _Block, text: str) -> None:
        if text:
            block.text.append(text)
            self._on_text(text)

    def _count(self, usage: JsonObject) -> None:
        """Take over the figures of a report: they are cumulative, so a smaller one is only left out."""
        for key, value in (usage | _object(usage.get("cache_creation"))).items():
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                self._usage[key] = max(value, self._usage.get(key, 0))


def _part(block: _Block) -> Part | None:
    """What a finished block means, or nothing where it is empty."""
    text = "".join(block.text)
    match block.start.get("type"):
        case "text":
            # The API refuses blank text when it is sent back.
            return TextPart(text=text) if text.strip() else None
        case "tool_use":
            return _call(block.start, text)
        case "thinking":
            data: JsonObject = {"type": "thinking", "thinking": text, "signature": "".join(block.signature)}
            return OpaquePart(provider=PROVIDER, data=data, summary=text)
        case _:
            return OpaquePart(provider=PROVIDER, data=block.start)


def _call(start: JsonObject, raw: str) -> ToolCall:
    identity, name = start.get("id"), start.get("name")
    if not (identity and name and isinstance(identity, str) and isinstance(name, str)):
        raise Rejection(ModelFault.MALFORMED, "a tool call without an id or a name")
    if not raw.strip():
        return ToolCall(id=identity, name=name, input=_object(start.get("input")))
    try:
        arguments = from_json(raw, allow_inf_nan=False)
        json.dumps(arguments, allow_nan=False)  # refuses what overflows, 1e999 say: it could not be sent back
        return ToolCall(id=identity, name=name, input=arguments)
    except (ValueError, ValidationError):
        return ToolCall(id=identity, name=name, input={}, malformed=raw)


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _index(event: JsonObject) -> int:
    value = event.get("index")
    if not isinstance(value, int):
        raise Rejection(ModelFault.MALFORMED, "a block without a number")
    return value
