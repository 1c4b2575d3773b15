"""Answers an outside agent: what it asks of models is paid for, what it does is judged, journaled, and told.

The same parts do it that serve the built-in agent, so that no rule, no approval and no limit knows the
difference; what an agent of its own program does itself is done on loan, after all that has been seen to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError, ModelError, ModelFault, UsageError
from loki_tui.core.events import Record
from loki_tui.core.messages import JsonObject, TextPart, ToolCall, Usage
from loki_tui.core.tools import WORKSPACE_TOOLS, BadCallError, FinishIteration, parse_call
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine import prompts
from loki_tui.engine.acting import Actor
from loki_tui.engine.asking import Asker, Question
from loki_tui.engine.context import RunContext
from loki_tui.engine.forwarding import ForwardingWorkspace
from loki_tui.engine.outside.ports import Inquiry, Release, Send
from loki_tui.engine.overhearing import speaker
from loki_tui.engine.ports import ActionResult, Clock, ModelAnswer, ModelRequest, OnText, Workspace
from loki_tui.engine.session import SILENT_TURNS, Ended
from loki_tui.engine.transcript import Transcript
from loki_tui.guard.cleaning import clean_json

_OF_THE_REQUEST = frozenset({ModelFault.TOO_LONG, ModelFault.INVALID, ModelFault.UNKNOWN_MODEL})
"""Faults that the agent's program may know a way around: it asks for other things than the engine does."""

_SAID_CHARS = 100_000
"""How much of what an agent said in one turn is kept."""


