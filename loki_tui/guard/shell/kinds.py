"""What an abstract run tells, and what the parts of it ask of one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from loki_tui.guard.shell.nodes import Script, Statement
from loki_tui.guard.shell.state import State, Values
from loki_tui.guard.shell.words import Expander, Fields


@dataclass(frozen=True, slots=True)
class Where:
    """What relative paths are relative to."""

    cwd: Values
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """A program would be run."""

    words: Fields
    """The program's name without its directory, then its arguments."""
    where: Where
    alike: bool = False
    """Whether it is no call as such, but something that does as much."""
    certain: bool = True
    """Whether it is run for sure, as far as the way to it is gone."""
    guessed: bool = False
    """Whether it only stands among the words of a program of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Write:
    """A file would be written, whatever it holds."""

    path: str
    where: Where
    certain: bool = True
    """Whether it is written for sure."""


@dataclass(frozen=True, slots=True)
class ForkBomb:
    """A function would call itself, several times or in the background, without an end."""

    name: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something of which there is no telling what it would run."""

    why: str
    """A plain sentence without its full stop."""


Event = Call | Write | ForkBomb | Doubt
Observe = Callable[[Event], None]


class UnreadableError(Exception):
    """Code that is no code of bash; says why."""


Parse = Callable[[str], Script]
"""Parses code of bash, or raises `UnreadableError`."""


class TooMuchError(Exception):
    """More commands, or deeper nesting, than are followed."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command as it is about to be run."""

    words: Fields
    """Its name and its arguments."""
    state: State
    """Of the shell it is run in."""
    stdin: str | None
    """What it reads; none for nothing, or for what this command did not make."""

    @property
    def where(self) -> Where:
        """What its paths are relative to."""
        return Where(self.state.cwd, dict(self.state.links))

    @property
    def arguments(self) -> Fields:
        """The words without the name."""
        return self.words[1:]

    def of(self, words: Fields, *, state: State | None = None, stdin: str | None = None) -> Invocation:
        """Another command in this one's place."""
        return replace(self, words=words, state=state or self.state, stdin=self.stdin if stdin is None else stdin)


class Shell(Protocol):
    """The abstract run, as its parts see it. What runs something gives what that prints."""

    def tell(self, event: Event) -> None:
        """Tell of something that would happen."""
        ...

    def perhaps(self) -> AbstractContextManager[None]:
        """What is run meanwhile is run only if something is read as it may be meant."""
        ...

    def guess(self) -> AbstractContextManager[bool]:
        """What is run meanwhile is run only if a program is a wrapper that is not known as one: no doubts are told.

        It gives whether this is no guess within another.
        """
        ...

    def function(self, name: str, body: Statement, invocation: Invocation) -> str:
        """Run a function's body with its arguments."""
        ...

    def expander(self, state: State) -> Expander:
        """What expands words in a state."""
        ...

    def code(self, text: str, state: State, stdin: str | None = None) -> str:
        """Run code of the shell's own language; of unknown code, tell of a doubt."""
        ...

    def call(self, invocation: Invocation, *, functions: bool = True) -> str:
        """Run a command whose words are known.

        Args:
            invocation: The command.
            functions: Whether the name may be a function's or an alias.
        """
        ...


Handler = Callable[[Shell, Invocation], str]
"""Runs one kind of command."""
