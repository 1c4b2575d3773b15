"""A program's request to the Messages API: what is taken of it, and what is not, since nobody knows what it costs.

Whatever multiplies a price or is billed apart from tokens is refused: a request that is let through costs at most
what was set aside for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from loki_tui.core.errors import LokiError, ModelFault
from loki_tui.core.messages import JsonObject
from loki_tui.engine.outside.ports import Inquiry
from loki_tui.models.faults import Rejection

_OWN_TOOLS = ("custom", "bash_", "text_editor_", "memory_", "tool_search_tool_")
"""Kinds of tools that the provider does not bill apart from their tokens."""
_DEARER = {"speed": "standard", "inference_geo": "global"}
"""Fields whose other values multiply the price, and the value that does not."""


class BadInquiryError(LokiError):
    """A request that is not passed on."""


def read_inquiry(raw: bytes, *, max_output_tokens: int) -> tuple[Inquiry, bytes, bool]:
    """A request, as it is passed on.

    Args:
        raw: What the program sent.
        max_output_tokens: More output than that is not asked for.

    Returns:
        What it is, its bytes, and whether the answer is to be streamed.

    Raises:
        BadInquiryError: It is none, or its price could not be bounded.
    """
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadInquiryError("The request is no JSON.") from error
    if not isinstance(body, dict):
        raise BadInquiryError("The request is no JSON object.")
    model, asked = body.get("model"), body.get("max_tokens")
    if not isinstance(model, str) or not model or isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise BadInquiryError("The request names no model or no bound on its answer.")
    if complaint := next(_dearer(body), None):
        raise BadInquiryError(f"Loki does not pass this on, since its price cannot be bounded: {complaint}.")
    streamed = body.get("stream") is True
    if asked > max_output_tokens:
        body["max_tokens"] = max_output_tokens
        raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Inquiry(model=model, body=raw.decode(errors="replace")), raw, streamed


def _dearer(body: JsonObject) -> Iterator[str]:
    for field, usual in _DEARER.items():
        if body.get(field) not in (None, usual):
            yield field
    if body.get("service_tier") not in (None, "auto", "standard_only"):
        yield "service_tier"
    if body.get("mcp_servers") or body.get("container"):
        yield "work on the provider's own machines"
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else []:
        kind = tool.get("type") if isinstance(tool, dict) else "?"
        if kind is not None and not (isinstance(kind, str) and kind.startswith(_OWN_TOOLS)):
            yield f"the tool {kind!r}"


def events_of(raw: bytes) -> Iterator[str]:
    """The events that an answer in one piece would have been streamed as.

    Raises:
        Rejection: It is no answer.
    """
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Rejection(ModelFault.MALFORMED, "an answer that is no JSON") from error
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, list):
        raise Rejection(ModelFault.MALFORMED, "an answer without content")
    yield json.dumps({"type": "message_start", "message": {"usage": message.get("usage")}})
    for index, block in enumerate(content):
        yield json.dumps({"type": "content_block_start", "index": index, "content_block": block})
    yield json.dumps({"type": "message_delta", "delta": {"stop_reason": message.get("stop_reason")}})
    yield json.dumps({"type": "message_stop"})
