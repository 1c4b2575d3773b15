"""What the engine needs of an outside agent: its process in hands, the protocol it speaks, the way to its models.

Apart from `loki_tui.engine.ports` since a run with the built-in agent needs none of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from loki_tui.core.errors import LokiError
from loki_tui.core.messages import JsonObject, ToolCall, Usage
from loki_tui.engine.ports import ActionResult, ModelAnswer, OnText


class OutsideError(LokiError):
    """An outside agent died, hung, flooded or talked nonsense: its work may be tried again."""


class Program(Protocol):
    """A program in hands that is talked with by lines."""

    async def say(self, line: str) -> None:
        """Write a line to its input; dropped when it has ended."""
        ...

    def lines(self) -> AsyncIterator[str]:
        """What it says, line by line, until it has ended or says no more; the last may lack its end.

        Raises:
            OutsideError: It says more, or longer lines, than anybody takes in.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        ...

    async def close(self) -> ActionResult:
        """End it and everything it started. Its exit code, and the end of what it complained about."""
        ...


@dataclass(frozen=True, slots=True)
class Door:
    """A way from hands without this machine's network to a server of the engine's."""

    socket: Path
    """Where the server is to listen."""
    url: str
    """How programs in the hands reach it."""


@runtime_checkable
class ProgramHost(Protocol):
    """Hands in which a program can be talked with."""

    door: Door | None
    """How it reaches a server of the engine's; none where it reaches this machine's loopback as it is."""

    async def talk(self, argv: Sequence[str], environment: Mapping[str, str]) -> Program:
        """Start a program in the workspace.

        Args:
            argv: An absolute path and arguments.
            environment: Beside what commands see.

        Raises:
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        ...


@dataclass(frozen=True, slots=True)
class Errand:
    """What an outside agent is to do in one iteration."""

    system: str
    """What holds for all of the run: the PRD, how work is handed over."""
    brief: str
    root: str
    """The workspace's directory."""
    finish_schema: JsonObject
    """JSON Schema of what ends the iteration."""
    finish_text: str
    """What the agent reads about it."""
    model: str = ""
    """The model to use, where it is another than for other work and the agent can be told."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A request of the agent's program to its model, as it came."""

    model: str
    body: str
    """All of it, which bounds what it can cost: a token is never shorter than a byte."""


Send = Callable[[OnText], Awaitable[ModelAnswer]]
"""Puts an inquiry to the model once; raises `ModelError` where there is no whole answer."""

Release = Callable[[JsonObject], Awaitable[ActionResult]]
"""Lets the agent do an action itself, with this input; answers when it says what came of it."""


class Desk(Protocol):
    """Where an outside agent's program is answered: the guard, the person, the ledger, the journal."""

    async def inquire(self, inquiry: Inquiry, send: Send) -> None:
        """Set money aside, have a request sent, pay it; failures are tried again, a pause is waited for.

        Raises:
            loki_tui.core.errors.LokiError: There is no answer, or what it costs is not known.
        """
        ...

    async def act(self, call: ToolCall) -> ActionResult:
        """Do an action in the hands, as the rules and the person allow it, and answer with what came of it."""
        ...

    async def read(self, call: ToolCall) -> ActionResult:
        """A `read_file` whose answer is the whole file as it is: an agent may write back what it read."""
        ...

    async def permit(self, call: ToolCall, release: Release) -> ActionResult:
        """Have the agent do an action itself if rules and person allow it; else the answer says why not."""
        ...

    def finish(self, given: JsonObject) -> str:
        """The agent ends the iteration. What it is told: whether that is so, or what is wrong with its words."""
        ...

    @property
    def finished(self) -> bool:
        """Whether it has ended the iteration."""
        ...

    def say(self, text: str) -> None:
        """The agent said something that no request brought; shown, and journaled with the turn."""
        ...

    def turn(self, usage: Usage) -> str:
        """A turn ended whose requests nobody saw: what was said since the last is journaled, its price unknown.

        Args:
            usage: Tokens, as far as the agent told.

        Returns:
            What was said.
        """
        ...

    def nudge(self) -> str | None:
        """What to say to an agent that stopped without ending the iteration; nothing where enough was said."""
        ...

    def notes(self) -> str | None:
        """What people wrote to the agent meanwhile, to be passed on now."""
        ...

    @property
    def busy(self) -> bool:
        """Whether it is we who are waited for: a pause, a person, a model, the hands."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """How the agent's program reaches its models while one gateway is open."""

    url: str
    token: str
    """Opens this gateway for so long, and nothing else: the key stays with the engine."""


class Gateway(Protocol):
    """The one way from an agent's program to its models."""

    def open(self, desk: Desk, *, door: Door | None) -> AbstractAsyncContextManager[Access]:
        """Serve a program until the context's end; what is under way by then is broken off, and booked so.

        Args:
            desk: Pays.
            door: Where to listen; on this machine's loopback where there is none.
        """
        ...


class OutsideAgent(Protocol):
    """Speaks with one kind of outside agent."""

    name: str
    """Such as `Claude Code`."""

    async def work(self, host: ProgramHost, errand: Errand, desk: Desk) -> None:
        """Have it work until it has ended the iteration, or will not.

        Raises:
            OutsideError: It failed; may be tried again.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
            loki_tui.core.errors.LokiError: Nothing will make it work.
        """
        ...
