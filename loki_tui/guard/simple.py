"""Reads a shell command that is one simple command and means what it says; every other is left alone.

Not a shell's grammar but a small part of it that has one reading: words between single spaces,
of letters that are no syntax anywhere, or quoted whole. What needs more (operators, pipes,
redirections, substitutions, variables, assignments, comments, escapes, braces, newlines, tabs,
letters that only look like a space) is not read wrongly here, because it is not read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_CHARS = 2_000
"""A longer command is nothing a person has in mind when they say `such commands`."""

_PIECE = re.compile(r"""(?P<bare>[A-Za-z0-9_@%+=:,./*?-]+)|'(?P<single>[^']*)'|"(?P<double>[^"$`\\]*)\"""")
_PROGRAM = re.compile(r"/?(?:[A-Za-z0-9_.+-]+/)*[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_GLOB = re.compile(r"[*?]")
# A file's name may be an option's. Behind a dot, a `*` finds the directory above as well.
_STRAY_GLOB = re.compile(r"^(?!\./|[A-Za-z0-9_])|(?:^|/)\.[^/]*[*?]")
_KEYWORDS = frozenset(
    {"if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac"}
    | {"select", "in", "function", "time", "coproc"}
)


class Word(NamedTuple):
    """One word of a command, as the program gets it."""

    text: str
    bare: bool
    """Written without quotes, and nothing that the shell replaces."""


def simple_command(command: str) -> tuple[Word, ...] | None:
    """The words of a command, the program first; none where it is not one simple command."""
    text = command.strip(" ")
    if not text or len(text) > MAX_CHARS or not text.isprintable():
        return None
    words: list[Word] = []
    for part in _parts(text):
        word = _word(part)
        if word is None:
            return None
        words.append(word)
    program = words[0]
    if not program.bare or program.text in _KEYWORDS or not _PROGRAM.fullmatch(program.text):
        return None
    return tuple(words)


def _parts(text: str) -> list[str]:
    """A command cut at the spaces that stand outside of quotes."""
    parts, begin, quote = [], 0, ""
    for position, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == " ":
            parts.append(text[begin:position])
            begin = position + 1
    parts.append(text[begin:])
    return [part for part in parts if part]


def _word(part: str) -> Word | None:
    """What a word says once its quotes are gone; none where anything in it has another meaning."""
    said, position, globs, quoted = "", 0, False, False
    while position < len(part):
        piece = _PIECE.match(part, position)
        if piece is None:
            return None
        if (bare := piece["bare"]) is not None:
            globs |= bool(_GLOB.search(bare))
            said += bare
        else:
            quoted = True
            said += piece["single"] if piece["single"] is not None else piece["double"]
        position = piece.end()
    if globs and (quoted or _STRAY_GLOB.search(said)):
        return None
    return Word(said, bare=not quoted and not globs)
