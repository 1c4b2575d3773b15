"""A model that says what a test wrote down, and a clock that does not make it wait."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from loki_tui.core.errors import LokiError, ModelError, ModelFault
from loki_tui.core.messages import Part, TextPart, ToolCall, Usage
from loki_tui.core.vocabulary import Purpose, Sample
from loki_tui.engine.ports import ModelAnswer, ModelRequest, OnText

USAGE = Usage(input_tokens=100, output_tokens=50)

Turn = ModelAnswer | ModelError | Callable[[ModelRequest], Awaitable[ModelAnswer]]

PROOFS: Mapping[str, Sequence[str]] = {f"R{number}": ("test_it",) for number in range(1, 4)}
"""What the agent says proves the first requirements; claims about others count for nothing."""

_numbers = itertools.count(1)


def call(tool: str, /, **given: JsonValue) -> ToolCall:
    """A tool call, with an id of its own."""
    return ToolCall(id=f"call_{next(_numbers)}", name=tool, input=given)


def says(*parts: Part | str, stop: str = "tool_use", usage: Usage = USAGE) -> ModelAnswer:
    """An answer."""
    whole = tuple(TextPart(text=part) if isinstance(part, str) else part for part in parts)
    return ModelAnswer(parts=whole, stop=stop, usage=usage)


def plans(*titles: str) -> ModelAnswer:
    """A plan."""
    requirements: list[JsonValue] = [
        {"id": f"R{number}", "title": title, "criteria": []} for number, title in enumerate(titles, start=1)
    ]
    return says(call("submit_plan", requirements=requirements))


def finishes(
    summary: str = "done", *, claims_done: bool = True, handover: str = "", proofs: Mapping[str, Sequence[str]] = PROOFS
) -> ModelAnswer:
    """The end of an iteration."""
    claims: list[JsonValue] = [{"requirement": name, "tests": list(tests)} for name, tests in proofs.items()]
    return says(call("finish_iteration", summary=summary, claims_done=claims_done, handover=handover, proofs=claims))


def votes(
    verdict: str = "approve", *reasons: str, evidence: Sequence[str] = ("README.md:1",), unmet: Sequence[str] = ()
) -> ModelAnswer:
    """A council member's vote."""
    given: dict[str, JsonValue] = {"verdict": verdict, "reasons": list(reasons or ("I looked",))}
    return says(call("cast_vote", **given, evidence=list(evidence), unmet=list(unmet)))


def reviews(verdict: str = "pass", *findings: tuple[str, str, str]) -> ModelAnswer:
    """A reviewer's review; its findings are severity, file and message."""
    told: list[JsonValue] = [
        {"severity": severity, "file": file, "line": 1, "message": message} for severity, file, message in findings
    ]
    return says(call("submit_review", verdict=verdict, findings=told))


def fails(fault: ModelFault, *, retry_after: float | None = None, billable: bool = False) -> ModelError:
    """A request without an answer."""
    return ModelError(f"scripted {fault}", fault=fault, retry_after=retry_after, billable=billable)


class ScriptedModel:
    """Plays turns purpose by purpose, in order; failures take a place of their own.

    Implements `loki_tui.engine.ports.Model`.
    """

    def __init__(self, *turns: Turn, plan: Turn | None = None) -> None:
        self.turns: dict[Purpose, list[Turn]] = defaultdict(list)
        self.turns[Purpose.PLAN] = [plan or plans("It works")]
        self.turns[Purpose.WORK] = list(turns)
        self.requests: list[ModelRequest] = []

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        """Play the next turn of this purpose."""
        # The conversation grows on; what was sent is what it was.
        self.requests.append(replace(request, messages=tuple(request.messages)))
        turns = self.turns[request.purpose]
        if not turns:
            raise ModelError("The script is at its end.", fault=ModelFault.EXHAUSTED)
        turn = turns.pop(0)
        if isinstance(turn, ModelError):
            raise turn
        answer = turn if isinstance(turn, ModelAnswer) else await turn(request)
        for part in answer.parts:
            if isinstance(part, TextPart):
                on_text(part.text)
        return answer

    async def close(self) -> None:
        """Nothing to let go of."""

    def sent(self, purpose: Purpose = Purpose.WORK) -> list[ModelRequest]:
        """The requests of one purpose."""
        return [request for request in self.requests if request.purpose is purpose]


class Held:
    """A turn that is under way until the test lets it go on."""

    def __init__(self, answer: ModelAnswer) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self._answer = answer

    async def __call__(self, _request: ModelRequest) -> ModelAnswer:
        self.begun.set()
        await self.go_on.wait()
        return self._answer


class FakeClock:
    """Time that passes only by waiting for it. Implements `loki_tui.engine.ports.Clock`."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.slept: list[float] = []
        self._awaited: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        """UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds from some moment."""
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)
        for moment, reached in self._awaited:
            if moment <= self._now:
                reached.set()
        await asyncio.sleep(0)

    async def elapse(self, seconds: float) -> None:
        """Return when others have slept for so long."""
        awaited = (self._now + timedelta(seconds=seconds), asyncio.Event())
        self._awaited.append(awaited)
        try:
            await awaited[1].wait()
        finally:
            self._awaited.remove(awaited)


QUIET = Sample(cpu_percent=5, memory_percent=10, run_cpu_percent=150, run_rss_bytes=3 * 2**29)
"""A machine with little to do."""


class ScriptedMachine:
    """Shows loads one after another, the last one for ever. Implements `loki_tui.engine.ports.Machine`."""

    def __init__(self, *loads: Sample | LokiError) -> None:
        self._loads = list(loads) or [QUIET]

    def sample(self) -> Sample:
        """Show the next load, or fail with it."""
        load = self._loads.pop(0) if len(self._loads) > 1 else self._loads[0]
        if isinstance(load, LokiError):
            raise load
        return load
