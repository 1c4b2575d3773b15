"""An outside agent as a model: it answers the questions of planner, reviewers and council, and does nothing else.

Where Loki has no key of its own to ask with, each question is one session of the agent's program, in hands of its own
on an empty directory: what it tries to do there is refused, and what it says is its answer, in the form that the
question's tool has. A conversation is written out for it, since it remembers nothing.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path

from loki_tui.core.errors import LokiError, ModelError, ModelFault
from loki_tui.core.messages import JsonObject, Part, TextPart, ToolCall, ToolResult, Usage
from loki_tui.engine.framing import framed
from loki_tui.engine.outside.ports import Errand, Inquiry, OutsideAgent, OutsideError, ProgramHost, Release, Send
from loki_tui.engine.ports import ActionResult, ModelAnswer, ModelRequest, OnText, Workspaces

_INQUIRIES = 8
"""More requests of its own one answer does not take: it has nothing to do but answer."""
_SAID_CHARS = 200_000
_NOTHING_TO_DO = "You have no tools for this: all that you need is in the question. Answer."
_ANSWER = (
    "This is a question, and nothing is to be done: use no tools. Your answer is the input of finish_iteration, which "
    "here only takes it down; call it once."
)


class AnsweringAgent:
    """Answers by sessions of an outside agent; implements `engine.ports.Model`.

    Args:
        agent: Speaks with it.
        workspaces: Launch hands.
        scratch: Where empty directories are made for it.
    """

    def __init__(self, agent: OutsideAgent, workspaces: Workspaces, *, scratch: Path) -> None:
        self._agent = agent
        self._workspaces = workspaces
        self._scratch = scratch

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        """Put one request to it; see `engine.ports.Model`."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch) as empty:
            hands = await self._workspaces.open_checkout(Path(empty))
            try:
                assert isinstance(hands, ProgramHost)
                desk = AnswerDesk(on_text)
                return await self._ask(hands, _errand(request, empty), desk, request)
            finally:
                await hands.close()

    async def close(self) -> None:
        """Nothing stays open between questions."""

    async def _ask(self, hands: ProgramHost, errand: Errand, desk: AnswerDesk, request: ModelRequest) -> ModelAnswer:
        try:
            await self._agent.work(hands, errand, desk)
        except LokiError as error:
            if desk.given is None:
                raise _failure(desk.failure or error, desk.usage) from error
        if desk.given is None:
            return ModelAnswer(parts=_text(desk.said), stop="end", usage=desk.usage)
        return ModelAnswer(parts=(_call(desk.given, request),), stop="tool_use", usage=desk.usage)


class AnswerDesk:
    """Takes one answer, and refuses everything else; implements `engine.outside.ports.Desk`.

    Args:
        on_text: Told of text as it comes.
    """

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._said: list[str] = []
        self._nudged = False
        self._inquiries = 0
        self._waiting = 0
        self.given: JsonObject | None = None
        self.usage = Usage()
        self.failure: ModelError | None = None

    async def inquire(self, inquiry: Inquiry, send: Send) -> None:
        """Pass a request on: it is part of a question that has been paid for."""
        self._inquiries += 1
        if self._inquiries > _INQUIRIES or self.finished:
            raise LokiError("This question is over.")
        self._waiting += 1
        try:
            answered = await send(self._on_text)
        except ModelError as error:
            self.failure = error
            self.usage += error.usage or Usage()
            raise
        finally:
            self._waiting -= 1
        self.usage += answered.usage
        self._said += [part.text for part in answered.parts if isinstance(part, TextPart)]

    async def act(self, call: ToolCall) -> ActionResult:
        """Nothing is done."""
        return ActionResult(ok=False, output=_NOTHING_TO_DO)

    async def read(self, call: ToolCall) -> ActionResult:
        """Nothing is read."""
        return ActionResult(ok=False, output=_NOTHING_TO_DO)

    async def permit(self, call: ToolCall, release: Release) -> ActionResult:
        """Nothing is permitted."""
        return ActionResult(ok=False, output=_NOTHING_TO_DO)

    def finish(self, given: JsonObject) -> str:
        """Take the answer; whether it fits is seen by who asked."""
        self.given = given
        return "That is your answer. Stop here."

    @property
    def finished(self) -> bool:
        """Whether it has answered."""
        return self.given is not None

    def say(self, text: str) -> None:
        """Take in what it says."""
        self._on_text(text)
        if sum(map(len, self._said)) < _SAID_CHARS:
            self._said.append(text)

    @property
    def said(self) -> str:
        """All that it said."""
        return "".join(self._said)[:_SAID_CHARS]

    def turn(self, usage: Usage) -> str:
        """A turn is over."""
        self.usage += usage
        return self.said

    def nudge(self) -> str | None:
        """Ask once more for an answer."""
        self._nudged, nudged = True, self._nudged
        return None if nudged else _ANSWER

    def notes(self) -> str | None:
        """People write to agents, not to these."""
        return None

    @property
    def busy(self) -> bool:
        """Whether it is the model that is waited for."""
        return self._waiting > 0


