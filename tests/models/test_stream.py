from __future__ import annotations

import json
from typing import Any

import pytest

from loki_tui.core.errors import ModelFault
from loki_tui.core.messages import OpaquePart, TextPart, ToolCall, Usage
from loki_tui.models.faults import Rejection
from loki_tui.models.stream import Assembly
from tests.models.conversations import ignore

Event = dict[str, Any]


def assembled(*events: Event) -> Assembly:
    assembly = Assembly(ignore)
    for event in events:
        assembly.feed(json.dumps(event))
    return assembly


def start(usage: Any = None) -> Event:
    return {"type": "message_start", "message": {"usage": usage}}


def stop(reason: str | None, usage: Any = None) -> Event:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def block(content: Event, *deltas: Event, index: int = 0) -> list[Event]:
    grown = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [{"type": "content_block_start", "index": index, "content_block": content}, *grown]


def tool(raw: str, **fields: Any) -> list[Event]:
    content = {"type": "tool_use", "id": "t1", "name": "shell", "input": {}} | fields
    return block(content, *({"type": "input_json_delta", "partial_json": c} for c in raw))


def test_figures_are_taken_over_tier_by_tier_and_updated() -> None:
    figures = {
        "input_tokens": 10,
        "cache_read_input_tokens": 20,
        "cache_creation_input_tokens": 70,
        "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 40},
        "output_tokens": 1,
    }
    assembly = assembled(start(figures), stop("end_turn", {"output_tokens": 50, "input_tokens": None}))
    assert assembly.usage == Usage(
        input_tokens=10,
        cache_read_tokens=20,
        cache_write_tokens=30,
        cache_write_long_tokens=40,
        output_tokens=50,
    )


def test_a_figure_that_falls_was_only_left_out() -> None:
    begun = start({"input_tokens": 10, "output_tokens": 1})
    assert assembled(begun, stop("end_turn", {"input_tokens": 0, "output_tokens": 5})).usage == Usage(
        input_tokens=10, output_tokens=5
    )


def test_an_error_is_one_without_its_type_too() -> None:
    with pytest.raises(Rejection) as caught:
        assembled({"error": {"type": "overloaded_error", "message": "m"}})
    assert caught.value.fault is ModelFault.OVERLOADED


def test_a_total_of_writes_alone_counts_as_short() -> None:
    assert assembled(start({"cache_creation_input_tokens": 70})).usage == Usage(cache_write_tokens=70)


@pytest.mark.parametrize("figures", [None, [], "many", {"input_tokens": -3, "output_tokens": "7", "x": True}])
def test_figures_that_are_none_count_as_nothing(figures: Any) -> None:
    assert assembled(start(figures)).usage == Usage()


def test_before_the_message_began_nothing_is_known() -> None:
    assert assembled({"type": "ping"}).usage is None


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        ("end_turn", "end"),
        ("stop_sequence", "end"),
        ("pause_turn", "end"),
        ("tool_use", "end"),
        ("max_tokens", "length"),
        ("refusal", "refusal"),
        ("model_context_window_exceeded", "length"),
        ("a_reason_of_tomorrow", "end"),
        (None, "end"),
    ],
)
def test_reasons_to_stop(reason: str | None, meaning: str) -> None:
    said = block({"type": "text", "text": ""}, {"type": "text_delta", "text": "Hello."})
    answer = assembled(start(), *said, stop(reason)).answer()
    assert answer.stop == meaning
    assert answer.parts == (TextPart(text="Hello."),)


def test_a_window_that_was_full_from_the_beginning_is_too_long() -> None:
    with pytest.raises(Rejection) as caught:
        assembled(start(), stop("model_context_window_exceeded")).answer()
    assert caught.value.fault is ModelFault.TOO_LONG


def test_a_tool_call_is_one_whatever_the_reason_says() -> None:
    answer = assembled(start(), *tool('{"command": "ls"}'), stop("end_turn")).answer()
    assert answer.stop == "tool_use"
    assert answer.parts == (ToolCall(id="t1", name="shell", input={"command": "ls"}),)


def test_a_tool_without_arguments() -> None:
    assert assembled(start(), *tool("")).answer().parts == (ToolCall(id="t1", name="shell", input={}),)


@pytest.mark.parametrize(
    "raw", ['{"command": "l', "[1, 2]", '"ls"', "null", '{"a": NaN}', '{"a": 1e999}', "[" * 5000, '{"a": "\\ud800"}']
)
def test_arguments_that_are_no_json_object_are_kept_as_they_came(raw: str) -> None:
    assert assembled(start(), *tool(raw)).answer().parts == (ToolCall(id="t1", name="shell", input={}, malformed=raw),)


def test_thinking_is_kept_to_be_sent_back_and_can_be_read() -> None:
    heard: list[str] = []
    assembly = Assembly(heard.append)
    thinking = block(
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "h"},
        {"type": "thinking_delta", "thinking": "m"},
        {"type": "signature_delta", "signature": "abc"},
    )
    hidden = {"type": "redacted_thinking", "data": "xyz"}
    for event in [start(), *thinking, *block(hidden, index=1)]:
        assembly.feed(json.dumps(event))
    data = {"type": "thinking", "thinking": "hm", "signature": "abc"}
    assert assembly.answer().parts == (
        OpaquePart(provider="anthropic", data=data, summary="hm"),
        OpaquePart(provider="anthropic", data=hidden),
    )
    assert heard == ["h", "m"]


def test_blank_text_is_no_part_since_it_could_not_be_sent_back() -> None:
    blank = block({"type": "text", "text": ""}, {"type": "text_delta", "text": " \n"})
    assert assembled(start(), *blank).answer().parts == ()


@pytest.mark.parametrize(
    "event",
    [
        "{",
        '{"type": "content_block_start", "content_block": {}}',
        '{"type": "content_block_delta", "index": 3, "delta": {}}',
    ],
)
def test_what_the_protocol_does_not_promise_is_malformed(event: str) -> None:
    with pytest.raises(Rejection) as caught:
        Assembly(ignore).feed(event)
    assert caught.value.fault is ModelFault.MALFORMED


@pytest.mark.parametrize("missing", ["id", "name"])
def test_a_call_that_cannot_be_answered_is_malformed(missing: str) -> None:
    with pytest.raises(Rejection) as caught:
        assembled(start(), *tool("{}", **{missing: None})).answer()
    assert caught.value.fault is ModelFault.MALFORMED


@pytest.mark.parametrize("event", ["[]", "3", '{"type": 5}', '{"type": "news"}', '{"type": "content_block_stop"}'])
def test_events_that_mean_nothing_here_are_passed_over(event: str) -> None:
    assembly = Assembly(ignore)
    assembly.feed(event)
    assert not assembly.started
