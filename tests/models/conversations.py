"""Requests for tests of models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from loki_tui.core.messages import Message, Part, TextPart, ToolCall, ToolResult, ToolSpec
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine.ports import ModelAnswer, ModelRequest

WORK_MODEL = "claude-sonnet-5-5"
SHELL = ToolSpec(name="shell", description="Runs a command.", schema_={"type": "object"})
SUBMIT = ToolSpec(name="submit_plan", description="Hands the plan in.", schema_={"type": "object"})


def user(*parts: Part | str) -> Message:
    return Message(role="user", parts=tuple(TextPart(text=p) if isinstance(p, str) else p for p in parts))


def assistant(*parts: Part | str) -> Message:
    return Message(role="assistant", parts=user(*parts).parts)


def request(messages: Sequence[Message] = (user("Go."),), **fields: Any) -> ModelRequest:
    values: dict[str, Any] = {
        "purpose": Purpose.WORK,
        "ordinal": 0,
        "conversation": "c1",
        "model": WORK_MODEL,
        "system": "You build software.",
        "tools": (SHELL, SUBMIT),
        "messages": messages,
        "max_output_tokens": 1000,
    }
    return ModelRequest(**(values | fields))


def continued(messages: Sequence[Message], answer: ModelAnswer, output: str = "done") -> list[Message]:
    """The conversation after an answer and the results of what it asked for."""
    said = Message(role="assistant", parts=answer.parts)
    results = [ToolResult(call=c.id, content=f"{output} {c.id}") for c in said.calls]
    return [*messages, said, user(*results) if results else user("Go on.")]


def shell_call(number: int) -> ToolCall:
    return ToolCall(id=f"toolu_{number}", name="shell", input={"command": f"echo {number}"})


def ignore(_: str) -> None:
    """An `on_text` for who does not listen."""
