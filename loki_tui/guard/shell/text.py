"""Text of which parts are not known: an ordinary string with marks for what could be anything.

The marks are private-use characters that no command may hold (see `suspicious`), so that joining,
splitting and slicing are those of strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

ANY = "\U000f0000"
"""Some text, of any length."""
WORDS = "\U000f0001"
"""Some text outside of quotes: no word, or one, or many."""
NAME = "\U000f0002"
"""A plain word: letters, digits, dots and dashes, no slash, neither `.` nor `..`, no dash first."""
BELOW = "\U000f0003"
"""A relative path that does not go up, and begins with no dash."""
STAR = "\U000f0004"
"""An unquoted `*`, which becomes the names of files."""
ONE = "\U000f0005"
"""An unquoted `?`."""
CLASS = "\U000f0006"
"""An unquoted `[`."""

DISK = "\U000f0007"
"""What a file holds that was there before."""

UNKNOWN = frozenset({ANY, WORDS, NAME, BELOW, DISK})
GLOBS = {STAR: "*", ONE: "?", CLASS: "["}

MAX_TEXT = 65_536
"""Characters of a value; a longer one is as good as unknown."""

_UNKNOWN = re.compile(f"[{''.join(UNKNOWN)}]")
_WILD = re.compile(f"[{ANY}{WORDS}{DISK}]")
_GLOB = re.compile(f"[{''.join(GLOBS)}]")
_UNGLOB = str.maketrans(GLOBS)
_REGLOB = str.maketrans({glyph: mark for mark, glyph in GLOBS.items()})

_COMPUTED = re.compile(r"\[[^\]]*(?:\$\(|`)")

_SUSPICIOUS = {
    "a NUL byte": re.compile("\x00"),
    "a carriage return": re.compile("\r"),
    "a control character": re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"),
    "a character that turns the direction of text": re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"),
    "an invisible character": re.compile(
        "[\u00ad\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
    ),
    "a character without a meaning": re.compile("[\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"),
}


def names(text: str) -> frozenset[str]:
    """The words of a text, as a set: a long one reads better as text."""
    return frozenset(text.split())


def suspicious(command: str) -> str | None:
    """What in a command a person would not see, or not see as what it is; none where all is plain."""
    return next((name for name, shape in _SUSPICIOUS.items() if shape.search(command)), None)


def cleaned(command: str) -> str:
    """A command without the characters that would be taken for marks, and that bash drops itself."""
    return re.sub("[\x00\ud800-\udfff\U000f0000-\U0010ffff]", "", command)


def computes(text: str) -> bool:
    """Whether a text has code in an index: where it is taken for a variable or a number, that code runs."""
    return bool(_COMPUTED.search(text))


def known(text: str) -> bool:
    """Whether nothing of a text is unknown; it may still have globs."""
    return not _UNKNOWN.search(text)


def wild(text: str) -> bool:
    """Whether some of it could be any text."""
    return bool(_WILD.search(text))


def has_globs(text: str) -> bool:
    """Whether it becomes the names of files."""
    return bool(_GLOB.search(text))


def unglobbed(text: str) -> str:
    """The text with globs as they were written: what a quoted or unmatched one comes to."""
    return text.translate(_UNGLOB)


def globbed(text: str) -> str:
    """The text with its pattern characters as globs: what an unquoted value comes to."""
    return text.translate(_REGLOB)


def bounded(text: str) -> str:
    """The text, or what stands for it where it is too long."""
    return text if len(text) <= MAX_TEXT else ANY


def only(values: Iterable[str]) -> str:
    """The one text of these, or what stands for several."""
    found = set(values)
    return found.pop() if len(found) == 1 else ANY


@lru_cache(maxsize=4096)
def shape(text: str) -> re.Pattern[str]:
    """What a text could be."""
    return re.compile(_shape(text), re.DOTALL)


_SHAPES = {
    ANY: ".*",
    WORDS: ".*",
    DISK: ".*",
    NAME: r"(?![.]{1,2}(?:/|$))[^-/\s][^/\s]*",
    BELOW: r"[^-/].*",
    STAR: "[^/]*",
    ONE: "[^/]",
}


def _shape(text: str) -> str:
    made, position = "", 0
    while position < len(text):
        letter = text[position]
        if letter == CLASS:
            made += "[^/]"
            position = _end_of_class(text, position)
            continue
        made += _SHAPES.get(letter) or re.escape(letter)
        position += 1
    return made


def _end_of_class(text: str, start: int) -> int:
    """Where what follows a `[…]` begins; an open one ends at once."""
    end = text.find("]", start + 2)
    return end + 1 if end >= 0 else start + 1


def could_be(text: str, wanted: str) -> bool:
    """Whether a text could come to this one."""
    return text == wanted or bool(shape(text).fullmatch(wanted))


def summary(text: str, limit: int = 60) -> str:
    """A text for people, with `…` for what is not known."""
    shown = unglobbed(_UNKNOWN.sub("…", text))
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"
