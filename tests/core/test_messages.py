"""Messages as values: what they say, and that they come back from JSON as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loki_tui.core.messages import Message, OpaquePart, Part, TextPart, ToolCall, ToolResult, Usage

TOKENS = st.integers(min_value=0, max_value=10**9)
USAGES = st.builds(Usage, **dict.fromkeys(Usage.model_fields, TOKENS))


def test_a_message_gives_its_text_and_its_calls_in_order() -> None:
    first, second = ToolCall(id="1", name="a", input={}), ToolCall(id="2", name="b", input={})
    parts: tuple[Part, ...] = (
        TextPart(text="one"),
        first,
        OpaquePart(provider="p", data={}),
        TextPart(text="two"),
        second,
    )
    message = Message(role="assistant", parts=parts)
    assert message.text == "one\ntwo"
    assert message.calls == (first, second)


def test_values_do_not_change() -> None:
    with pytest.raises(ValidationError):
        TextPart(text="a").text = "b"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        ToolResult.model_validate({"call": "1", "content": "x", "surprise": 1})


@given(st.text(), st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_parts_come_back_from_json(text: str, given: dict[str, int | str | None]) -> None:
    message = Message(
        role="user",
        parts=(
            TextPart(text=text),
            ToolCall(id=text, name="x", input={**given}),
            ToolResult(call="1", content=text, is_error=True),
            OpaquePart(provider="p", data={**given}),
        ),
    )
    assert Message.model_validate_json(message.model_dump_json()) == message


@given(USAGES, USAGES)
def test_usage_adds_up_tier_by_tier(one: Usage, other: Usage) -> None:
    total = one + other
    assert total == other + one
    assert total.prompt_tokens == one.prompt_tokens + other.prompt_tokens
    assert total.output_tokens == one.output_tokens + other.output_tokens
    assert one + Usage() == one