def _errand(request: ModelRequest, root: str) -> Errand:
    """A question as something to do: its answer is what ends it."""
    told = "\n\n".join(_shown(message.role, part) for message in request.messages for part in message.parts)
    return Errand(
        system=f"{request.system}\n\n{_ANSWER}",
        brief=f"The conversation so far:\n\n{told}\n\n{_tools(request)}\n{_ANSWER}",
        root=root,
        finish_schema=_schema(request),
        finish_text="Take down the answer.",
        model=request.model,
    )


def _shown(role: str, part: Part) -> str:
    who = "You" if role == "assistant" else "To you"
    match part:
        case TextPart():
            return f"{who}: {part.text}" if role == "assistant" else part.text
        case ToolCall():
            return f"You called {part.name} with {json.dumps(part.input, ensure_ascii=False)}"
        case ToolResult():
            return f"It came to:\n{framed(part.content)}"
        case _:
            return ""


def _tools(request: ModelRequest) -> str:
    """What may be answered, for who may choose."""
    if request.must_call is not None or len(request.tools) == 1:
        tool = next(tool for tool in request.tools if request.must_call in (None, tool.name))
        return f"The answer is the input of {tool.name}: {tool.description}"
    lines = [f"- {tool.name}: {tool.description} Its input: {json.dumps(tool.schema_)}" for tool in request.tools]
    return "\n".join(["You answer by naming one of these as `tool`, with its `input`:", *lines])


def _schema(request: ModelRequest) -> JsonObject:
    if (tool := _only(request)) is not None:
        return next(each.schema_ for each in request.tools if each.name == tool)
    names: JsonObject = {"type": "string", "enum": [tool.name for tool in request.tools]}
    properties: JsonObject = {"tool": names, "input": {"type": "object"}}
    return {"type": "object", "properties": properties, "required": ["tool", "input"]}


def _only(request: ModelRequest) -> str | None:
    """The one tool that an answer must use, or can."""
    if request.must_call is not None:
        return request.must_call
    return request.tools[0].name if len(request.tools) == 1 else None


_numbers = itertools.count(1)


def _call(given: JsonObject, request: ModelRequest) -> ToolCall:
    identity = f"{request.purpose}-{request.ordinal}-{next(_numbers)}"
    if (tool := _only(request)) is not None:
        return ToolCall(id=identity, name=tool, input=given)
    name, chosen = given.get("tool"), given.get("input")
    return ToolCall(id=identity, name=str(name), input=chosen if isinstance(chosen, dict) else {}, malformed=None)


def _text(said: str) -> tuple[Part, ...]:
    return (TextPart(text=said),) if said.strip() else ()


def _failure(error: LokiError, usage: Usage) -> ModelError:
    """Why there is no answer, as a model says it."""
    if isinstance(error, ModelError):
        return ModelError(
            error.message,
            fault=error.fault,
            retry_after=error.retry_after,
            usage=usage,
            billable=error.billable,
            hint=error.hint,
        )
    fault = ModelFault.SERVER if isinstance(error, OutsideError) else ModelFault.AUTH
    return ModelError(error.message, fault=fault, usage=usage, billable=True, hint=error.hint)
