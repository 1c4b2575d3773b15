"""The run that the crash sweep kills: a model whose answers follow from what it is asked, and nothing else.

It needs no memory, so it goes on in whatever process takes the run up; where a tool call was
interrupted it asks for it again, at no charge, so that every run ends in the same tree. What it
served is on disk before the engine has it: the provider's bill, to hold the journal against.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from loki_tui.core.errors import ModelError, ModelFault
from loki_tui.core.messages import Message, TextPart, ToolCall, ToolResult, Usage
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine import prompts
from loki_tui.engine.ports import ModelAnswer, ModelRequest, OnText

MODEL = "scripted"
PRICE: dict[str, JsonValue] = {"input": 1000, "output": 1000, "cache_read": 0}
"""Dollars per million tokens: input of a repetition comes from the cache, for nothing."""

WINDOW = 4_000
MAX_OUTPUT = 3_000
"""Enough to fill the window to where it is condensed."""

TEST = "if [ -e fixed ]; then echo '1 passed in 0.01s'; else echo '1 failed in 0.01s'; exit 1; fi"
"""The project's test command."""

Given = dict[str, JsonValue]

_FULL = "w3"
"""The answer of this step fills the context."""
_FAILING = "w2"
"""The first request of this step fails."""
_FIRST_OF_SECOND = 5
"""The step that the second iteration begins with."""


_FINISH: tuple[str, Given] = (
    "finish_iteration",
    {
        "summary": "All done",
        "claims_done": True,
        "handover": "go on",
        "proofs": [{"requirement": "R1", "tests": ["unit tests"]}],
    },
)


def calls_of(step: str, *, tag: str = "") -> list[tuple[str, Given]]:
    """The tool calls of one step; commands leave a line with the tag in a file that git ignores."""
    match step:
        case "w1":
            return [("write_file", {"path": "a.txt", "content": "one\ntwo\n"})]
        case "w2":
            made = f"echo w2{tag} >> ran.log; mkdir -p src && echo made > src/made"
            return [("shell", {"command": "sleep 600", "background": True}), ("shell", {"command": made})]
        case "w3":
            tasks: JsonValue = [{"role": "writer", "task": f"sub {number}{tag}"} for number in (1, 2)]
            return [("delegate", {"tasks": tasks})]
        case "w4":
            return [("edit_file", {"path": "a.txt", "old_string": "two", "new_string": "three"}), _FINISH]
        case "w5":
            return [("shell", {"command": f"echo w5{tag} >> ran.log; echo yes > fixed"}), _FINISH]
        case "s1.1" | "s2.1":
            return [("write_file", {"path": f"{step[:2]}.txt", "content": f"by {step[:2]}\n"})]
        case name if re.fullmatch(r"council .*\.1", name):
            return [("read_file", {"path": "a.txt"})]
        case name if re.fullmatch(r"council .*\.2", name):
            vote: Given = {"verdict": "approve", "reasons": ["It works."], "evidence": ["a.txt:1", "unit tests"]}
            return [("cast_vote", vote)]
        case "s1.2" | "s2.2":
            return [("finish_iteration", {"summary": "written", "claims_done": True, "handover": ""})]
        case _:
            raise ModelError(f"There is no step {step}.", fault=ModelFault.EXHAUSTED)


@dataclass(frozen=True, slots=True)
class Served:
    """A request the provider worked on."""

    step: str
    digest: str
    """Of all that was sent."""
    usage: Usage
    failed: bool = False


