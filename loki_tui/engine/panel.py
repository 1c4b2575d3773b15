"""Opinions: blind, read-only conversations with a model, each of which ends in one closing call.

Who is heard here sees a clean checkout through tools that only read, and nothing of what others
say. Whatever a model does, a conversation ends within a bounded number of answers: with what it
submitted, or with the reason why there is nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from loki_tui.core.errors import ModelError, WorkspaceError
from loki_tui.core.messages import ToolCall
from loki_tui.core.tools import BadCallError, ListFiles, ReadFile, SearchFiles, ToolInput, parse_call, spec
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine import prompts
from loki_tui.engine.acting import Actor
from loki_tui.engine.asking import Asker, Question
from loki_tui.engine.context import RunContext
from loki_tui.engine.delegation import OF_ITS_OWN
from loki_tui.engine.ports import Checkouts, Workspace
from loki_tui.engine.qa.scene import Place
from loki_tui.engine.transcript import Transcript

READING: tuple[type[ToolInput], ...] = (ReadFile, ListFiles, SearchFiles)
"""All that who is heard can do, but for the closing call."""

TURNS = 12
"""Answers until the closing call is demanded."""

ATTEMPTS = 2
"""How often the closing call may be malformed, or an answer be nothing but prose, until there is no verdict."""

_LAST_TURN = TURNS + ATTEMPTS
"""Answers after which nobody is asked any more: models that cannot be forced to call a tool end here."""

_TIDYING_SECONDS = 60.0

_ROOT = "the checkout"
"""What the directory is called where a person is asked about a call."""

Said = TypeVar("Said", bound=ToolInput)


@dataclass(frozen=True, slots=True)
class Heard(Generic[Said]):
    """What came of a conversation."""

    said: Said | None
    nothing: str = ""
    """Why there is no verdict, where there is none."""


class Panel:
    """Hears opinions on what is in one checkout.

    Args:
        context: The run.
        asker: Puts questions to the model.
        workspace: Hands on the checkout; everybody who is heard shares them.
        purpose: What the requests are booked under.
        thrifty: Whether a conversation is given up where the budget does not cover its next request. Else the run
            pauses for it.
    """

    def __init__(
        self, context: RunContext, asker: Asker, workspace: Workspace, *, purpose: Purpose, thrifty: bool = False
    ) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._asker = asker
        self._workspace = workspace
        self._purpose = purpose
        self._thrifty = thrifty

    async def hear(self, name: str, *, system: str, brief: str, closing: type[Said], since: int) -> Heard[Said]:
        """Have one conversation, from wherever an engine before left it.

        Args:
            name: Whose; the same name is heard once at a time.
            system: The system prompt.
            brief: The opening message.
            closing: The tool that the conversation ends with.
            since: Place in the journal that it begins after.

        Raises:
            ModelError: What failed would befall everybody who is asked.
            RetriesExhaustedError: Too many failures in a row.
        """
        tools: tuple[type[ToolInput], ...] = (*READING, closing)
        question = Question(
            purpose=self._purpose,
            model=self._context.settings.models["planning"],
            system=self._context.redact(system),
            tools=tuple(spec(tool) for tool in tools),
        )
        async with self._context.places.place():
            transcript = self._transcript(name, brief, closing, since)
            release = self._chronicle.observe(transcript.observe)
            try:
                return await self._converse(transcript, question, closing)
            except WorkspaceError as error:
                return Heard(None, error.message)
            except ModelError as error:
                if error.fault not in OF_ITS_OWN:
                    raise
                return Heard(None, error.message)
            finally:
                release()

    def _transcript(self, name: str, brief: str, closing: type[ToolInput], since: int) -> Transcript:
        journal = self._chronicle.journal
        transcript = Transcript(
            name,
            self._context.redact(brief),
            recall=self._chronicle.recall,
            load=journal.get_blob,
            nudge=f"You called no tool. Read what you need to, then call {closing.tool}.",
        )
        for record in self._chronicle.records(after=since):
            transcript.observe(record)
        return transcript

    async def _converse(self, transcript: Transcript, question: Question, closing: type[Said]) -> Heard[Said]:
        actor = Actor(self._context, self._workspace, root=_ROOT)
        while True:
            if (heard := await self._act(transcript, actor, closing)) is not None:
                return heard
            if transcript.silent_turns >= ATTEMPTS:
                return Heard(None, f"it answered in prose and did not call {closing.tool}")
            if transcript.turns >= _LAST_TURN:
                return Heard(None, f"it did not call {closing.tool} within {_LAST_TURN} answers")
            asked = question
            if transcript.turns >= TURNS - 1 or transcript.silent_turns or _attempts(transcript, closing):
                now = f"Call {closing.tool} now, and nothing else."
                asked = replace(question, must_call=closing.tool, say=now)
            if self._thrifty and not self._asker.covers(asked, transcript):
                return Heard(None, "the budget does not cover it")
            await self._asker.ask(asked, transcript)

    async def _act(self, transcript: Transcript, actor: Actor, closing: type[Said]) -> Heard[Said] | None:
        """Carry out what was called for; the closing call ends the conversation, whatever else was wanted."""
        allowed: tuple[type[ToolInput], ...] = (*READING, closing)
        malformed = ""
        for call in transcript.open_calls:
            if call.name != closing.tool:
                continue
            try:
                said = parse_call(call, allowed)
            except BadCallError as error:
                malformed = malformed or str(error)
                actor.answer(call, str(error), ok=False)
            else:
                assert isinstance(said, closing)
                return Heard(said)
        if malformed and _attempts(transcript, closing) >= ATTEMPTS:
            return Heard(None, f"malformed: {malformed}")
        for call in transcript.open_calls:
            await self._read(transcript.agent, call, actor, allowed)
        return None

    async def _read(self, agent: str, call: ToolCall, actor: Actor, allowed: tuple[type[ToolInput], ...]) -> None:
        exact = self._asker.exact(call)
        if exact is None:
            actor.answer(call, prompts.NOT_KEPT, ok=False)
        else:
            await actor.act(agent, exact, allowed=allowed)


def _attempts(transcript: Transcript, closing: type[ToolInput]) -> int:
    """How many answers so far held the closing call: all of them malformed, or the conversation would be over."""
    return sum(any(call.name == closing.tool for call in message.calls) for message in transcript.messages)


async def files_in(workspace: Workspace) -> tuple[str, ...]:
    """Paths of all files of a checkout; nothing of the listing stays behind for who reads there.

    Raises:
        WorkspaceError: They cannot be listed.
    """
    place = Place(workspace)
    files = await place.files()
    await place.run(f"rm -rf -- {place.own}", timeout=_TIDYING_SECONDS)
    return files


@asynccontextmanager
async def reading_room(context: RunContext, checkouts: Checkouts, checkpoint: str) -> AsyncIterator[Workspace]:
    """Hands on a clean checkout, gone with the context's end.

    Raises:
        CheckpointError: There is no such checkpoint.
        WorkspaceError: The hands could not be started.
    """
    workspace = await checkouts.open(checkpoint)
    try:
        # What an engine before had in flight is not done again; nobody else is at work at such a time.
        Actor(context, workspace, root=_ROOT).settle_interrupted()
        yield workspace
    finally:
        await workspace.close()
