"""What a shell knows at one point of its run: variables, functions, directory, files it wrote.

A variable has the values it could have by then. Where two ways meet, so do their states.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

from loki_tui.guard.shell.nodes import Statement
from loki_tui.guard.shell.places import normal
from loki_tui.guard.shell.text import ANY, BELOW, DISK, NAME, bounded, could_be, known, only, wild

MAX_VALUES = 8
"""Values one variable is followed through; with more it is unknown."""

Values = frozenset[str]
UNSURE: Values = frozenset({ANY})


def values(found: Iterable[str]) -> Values:
    """The values, or what stands for too many."""
    some = frozenset(found)
    if len(some) <= MAX_VALUES:
        return some
    for mark in (NAME, BELOW):
        if all(could_be(mark, text) and ".." not in text for text in some if known(text)) and all(map(known, some)):
            return frozenset({mark})
    return UNSURE


@dataclass(slots=True)
class State:
    """Of one shell."""

    home: str
    start: str
    """The directory that all began in."""
    cwd: Values
    remains: Values = frozenset()
    """Where one is still, if the last change of directory failed."""
    variables: dict[str, Values] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    """Variables that were unset."""
    arrays: dict[str, tuple[str, ...]] = field(default_factory=dict)
    functions: dict[str, tuple[Statement | None, ...]] = field(default_factory=dict)
    """Name to all that it may mean; none among them where it may be undefined."""
    aliases: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] | None = ()
    """The positional parameters; none where not known."""
    files: dict[str, str] = field(default_factory=dict)
    """What was written into files, by absolute path."""
    programs: dict[str, str] = field(default_factory=dict)
    """Copies of programs, by absolute path or by name: what they really are."""
    links: dict[str, str] = field(default_factory=dict)

    def copy(self) -> State:
        """Another shell that knows the same."""
        return replace(
            self,
            variables=dict(self.variables),
            arrays=dict(self.arrays),
            functions=dict(self.functions),
            aliases=dict(self.aliases),
            files=dict(self.files),
            programs=dict(self.programs),
            links=dict(self.links),
        )

    def subshell(self) -> State:
        """A shell below this one: what it writes into files is seen here too, and nothing else."""
        return replace(
            self,
            variables=dict(self.variables),
            arrays=dict(self.arrays),
            functions=dict(self.functions),
            aliases=dict(self.aliases),
        )

    def meet(self, other: State) -> None:
        """Take in what another way through the code came to."""
        for name in self.variables.keys() | other.variables.keys():
            self.variables[name] = values(self.value(name) | other.value(name))
        for name in self.arrays.keys() ^ other.arrays.keys():
            self.arrays[name] = (ANY,)
        for name in self.arrays.keys() & other.arrays.keys():
            if self.arrays[name] != other.arrays[name]:
                self.arrays[name] = (ANY,)
        for name in self.functions.keys() | other.functions.keys():
            mine, theirs = self.functions.get(name, (None,)), other.functions.get(name, (None,))
            self.functions[name] = mine if mine == theirs else tuple(dict.fromkeys(mine + theirs))
        self.gone &= other.gone
        self.aliases |= other.aliases
        self.programs |= other.programs
        self.links |= other.links
        for path in self.files.keys() & other.files.keys():
            if self.files[path] != other.files[path]:
                self.files[path] = ANY
        self.files |= {path: text for path, text in other.files.items() if path not in self.files}
        self.cwd = values(self.cwd | other.cwd)
        if self.arguments != other.arguments:
            self.arguments = None

    def value(self, name: str) -> Values:
        """What a variable could be."""
        found = self.variables.get(name)
        if found is not None:
            return found
        if name in self.arrays:
            return frozenset(self.arrays[name][:1]) or frozenset({""})
        match name:
            case "HOME":
                return frozenset({self.home})
            case "PWD":
                return self.cwd
            case "IFS":
                return frozenset({" \t\n"})
        return UNSURE

    def assign(self, name: str, found: Iterable[str]) -> None:
        """Give a variable these values."""
        self.arrays.pop(name, None)
        self.gone -= {name}
        self.variables[name] = values(found)

    def become(self, other: State) -> None:
        """Go on from where another way through the code came to, and no other."""
        for item in fields(self):
            setattr(self, item.name, getattr(other, item.name))

    def paths(self, word: str) -> tuple[str, ...]:
        """The absolute paths that a word may mean; none where there is no telling."""
        if not known(word):
            return ()
        return tuple(normal(word, cwd, self.links) for cwd in sorted(self.cwd))

    def write(self, word: str, text: str, *, append: bool = False) -> None:
        """Note what is written into a file."""
        for path in self.paths(word):
            self.programs.pop(path, None)
            self.files[path] = bounded(self.files.get(path, "") + text if append else text)

    def read(self, word: str) -> str:
        """What a file holds."""
        if word.startswith(("/dev/tcp/", "/dev/udp/")):
            return ANY
        found = [self.files[path] for path in self.paths(word) if path in self.files]
        if not found and wild(word) and any(not path.startswith("/dev/fd/") for path in self.files):
            return ANY
        return only(found) if found else DISK
