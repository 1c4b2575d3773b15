"""Source text of languages with braces: which of it is code, where a block ends, what a call is given."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

# Every alternative ends where the text ends, too: a hostile text has no closing quotes, and is gone through once.
_COMMENT = r"//[^\n]*|/\*.*?(?:\*/|\Z)"
_DOUBLE = r'"(?:\\.|[^"\\\n])*(?:"|$|\Z)'
_SINGLE = r"'(?:\\.|[^'\\\n])*(?:'|$|\Z)"
_BACKQUOTE = r"`(?:\\.|[^`\\])*(?:`|\Z)"
_CHARACTER = r"'(?:\\[^\n]{1,10}?|[^'\\\n])'"
_TRIPLE = r'""".*?(?:"""|\Z)'
_RUST_RAW = r'r#".*?(?:"#|\Z)'

SCRIPT = re.compile(f"{_COMMENT}|{_DOUBLE}|{_SINGLE}|{_BACKQUOTE}", re.DOTALL | re.MULTILINE)
GO = re.compile(f"{_COMMENT}|{_DOUBLE}|{_CHARACTER}|`[^`]*(?:`|\\Z)", re.DOTALL | re.MULTILINE)
RUST = re.compile(f"{_COMMENT}|{_RUST_RAW}|{_DOUBLE}|{_CHARACTER}", re.DOTALL | re.MULTILINE)
JAVA = re.compile(f"{_COMMENT}|{_TRIPLE}|{_DOUBLE}|{_CHARACTER}", re.DOTALL | re.MULTILINE)
PHP = re.compile(f"#(?!\\[)[^\n]*|{_COMMENT}|{_DOUBLE}|{_SINGLE}", re.DOTALL | re.MULTILINE)

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MOST = 50
"""Arguments of one call that are looked at."""
STATEMENT = 2_000
"""Longest statement that is looked at."""


@dataclass(slots=True)
class Code:
    """A source text, and the same with the insides of its strings blanked, place for place. Made by `of`."""

    text: str
    """The source, its comments blanked."""
    masked: str = ""
    """What is code; all offsets are those of `text`."""
    _ends: dict[int, int] = field(default_factory=dict)
    _lines: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, strings: re.Pattern[str]) -> Code:
        """Look at a source text.

        Args:
            text: The source.
            strings: What its comments and strings look like.
        """
        shown: list[str] = []
        masked: list[str] = []
        at = 0
        for found in strings.finditer(text):
            between, piece = text[at : found.start()], found[0]
            comment = piece.startswith(("//", "/*", "#"))
            shown += (between, _blank(piece, " ") if comment else piece)
            masked += (between, _blank(piece, " ") if comment else piece[0] + _blank(piece[1:-1], "_") + piece[1:][-1:])
            at = found.end()
        code = cls("".join([*shown, text[at:]]), "".join([*masked, text[at:]]))
        code._match_brackets()
        code._lines = [found.start() for found in re.finditer("\n", text)]
        return code

    def line(self, offset: int) -> int:
        """The line of an offset, from 1."""
        return bisect_right(self._lines, offset - 1) + 1

    def close(self, opening: int) -> int:
        """Where the bracket that opens at an offset is closed; the text's end where it never is."""
        return self._ends.get(opening, len(self.masked))

    def block(self, after: int, bracket: str = "{") -> tuple[int, int]:
        """Offsets of the next block from an offset on, its brackets included; empty where there is none."""
        start = self.masked.find(bracket, after)
        return (start, self.close(start) + 1) if start >= 0 else (after, after)

    def arguments(self, opening: int) -> list[str]:
        """What a call is given whose bracket opens at an offset."""
        return [
            self.text[start : min(end, start + STATEMENT)].strip() for start, end in islice(self.parts(opening), _MOST)
        ]

    def parts(self, opening: int) -> Iterator[tuple[int, int]]:
        """Offsets of what stands between the commas of a bracket; nothing where it is never closed."""
        end, at = self._ends.get(opening, opening), opening + 1
        start = at
        while at < end:
            letter = self.masked[at]
            if letter in _CLOSING and self.close(at) < end:
                at = self.close(at)
            elif letter == ",":
                yield start, at
                start = at + 1
            at += 1
        if self.masked[start:end].strip():
            yield start, end

    def statement(self, start: int) -> int:
        """Where the statement that begins at an offset ends."""
        at, stop = start, min(len(self.masked), start + STATEMENT)
        while at < stop:
            letter = self.masked[at]
            if letter in _CLOSING:
                at = self.close(at)
            elif letter in ";})]," or (letter == "\n" and not re.match(r"\s*[.?]", self.masked[at : at + 200])):
                return at
            at += 1
        return min(at, len(self.masked))

    def _match_brackets(self) -> None:
        opened: list[int] = []
        for found in re.finditer(r"[()\[\]{}]", self.masked):
            letter = found[0]
            if letter in _CLOSING:
                opened.append(found.start())
            elif opened and _CLOSING[self.masked[opened[-1]]] == letter:
                self._ends[opened.pop()] = found.start()


def _blank(text: str, letter: str) -> str:
    """As many of a letter, and the line ends."""
    if "\n" not in text:
        return letter * len(text)
    return "\n".join(letter * len(line) for line in text.split("\n"))