class RunDesk:
    """Serves one agent for one iteration; implements `engine.outside.ports.Desk`.

    Args:
        context: The run.
        workspace: The hands in which the agent works.
        agent: What the agent is called.
        root: The workspace's directory, as people name it.
    """

    def __init__(self, context: RunContext, workspace: Workspace, *, agent: str, root: str) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._workspace = workspace
        self._agent = agent
        self._root = root
        self._silent = 0
        self._waiting = 0
        self._said: list[str] = []
        self._since = context.clock.monotonic()
        """When the turn began whose requests nobody sees."""
        self.ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        """How the iteration ended, once it has; an error that ends more than that."""

    # -- models ---------------------------------------------------------------------------------

    async def inquire(self, inquiry: Inquiry, send: Send) -> None:
        """Put a request of the agent to its model; see `engine.outside.ports.Desk`."""
        if not self.finished and self._turns() >= self._context.settings.max_turns:
            self._end(Ended("turns"))
        if self.finished:
            raise LokiError("This iteration is over.")
        chronicle = self._chronicle
        question = Question(purpose=Purpose.WORK, model=inquiry.model, system=inquiry.body)
        transcript = Transcript(self._agent, "", recall=chronicle.recall, load=chronicle.journal.get_blob)
        with self._waited_for():
            try:
                await Asker(self._context, _Sending(send)).ask(question, transcript)
            except LokiError as error:
                if not _of_the_request(error) and not self.ended.done():
                    self.ended.set_exception(error)
                raise

    def say(self, text: str) -> None:
        """Take in what the agent says; see `engine.outside.ports.Desk`."""
        self._context.live.on_text(speaker(self._agent, self._chronicle.stream), text)
        if sum(map(len, self._said)) < _SAID_CHARS:
            self._said.append(text)

    def turn(self, usage: Usage) -> str:
        """Journal a turn whose requests nobody saw; see `engine.outside.ports.Desk`."""
        request = f"m{self._chronicle.run.requests + 1}"
        said, self._said = "".join(self._said)[:_SAID_CHARS], []
        began, self._since = self._since, self._context.clock.monotonic()
        self._chronicle.note(
            ev.ModelRequested(
                request=request, purpose=Purpose.WORK, agent=self._agent, model=self._context.settings.models["work"]
            ),
            ev.ModelAnswered(
                request=request,
                parts=(TextPart(text=self._context.redact(said)),) if said.strip() else (),
                stop="end",
                usage=usage,
                seconds=self._since - began,
            ),
        )
        if self._turns() >= self._context.settings.max_turns:
            self._end(Ended("turns"))
        return said

    def _turns(self) -> int:
        iteration = self._chronicle.state.iteration
        return iteration.turns if iteration is not None else 0

    # -- actions --------------------------------------------------------------------------------

    async def act(self, call: ToolCall) -> ActionResult:
        """Do an action in the hands; see `engine.outside.ports.Desk`."""
        with self._waited_for():
            return await self._carry_out(call, self._workspace)

    async def read(self, call: ToolCall) -> ActionResult:
        """Read a whole file; see `engine.outside.ports.Desk`."""
        done = await self.act(call)
        if not done.ok:
            return done
        whole = await self._workspace.fetch(str(call.input.get("path")))
        if whole is None:
            return ActionResult(ok=False, output="It is not in the workspace, is larger than 64 MB, or changes.")
        return ActionResult(ok=True, output=whole.decode(errors="replace"))

    async def permit(self, call: ToolCall, release: Release) -> ActionResult:
        """Have the agent do an action itself; see `engine.outside.ports.Desk`."""

        async def lend(tool_input: JsonObject) -> ActionResult:
            self._waiting -= 1
            try:
                return await release(tool_input)
            finally:
                self._waiting += 1

        with self._waited_for():
            return await self._carry_out(call, _Lent(self._workspace, lend, self._context.clock))

    async def _carry_out(self, call: ToolCall, workspace: Workspace) -> ActionResult:
        self._silent = 0
        outcome: list[ev.ActionFinished] = []

        def observe(record: Record) -> None:
            if isinstance(record.event, ev.ActionFinished) and record.event.call == call.id:
                outcome.append(record.event)

        let_go = self._chronicle.observe(observe)
        try:
            await self._context.control.gate()
            actor = Actor(self._context, workspace, root=self._root)
            await actor.act(self._agent, call, allowed=WORKSPACE_TOOLS)
        except asyncio.CancelledError:
            self._break_off(call)
            raise
        finally:
            let_go()
        done = outcome[-1]
        return ActionResult(ok=done.ok, output=self._chronicle.recall(done.output), exit_code=done.exit_code)

    def _break_off(self, call: ToolCall) -> None:
        """Journal that an action was called off: nothing that is over stays in flight."""
        for started in list(self._chronicle.state.in_flight.values()):
            if started.call == call.id:
                output = self._chronicle.keep("Called off before it was over.")
                over = ev.ActionFinished(action=started.action, call=call.id, output=output, ok=False, interrupted=True)
                self._chronicle.note(over)

    # -- the iteration --------------------------------------------------------------------------

    def finish(self, given: JsonObject) -> str:
        """Take the words that end the iteration; see `engine.outside.ports.Desk`."""
        clean = clean_json(given, self._context.redact)
        call = ToolCall(id="finish", name=FinishIteration.tool, input=clean)
        try:
            finish = parse_call(call, (FinishIteration,))
        except BadCallError as error:
            return str(error)
        assert isinstance(finish, FinishIteration)
        self._end(Ended("agent", finish))
        return "The iteration is over. Stop here."

    @property
    def finished(self) -> bool:
        """Whether the iteration is over."""
        return self.ended.done()

    def nudge(self) -> str | None:
        """What to say to an agent that stopped; see `engine.outside.ports.Desk`."""
        self._silent += 1
        if self._silent >= SILENT_TURNS:
            self._end(Ended("silence"))
            return None
        return prompts.NUDGE

    def notes(self) -> str | None:
        """What people wrote meanwhile; see `engine.outside.ports.Desk`."""
        if not (waiting := tuple(self._chronicle.state.notes)):
            return None
        self._chronicle.note(ev.SteeringDelivered(agent=self._agent, notes=waiting))
        return prompts.steering(waiting)

    @property
    def busy(self) -> bool:
        """Whether it is we who are waited for."""
        chronicle = self._chronicle
        return self._waiting > 0 or chronicle.run.paused_by is not None or chronicle.state.paused_by is not None

    def _end(self, how: Ended) -> None:
        if not self.ended.done():
            self.ended.set_result(how)

    @contextmanager
    def _waited_for(self) -> Iterator[None]:
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1


def _of_the_request(error: LokiError) -> bool:
    """Whether it is about one request alone: a model whose price is not known, for one, may be for something small."""
    return isinstance(error, UsageError) or (isinstance(error, ModelError) and error.fault in _OF_THE_REQUEST)


class _Sending:
    """A model that sends what the agent's program asked, whatever the engine made of it."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def answer(self, _request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        return await self._send(on_text)

    async def close(self) -> None:
        pass


class _Lent(ForwardingWorkspace):
    """Hands whose actions the agent does itself; what they would be is looked at by the real ones."""

    def __init__(self, workspace: Workspace, release: Release, clock: Clock) -> None:
        super().__init__(workspace)
        self._release = release
        self._clock = clock

    async def perform(self, tool: str, tool_input: JsonObject, *, on_output: OnText | None = None) -> ActionResult:
        # Also of what changes no file: hands whose directory is gone say so.
        diff = (await self._workspace.preview(tool, tool_input)).diff
        began = self._clock.monotonic()
        done = await self._release(tool_input)
        seconds = self._clock.monotonic() - began
        if on_output is not None and done.output:
            on_output(done.output)
        return ActionResult(
            ok=done.ok, output=done.output, exit_code=done.exit_code, diff=diff if done.ok else "", seconds=seconds
        )

    async def close(self) -> None:
        pass  # they are only lent
