"""What a model says in a test, written down once: as a recording's lines, or as a server's replies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from loki_tui.core.messages import Part, TextPart, ToolCall
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine.ports import ModelAnswer
from loki_tui.models.cassette import RecordedAnswer, Take
from tests.support.messages_rules import Body
from tests.support.messages_server import Reply
from tests.support.messages_server import call as tool_use
from tests.support.messages_server import say as text_block
from tests.support.scripted import call, finishes, plans, says

PLANS = plans("It works")

WRITES = (says("I write it.", call("write_file", path="new.py", content="x = 1\n")), finishes("Write it"))
"""Turns of an agent that does its work."""


def cassette(path: Path, *turns: ModelAnswer, plan: ModelAnswer = PLANS, delegates: Sequence[ModelAnswer] = ()) -> Path:
    """A recording: a plan, then these turns of the agent, and those of its sub-agents."""
    lines = [_line(Purpose.PLAN, plan), *(_line(Purpose.WORK, turn) for turn in turns)]
    lines += [_line(Purpose.DELEGATE, turn) for turn in delegates]
    path.write_text("\n".join(lines))
    return path


def reply(answer: ModelAnswer) -> Reply:
    """The same answer from a server."""
    return Reply(tuple(map(_block, answer.parts)))


def _line(purpose: Purpose, answer: ModelAnswer) -> str:
    recorded = RecordedAnswer.model_validate({"parts": answer.parts, "stop": answer.stop, "usage": answer.usage})
    return Take(purpose=purpose, answer=recorded).model_dump_json()


def _block(part: Part) -> Body:
    match part:
        case TextPart():
            return text_block(part.text)
        case ToolCall():
            return tool_use(part.name, dict(part.input), identity=part.id) | (
                {"raw": part.malformed} if part.malformed else {}
            )
        case _:
            raise AssertionError(part)