class SagaModel:
    """Plays the saga; implements `loki_tui.engine.ports.Model`.

    Args:
        log: Where the bill is kept.
    """

    def __init__(self, log: Path) -> None:
        self._log = log

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        """The answer that the conversation so far calls for."""
        await asyncio.sleep(0)
        interrupted = _interrupted(request.messages)
        match request.purpose:
            case Purpose.PLAN:
                requirements: JsonValue = [{"id": "R1", "title": "It works", "criteria": []}]
                return self._serve(request, "plan", [("submit_plan", {"requirements": requirements})])
            case Purpose.COMPACT:
                summary = f"[c1] So far [{_FULL}]" + "".join(f" interrupted={call}" for call in interrupted)
                return self._serve(request, "c1", [], text=summary)
            case Purpose.DELEGATE:
                brief = re.search(r"sub (\d)(.*)", request.messages[0].text)
                assert brief
                step = f"s{brief[1]}.{len(request.messages) // 2 + 1}"
                return self._serve(request, step, calls_of(step), tag=brief[2])
            case Purpose.VOTE:
                step = f"{request.conversation}.{len(request.messages) // 2 + 1}"
                return self._serve(request, step, calls_of(step))
            case _:
                return self._work(request, interrupted)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _work(self, request: ModelRequest, interrupted: list[str]) -> ModelAnswer:
        done = _steps_done(request.messages)
        if not any(message.role == "assistant" for message in request.messages):
            interrupted = re.findall(r"interrupted=(\S+)", request.messages[0].text)
        if interrupted:
            wanted = [_repeated(call) for call in interrupted]
            if _FINISH in calls_of(f"w{done}"):
                wanted.append(_FINISH)
            return self._serve(request, f"w{done}", wanted, tag="-again")
        return self._serve(request, f"w{done + 1}", calls_of(f"w{done + 1}"))

    def _serve(
        self, request: ModelRequest, step: str, calls: list[tuple[str, Given]], *, text: str = "", tag: str = ""
    ) -> ModelAnswer:
        output = MAX_OUTPUT if step == _FULL else 50
        usage = Usage(cache_read_tokens=100) if tag else Usage(input_tokens=100, output_tokens=output)
        digest = _digest(request)
        if step == _FAILING and not tag and not any(served.step == step for served in read_bill(self._log)):
            usage = Usage(input_tokens=100)
            self._bill(Served(step, digest, usage, failed=True))
            raise ModelError("overloaded", fault=ModelFault.OVERLOADED, usage=usage, billable=True)
        self._bill(Served(step + tag, digest, usage))
        name = request.conversation if request.purpose is Purpose.DELEGATE else ""
        parts = [
            ToolCall(id=f"{name}{step}{tag}.{number}", name=tool, input=given)
            for number, (tool, given) in enumerate(calls)
        ]
        said = TextPart(text=text or f"[{step}{tag}]")
        return ModelAnswer(parts=(said, *parts), stop="tool_use" if parts else "end", usage=usage)

    def _bill(self, served: Served) -> None:
        line = {
            "step": served.step,
            "digest": served.digest,
            "failed": served.failed,
            "usage": served.usage.model_dump(),
        }
        with self._log.open("ab", buffering=0) as file:
            file.write(json.dumps(line).encode() + b"\n")


def read_bill(log: Path) -> list[Served]:
    """Everything that was served, in order."""
    lines = log.read_text().splitlines() if log.exists() else []
    entries = [json.loads(line) for line in lines]
    return [Served(**{**entry, "usage": Usage.model_validate(entry["usage"])}) for entry in entries]


def _repeated(call: str) -> tuple[str, Given]:
    step, _, number = call.rpartition(".")
    return calls_of(step, tag="-again")[int(number)]


def _steps_done(messages: Sequence[Message]) -> int:
    """How many steps the agent has done, by the marks in its conversation."""
    for message in reversed(messages):
        if marks := re.findall(r"\[w(\d+)(?:-again)?\]", message.text):
            return int(marks[-1])
    return _FIRST_OF_SECOND - 1 if "Iteration 2 of" in messages[0].text else 0


def _interrupted(messages: Sequence[Message]) -> list[str]:
    """Calls that the last message reports as interrupted."""
    return [
        part.call for part in messages[-1].parts if isinstance(part, ToolResult) and prompts.INTERRUPTED in part.content
    ]


def _digest(request: ModelRequest) -> str:
    whole = [request.purpose, request.conversation, request.system, request.must_call]
    sent = json.dumps([*whole, *(message.model_dump(mode="json") for message in request.messages)])
    return hashlib.sha256(sent.encode()).hexdigest()
