from __future__ import annotations

import json
from typing import Any

import pytest

from loki_tui.core.messages import OpaquePart, ToolCall, ToolResult
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine.ports import ModelRequest
from loki_tui.models.wire import CacheTtl, Encoder
from tests.models.conversations import SHELL, SUBMIT, assistant, request, shell_call, user

THINKING = OpaquePart(provider="anthropic", data={"type": "thinking", "thinking": "hm", "signature": "s"}, summary="hm")


def encoded(asked: ModelRequest, ttl: CacheTtl = "5m") -> dict[str, Any]:
    body: dict[str, Any] = json.loads(Encoder(ttl).encode(asked))
    return body


def marked(body: dict[str, Any]) -> list[tuple[int, int]]:
    """Where in the messages there are breakpoints."""
    return [
        (i, j)
        for i, message in enumerate(body["messages"])
        for j, block in enumerate(message["content"])
        if "cache_control" in block
    ]


def test_a_request_has_all_there_is_to_say() -> None:
    body = encoded(request(effort="high"))
    ephemeral = {"type": "ephemeral"}
    assert body == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 1000,
        "stream": True,
        "thinking": {"type": "adaptive", "display": "summarized"},
        "output_config": {"effort": "high"},
        "tools": [
            {"name": tool.name, "description": tool.description, "input_schema": {"type": "object"}}
            for tool in (SHELL, SUBMIT)
        ],
        "system": [{"type": "text", "text": "You build software.", "cache_control": ephemeral}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Go.", "cache_control": ephemeral}]}],
    }


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-4-20250514", "llama3", "vendor/claude-opus-5-5"])
def test_thinking_and_effort_are_sent_only_where_they_are_known(model: str) -> None:
    body = encoded(request(model=model, effort="high"))
    assert "thinking" not in body
    assert "output_config" not in body


@pytest.mark.parametrize(
    "model", ["claude-opus-4-6", "claude-opus-5", "claude-opus-5-5", "claude-fable-5-2", "claude-haiku-5-5-20261001"]
)
def test_adaptive_models_get_their_effort(model: str) -> None:
    assert encoded(request(model=model, effort="max"))["output_config"] == {"effort": "max"}


def test_every_part_becomes_what_the_api_calls_it() -> None:
    broken = ToolCall(id="t2", name="shell", input={}, malformed='{"command": "ls')
    foreign = OpaquePart(provider="another", data={"secret": "reasoning"})
    body = encoded(
        request(
            [
                user("Go.", " \n"),
                assistant(THINKING, foreign, "Look.", shell_call(1), broken),
                user(ToolResult(call="toolu_1", content="ü"), ToolResult(call="t2", content="no", is_error=True)),
            ]
        )
    )
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "Look."},
        {"type": "tool_use", "id": "toolu_1", "name": "shell", "input": {"command": "echo 1"}},
        {"type": "tool_use", "id": "t2", "name": "shell", "input": {"INVALID_JSON": '{"command": "ls'}},
    ]
    assert [len(message["content"]) for message in body["messages"]] == [1, 4, 2]
    first, last = body["messages"][2]["content"]
    assert first == {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ü"}
    assert last["is_error"] is True


def test_breakpoints_are_where_requests_ended() -> None:
    messages = [user("Go.")]
    encoder = Encoder("1h")
    for number in range(5):
        body = json.loads(encoder.encode(request(messages)))
        assert marked(body) == [(i, 0) for i in range(2 * number + 1) if i % 2 == 0][-3:]
        assert body["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
        messages = [*messages, assistant(THINKING, shell_call(number)), user("Go on.")]


def test_a_request_that_nothing_follows_writes_no_end() -> None:
    messages = [user("Go."), assistant("Done."), user("Sum up.")]
    assert marked(encoded(request(messages, purpose=Purpose.COMPACT))) == [(0, 0)]
    assert marked(encoded(request(messages, must_call="submit_plan"))) == [(0, 0)]


def test_a_conversation_encoded_bit_by_bit_is_the_same_as_all_at_once() -> None:
    messages = [user("Go.")]
    encoder = Encoder("5m")
    for number in range(30):
        assert encoder.encode(request(messages)) == Encoder("5m").encode(request(messages))
        messages = [*messages, assistant(THINKING, f"Step {number}."), user(f"Go on {number}.")]


def test_conversations_do_not_mix_and_a_new_beginning_is_noticed() -> None:
    encoder = Encoder("5m")
    for number in range(40):
        asked = request([user(f"Go {number}.")], conversation=f"c{number % 20}")
        assert json.loads(encoder.encode(asked))["messages"][0]["content"][0]["text"] == f"Go {number}."
    compacted = request([user("Summary."), assistant("Yes."), user("Go.")], conversation="c19")
    assert len(json.loads(encoder.encode(compacted))["messages"]) == 3


def test_an_answer_without_anything_to_send_back_leaves_no_empty_message() -> None:
    body = encoded(request([user("Go."), assistant(), user("Well?")]))
    assert [message["role"] for message in body["messages"]] == ["user", "user"]
    assert marked(body) == [(0, 0), (1, 0)]


class TestTheToolThatMustBeCalled:
    def test_is_forced_where_the_model_takes_that(self) -> None:
        body = encoded(request(must_call="submit_plan", model="claude-haiku-4-5"))
        assert body["tool_choice"] == {"type": "tool", "name": "submit_plan"}

    @pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-opus-4-6", "llama3"])
    def test_is_the_only_one_on_offer_where_it_cannot_be_forced(self, model: str) -> None:
        encoder = Encoder("5m")
        asked = request(must_call="submit_plan", model=model)
        again = request([*asked.messages, assistant("Here."), user("Call it.")], must_call="submit_plan", model=model)
        for body in (json.loads(encoder.encode(asked)), json.loads(encoder.encode(again))):
            assert "tool_choice" not in body
            assert [tool["name"] for tool in body["tools"]] == ["submit_plan"]

    def test_does_not_change_the_tools_of_a_conversation_that_has_begun(self) -> None:
        encoder = Encoder("5m")
        asked = request()
        later = request([*asked.messages, assistant("I have seen enough."), user("Vote.")], must_call="submit_plan")
        encoder.encode(asked)
        assert len(json.loads(encoder.encode(later))["tools"]) == 2

    def test_does_not_change_them_after_a_restart_either(self) -> None:
        explored = [user("Go."), assistant(shell_call(1)), user(ToolResult(call="toolu_1", content="x"))]
        assert len(encoded(request(explored, must_call="submit_plan"))["tools"]) == 2
        submitted = ToolCall(id="t", name="submit_plan", input={})
        forced = [user("Go."), assistant(submitted), user(ToolResult(call="t", content="no", is_error=True))]
        assert len(encoded(request(forced, must_call="submit_plan"))["tools"]) == 1
