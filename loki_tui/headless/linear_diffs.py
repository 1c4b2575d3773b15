"""A change to a file in words: a reader that speaks may leave out the signs of a diff, and then old sounds like new."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loki_tui.wording.amounts import counted

_HUNK = re.compile(r"@@ -\d+(?:,(?P<old>\d+))? \+(?P<at>\d+)(?:,(?P<new>\d+))? @@.*", re.DOTALL)
_WORDS = {" ": "same: ", "-": "removed: ", "+": "added: "}


def spoken(diff: str) -> str:
    """A unified diff with a word at the beginning of each line."""
    return "\n".join(words for _, words in _lines(diff))


NO_CHANGE = "no line changed"


def change_in_words(diff: str) -> str:
    """How much a diff changes."""
    signs = [sign for sign, _ in _lines(diff)]
    counts = [(signs.count("+"), "added"), (signs.count("-"), "removed")]
    changes = [f"{counted(count, 'line')} {what}" for count, what in counts if count]
    return " and ".join(changes) or NO_CHANGE


def _lines(diff: str) -> Iterator[tuple[str, str]]:
    """Each line with its sign. What only looks like a heading is told apart by the count of its hunk."""
    old = new = 0
    for line in diff.removesuffix("\n").split("\n"):
        sign, rest = line[:1], line[1:]
        if (hunk := _HUNK.fullmatch(line)) is not None:
            old, new = int(hunk["old"] or 1), int(hunk["new"] or 1)
            yield "@", f"at line {hunk['at']}:"
        elif sign in _WORDS and (old > 0 or new > 0):
            old -= sign != "+"
            new -= sign != "-"
            yield sign, f"{_WORDS[sign]}{rest}"
        elif line.startswith("--- "):
            yield "", f"old file: {'none' if line[4:].startswith('/dev/null') else line[4:]}"
        elif line.startswith("+++ "):
            yield "", f"new file: {line[4:]}"
        else:
            yield "", rest.strip() if sign == "\\" else line
