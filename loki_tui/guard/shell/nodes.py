"""The syntax of a shell command, as far as it decides what is run.

Arithmetic and tests are kept as the words in them: what they come to is never known here, but a
substitution in them runs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """Unquoted text, escapes and all."""

    text: str


@dataclass(frozen=True, slots=True)
class Single:
    """Text in single quotes."""

    text: str
    ansi: bool
    """Whether it stood behind a dollar sign, and so has escapes of its own."""


@dataclass(frozen=True, slots=True)
class Double:
    """Text in double quotes, with what is replaced in it."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable, and what is done to its value."""

    name: str
    indirect: bool = False
    length: bool = False
    index: Word | None = None
    operator: str = ""
    """Such as `:-`, `#` or `^^`; `slice` and `/` or `//` for those forms."""
    words: tuple[Word, ...] = ()
    """What the operator works with."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """Commands whose output takes their place."""

    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Process:
    """Commands behind a file that another reads or writes."""

    body: tuple[Statement, ...]
    reads: bool
    """Whether the file is read, as with `<(…)`."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A number that is computed."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Extended:
    """A pattern of the extended kind."""

    text: str


Part = Plain | Single | Double | Parameter | Substitution | Process | Arithmetic | Extended


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variable gets a value."""

    name: str
    append: bool = False
    index: tuple[Word, ...] = ()
    value: Word | None = None
    items: tuple[Word, ...] | None = None
    """Of an array."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where input comes from, or output goes."""

    operator: str
    descriptor: str
    word: Word
    document: Word | None = None
    """The text of a here-document."""


@dataclass(frozen=True, slots=True)
class Simple:
    """A program or builtin with its words."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Declare:
    """`declare`, `export` and their kin: words, and assignments among them."""

    variant: str
    items: tuple[Assignment | Word, ...]


@dataclass(frozen=True, slots=True)
class If:
    """A condition and two ways; the second one may be empty."""

    condition: tuple[Statement, ...]
    then: tuple[Statement, ...]
    other: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class While:
    """A loop under a condition."""

    condition: tuple[Statement, ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class For:
    """A loop over words, or of the kind C has, which has no name."""

    name: str
    items: tuple[Word, ...] | None
    """None for the positional parameters."""
    body: tuple[Statement, ...]
    words: tuple[Word, ...] = ()
    """Those in a head of the kind C has."""


@dataclass(frozen=True, slots=True)
class Case:
    """Branches by pattern."""

    subject: Word
    branches: tuple[tuple[tuple[Word, ...], tuple[Statement, ...]], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Statements in braces, or in a shell of their own."""

    body: tuple[Statement, ...]
    apart: bool
    """Whether what they change is gone afterwards."""


@dataclass(frozen=True, slots=True)
class Binary:
    """Two statements joined by `&&`, `||`, `|` or `|&`."""

    operator: str
    left: Statement
    right: Statement


@dataclass(frozen=True, slots=True)
class Function:
    """A function is defined."""

    name: str
    body: Statement


@dataclass(frozen=True, slots=True)
class Words:
    """A test or a computation: words that are expanded, and no more."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A statement under `time` or `coproc`."""

    statement: Statement | None
    apart: bool


Command = Simple | Declare | If | While | For | Case | Group | Binary | Function | Words | Wrapped


@dataclass(frozen=True, slots=True)
class Statement:
    """A command with its redirections."""

    command: Command | None
    redirects: tuple[Redirect, ...] = ()
    background: bool = False


Script = tuple[Statement, ...]
"""Code that was parsed."""
