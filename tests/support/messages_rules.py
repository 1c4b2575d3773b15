"""The Messages API's side of a request: what it refuses, what its prompt cache holds, what it bills.

Independent of the code under test and of the SDK, standard library alone. Tokens are a quarter
of the characters; everything else follows the published rules: at most four breakpoints, each
looking back twenty blocks for an entry, a minimum prefix, exact prefixes, thinking blocks bound
to what came before them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

LOOKBACK = 20
BREAKPOINTS = 4

_UNFORCEABLE = re.compile(r"claude-(opus|sonnet|haiku)-5-5|claude-(fable|mythos)-5-[12]")
"""Models that refuse a forced tool, a turned-off thinking and sampling parameters."""


@dataclass(frozen=True, slots=True)
class Link:
    """One block of a prompt: a hash of everything up to it, its size, its breakpoint if it has one."""

    chain: int
    tokens: int
    ttl: str | None
    key: tuple[int, str]
    """What its prefix is cached under: content, and settings where they are part of it."""


def blocks_of(message: Body) -> list[Body]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def extend_chain(chain: int, role: str, block: Body) -> int:
    match block.get("type"):
        case "text":
            key: tuple[object, ...] = ("text", block["text"])
        case "tool_result":
            key = ("result", block["tool_use_id"], str(block.get("content")), block.get("is_error", False))
        case "thinking":
            key = ("thinking", block["thinking"], block["signature"])
        case _:
            plain = {name: value for name, value in block.items() if name != "cache_control"}
            key = (json.dumps(plain, sort_keys=True),)
    return hash((chain, role, key))


def tokens_of(block: Body) -> int:
    match block.get("type"):
        case "text":
            return 4 + len(block["text"]) // 4
        case "tool_result":
            return 12 + len(str(block.get("content"))) // 4
        case "thinking":
            return 4 + len(block["thinking"]) // 4
        case _:
            return 8 + len(json.dumps(block)) // 4


def links_of(body: Body) -> list[Link]:
    settings = json.dumps([body.get("tool_choice"), body.get("thinking"), body.get("output_config")])
    links: list[Link] = []
    chain = 0

    def add(role: str, block: Body, scope: str) -> None:
        nonlocal chain
        chain = extend_chain(chain, role, block)
        control = block.get("cache_control")
        ttl = control.get("ttl", "5m") if control else None
        links.append(Link(chain, tokens_of(block), ttl, (chain, scope)))

    for tool in body.get("tools", ()):
        add("tools", tool, "")
    system = body.get("system") or ()
    for block in [{"type": "text", "text": system}] if isinstance(system, str) else system:
        add("system", block, "")
    for message in body["messages"]:
        for block in blocks_of(message):
            add(message["role"], block, settings)
    return links


class PromptCache:
    """What the provider has cached, and what a prompt costs with it."""

    def __init__(self, minimum: int) -> None:
        self._minimum = minimum
        self._entries: set[tuple[str, tuple[int, str]]] = set()

    def bill(self, model: str, links: list[Link]) -> dict[str, Any]:
        """Usage of a prompt; what its breakpoints cover is cached from now on."""
        sizes, total = [], 0
        for link in links:
            total += link.tokens
            sizes.append(total)
        marked = [i for i, link in enumerate(links) if link.ttl and sizes[i] >= self._minimum]
        read = 0
        for mark in marked:
            for i in range(mark, max(-1, mark - LOOKBACK), -1):
                if (model, links[i].key) in self._entries:
                    read = max(read, sizes[i])
                    break
        written = {"5m": 0, "1h": 0}
        done = read
        for mark in marked:
            written[links[mark].ttl or "5m"] += max(0, sizes[mark] - done)
            done = max(done, sizes[mark])
            self._entries.add((model, links[mark].key))
        return {
            "input_tokens": total - done,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": sum(written.values()),
            "cache_creation": {
                "ephemeral_5m_input_tokens": written["5m"],
                "ephemeral_1h_input_tokens": written["1h"],
            },
            "output_tokens": 1,
        }


def complaint_about(body: Body, links: list[Link]) -> str | None:
    """Why the API would answer 400, if it would."""
    return next(_complaints(body, links), None)


def _complaints(body: Body, links: list[Link]) -> Iterator[str]:
    if not body["messages"]:
        yield "messages: at least one message is required"
        return
    if sum(link.ttl is not None for link in links) > BREAKPOINTS:
        yield "A maximum of 4 blocks with cache_control may be provided."
    if any(key in body for key in ("temperature", "top_p", "top_k")):
        yield "sampling parameters are not supported"
    if body["messages"][-1]["role"] != "user":
        yield "This model does not support assistant message prefill."
    if _UNFORCEABLE.fullmatch(body["model"]):
        if body.get("tool_choice", {}).get("type", "auto") in ("any", "tool"):
            yield "tool_choice forces tool use is not supported for this model"
        if body.get("thinking", {}).get("type", "adaptive") != "adaptive":
            yield "this thinking.type is not supported for this model"
    yield from _message_complaints(body, links)


def _message_complaints(body: Body, links: list[Link]) -> Iterator[str]:
    place = len(links) - sum(len(blocks_of(message)) for message in body["messages"])
    pending: set[str] = set()
    for message in body["messages"]:
        blocks = blocks_of(message)
        if not blocks:
            yield "all messages must have non-empty content"
        results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if pending - results:
            yield f"tool_use ids were found without tool_result blocks: {pending - results}"
        if results - pending:
            yield f"unexpected tool_use_id in tool_result blocks: {results - pending}"
        pending = {block["id"] for block in blocks if block["type"] == "tool_use"}
        for block in blocks:
            if block["type"] == "text" and not block["text"].strip():
                yield "text content blocks must contain non-whitespace text"
            if block["type"] == "thinking":
                if "cache_control" in block:
                    yield "thinking blocks cannot have cache_control"
                if block["signature"] != signature_of(links[place - 1].chain if place else 0):
                    yield "Invalid signature in thinking block: bound to a different conversation."
            place += 1


def signature_of(chain: int) -> str:
    """What binds a thinking block to everything before it."""
    return f"{chain & 0xFFFFFFFFFFFFFFFF:016x}"
