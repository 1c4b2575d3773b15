"""The paper that a run is written on in numbered lines: one number for each thing said, which never changes.

Only the beginning of what Loki itself says stands at the edge, behind its number. All that follows is
set in, so that no text from outside can pass for a line of Loki's own.
"""

from __future__ import annotations

import time
import unicodedata
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loki_tui.core.errors import LokiError
from loki_tui.core.terminal import visible

WIDTH = 100
"""Cells of a line, where the terminal does not have fewer."""
LEAST = 20
"""Cells that a line has at the least: a short braille display."""
INDENT = "    "
CONTINUED = "continued: "
"""Stands where a line of exact text goes on that did not fit: it was one line."""

_TAB = 8
"""Cells that a tab takes at the most."""


class OutputLostError(Exception):
    """Nothing can be written any more.

    Args:
        error: Why.
    """

    def __init__(self, error: LokiError) -> None:
        super().__init__(error.message)
        self.error = error


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text."""

    text: str
    exact: bool = False
    """Whether each character matters, as in a command: it is never broken at a space, which would be lost."""


class Paper:
    """Numbers what is said, and writes it line by line.

    Args:
        write: Takes a line.
        width: Cells of a line.
    """

    def __init__(self, write: Callable[[str], None], *, width: int = WIDTH) -> None:
        self.room = max(LEAST, width)
        self.last_at = 0.0
        """When the last line began to be written, on the monotonic clock: what is typed later may be about it."""
        self._write = write
        self._seqs = array("q")

    @property
    def number(self) -> int:
        """Of what was said last."""
        return len(self._seqs)

    def put(self, text: str, *more: Passage, seq: int = 0) -> int:
        """Say something.

        Args:
            text: Its beginning.
            more: What belongs to it.
            seq: The event it is about; 0 where it is about none.

        Returns:
            Its number.

        Raises:
            OutputLostError: It cannot be written.
        """
        self._seqs.append(seq)
        for line in laid_out((Passage(f"{self.number}  {text}"), *more), self.room):
            self.last_at = time.monotonic()
            try:
                self._write(line)
            except LokiError as error:
                raise OutputLostError(error) from error
        return self.number

    def seq(self, number: int) -> int:
        """The event that a line is about; 0 where there is no such line, or it is about none."""
        return self._seqs[number - 1] if 0 < number <= self.number else 0


def laid_out(passages: tuple[Passage, ...], room: int) -> Iterator[str]:
    """Lines for some passages: the first at the edge, all further ones set in."""
    indent = ""
    for passage in passages:
        for line in set_in(passage, room - len(INDENT)):
            yield f"{indent}{line}"
            indent = INDENT


def set_in(passage: Passage, room: int) -> Iterator[str]:
    """Lines for a passage. Empty ones are left out where they say nothing."""
    for line in visible(passage.text).split("\n"):
        if passage.exact:
            yield from _pieces(line, room)
        elif line.strip():
            yield from _folded(line.rstrip(), room)


def _pieces(line: str, room: int) -> Iterator[str]:
    """A line whose every character matters."""
    end = _fitting(line, 0, room)
    yield line[:end]
    while end < len(line):
        start, end = end, _fitting(line, end, max(1, room - len(CONTINUED)))
        yield f"{CONTINUED}{line[start:end]}"


def _folded(line: str, room: int) -> Iterator[str]:
    """A line of words, broken at spaces."""
    start = 0
    while (end := _fitting(line, start, room)) < len(line):
        space = line.rfind(" ", start + 1, end + 1)
        if space > 0 and line[start:space].strip():
            yield line[start:space]
            start = space + 1
        else:
            yield line[start:end]
            start = end
    yield line[start:]


def _fitting(line: str, start: int, room: int) -> int:
    """Where a line must end that begins at a character; it has at least one."""
    if (chunk := line[start : start + room]).isascii() and "\t" not in chunk:
        return min(len(line), start + room)
    taken = 0
    for at in range(start, len(line)):
        taken += _cells(line[at])
        if taken > room:
            return max(at, start + 1)
    return len(line)


def _cells(character: str) -> int:
    if character == "\t":
        return _TAB
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
