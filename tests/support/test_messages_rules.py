"""The scripted provider's own arithmetic: what is measured with it is worth what it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.messages_rules import Body, PromptCache, complaint_about, links_of, signature_of

MODEL = "claude-opus-5-5"
TEXT = "x" * 4000
SIZE = 4 + 1000


def block(text: str = TEXT, *, mark: str | None = None) -> Body:
    plain: Body = {"type": "text", "text": text}
    return {**plain, "cache_control": {"type": "ephemeral", "ttl": mark}} if mark else plain


def body(*blocks: Body, **fields: Any) -> Body:
    return {"model": MODEL, "messages": [{"role": "user", "content": list(blocks)}], **fields}


def billed(cache: PromptCache, asked: Body) -> tuple[int, int, int]:
    usage = cache.bill(asked["model"], links_of(asked))
    return usage["input_tokens"], usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]


def test_a_prefix_is_written_once_and_read_wherever_it_is_the_same() -> None:
    cache = PromptCache(minimum=1000)
    assert billed(cache, body(block(mark="5m"), block())) == (SIZE, SIZE, 0)
    assert billed(cache, body(block(mark="5m"), block())) == (SIZE, 0, SIZE)
    assert billed(cache, body(block(), block(mark="5m"))) == (0, SIZE, SIZE)
    assert billed(cache, body(block("y" + TEXT[1:], mark="5m"))) == (0, SIZE, 0)
    assert billed(cache, body(block(mark="5m"), tools=[{"name": "t"}]))[2] == 0
    assert billed(cache, body(block(mark="5m"), model="another"))[2] == 0


def test_a_short_prefix_is_not_cached() -> None:
    cache = PromptCache(minimum=SIZE + 1)
    for _ in range(2):
        assert billed(cache, body(block(mark="5m"))) == (SIZE, 0, 0)


@pytest.mark.parametrize(("between", "found"), [(19, True), (20, False)])
def test_it_looks_back_twenty_blocks(between: int, found: bool) -> None:
    cache = PromptCache(minimum=1000)
    billed(cache, body(block(mark="5m")))
    asked = body(block(), *(block("z") for _ in range(between - 1)), block("z", mark="5m"))
    assert (billed(cache, asked)[2] == SIZE) is found


def test_lifetimes_are_told_apart() -> None:
    usage = PromptCache(minimum=1000).bill(MODEL, links_of(body(block(mark="1h"), block(mark="5m"))))
    assert usage["cache_creation"] == {"ephemeral_1h_input_tokens": SIZE, "ephemeral_5m_input_tokens": SIZE}


@pytest.mark.parametrize(
    "refused",
    [
        body(*(block(mark="5m") for _ in range(5))),
        body(block(), temperature=0.5),
        body(block(), tool_choice={"type": "any"}),
        body(block(), thinking={"type": "disabled"}),
        body(block(" ")),
        body(),
        body({"type": "tool_result", "tool_use_id": "t", "content": ""}),
        {"model": MODEL, "messages": []},
        {"model": MODEL, "messages": [{"role": "assistant", "content": [block()]}]},
        {
            "model": MODEL,
            "messages": [
                {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "n", "input": {}}]},
                {"role": "user", "content": [block()]},
            ],
        },
    ],
)
def test_what_the_provider_refuses(refused: Body) -> None:
    assert complaint_about(refused, links_of(refused))


def test_thinking_is_bound_to_what_came_before_it() -> None:
    first = body(block())
    thought = {"type": "thinking", "thinking": "hm", "signature": signature_of(links_of(first)[-1].chain)}
    later = [{"role": "assistant", "content": [thought]}, {"role": "user", "content": [block("Go on.")]}]
    same = {**first, "messages": [*first["messages"], *later]}
    assert complaint_about(same, links_of(same)) is None
    changed = {**same, "tools": [{"name": "t"}]}
    assert "different conversation" in (complaint_about(changed, links_of(changed)) or "")
