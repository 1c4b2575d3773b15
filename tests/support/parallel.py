"""A model that answers each stream of a parallel run from a script of its own, and plans that divide work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from loki_tui.core.vocabulary import Purpose
from loki_tui.engine.ports import ModelAnswer, ModelRequest, OnText
from tests.support.scripted import ScriptedModel, Turn, call, finishes, says

RUN_ITSELF = ""
"""Whose turns those are that no stream takes."""


@dataclass(frozen=True)
class Part:
    """A stream as a planner says it."""

    name: str
    requirement: str
    files: Sequence[str]
    after: Sequence[str] = ()


def divides(*parts: Part) -> ModelAnswer:
    """A plan of one requirement a stream."""
    requirements: list[JsonValue] = [
        {"id": part.requirement, "title": f"The part {part.name}", "criteria": []} for part in parts
    ]
    streams: list[JsonValue] = [
        {
            "name": part.name,
            "requirements": [part.requirement],
            "files": list(part.files),
            "after": list(part.after),
        }
        for part in parts
    ]
    return says(call("submit_plan", requirements=requirements, streams=streams))


class StreamingModel(ScriptedModel):
    """Plays each stream's turns in order, and the run's own; what is asked for no work is played as ever."""

    def __init__(self, *plans: Turn, **turns: Sequence[Turn]) -> None:
        super().__init__()
        self.turns[Purpose.PLAN] = list(plans)
        self.scripts = {name.replace("_", "-"): list(each) for name, each in turns.items()}
        self.scripts[RUN_ITSELF] = self.scripts.pop("whole", [])

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        """Play the next turn of whoever asks."""
        if request.purpose is Purpose.WORK:
            self.turns[Purpose.WORK] = self.scripts.get(stream_of(request), [])
        return await super().answer(request, on_text=on_text)

    def asked(self, stream: str) -> list[ModelRequest]:
        """The requests of a stream's agents, or of the run's own."""
        return [each for each in self.sent() if stream_of(each) == stream]


def stream_of(request: ModelRequest) -> str:
    """Who asks."""
    name, colon, _ = request.conversation.partition(":")
    return name if colon else RUN_ITSELF


def writes(files: Mapping[str, str], *, proofs: Mapping[str, Sequence[str]], claims_done: bool = True) -> list[Turn]:
    """The turns of an agent that writes files and says that it is done."""
    made = [call("write_file", path=path, content=content) for path, content in files.items()]
    names = " and ".join(files)
    return [says(*made), finishes(f"Write {names}", claims_done=claims_done, proofs=proofs)]


def proof_of(name: str, *lines: str) -> dict[str, str]:
    """A file with one test of a name of its own, which holds unless lines of it do not."""
    body = "".join(f"        {line}\n" for line in lines or ("self.assertTrue(True)",))
    title = re.sub(r"\W", "_", name)
    source = f"import unittest\n\n\nclass T(unittest.TestCase):\n    def test_{title}(self) -> None:\n{body}"
    return {f"test_{title}.py": source}


# -- a run that is killed -----------------------------------------------------------------------

SAGA = ("auth", "shop", "mail")
"""Streams of the run that the crash sweep kills: the first two conflict, and together they break a test."""


class StreamSaga:
    """A model whose answers follow from what it is asked and nothing else, so that every engine gets the same.

    Implements `loki_tui.engine.ports.Model`.
    """

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        """The next step of whoever asks."""
        del on_text
        if request.purpose is Purpose.PLAN:
            return divides(*(Part(name, f"R{at}", [f"{name}/**"]) for at, name in enumerate(SAGA, 1)))
        turn = sum(message.role == "assistant" for message in request.messages)
        steps = self._of_run(request) if (name := stream_of(request)) == RUN_ITSELF else self._of_stream(name)
        return steps[min(turn, len(steps) - 1)]

    async def close(self) -> None:
        """Nothing to let go of."""

    def _of_stream(self, name: str) -> list[ModelAnswer]:
        files = {f"{name}.py": "X = 1\n"} if name == SAGA[2] else {"common.py": f"{name.upper()} = 1\n"}
        alone = ("import os", "self.assertFalse(os.path.exists('both'))") if name == SAGA[2] else ()
        proofs = {f"R{SAGA.index(name) + 1}": (f"test_{name}",)}
        made = [call("write_file", path=path, content=text) for path, text in (files | proof_of(name, *alone)).items()]
        return [says(*made), finishes(f"Build {name}", proofs=proofs)]

    def _of_run(self, request: ModelRequest) -> list[ModelAnswer]:
        if "brings two sides together" in request.messages[0].text:
            both = call("write_file", path="common.py", content="AUTH = 1\nSHOP = 1\n")
            return [says(both, call("write_file", path="both", content="\n")), finishes("Keep both", proofs={})]
        mended = call("shell", command="rm -f both")
        return [says(mended), finishes("Mend it", proofs={})]
