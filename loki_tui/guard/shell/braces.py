"""Brace expansion: `{a,b}` and `{1..5}` in the unquoted text of a word, before all else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from loki_tui.guard.shell.nodes import Part, Plain

MAX_WORDS = 512
"""Words that one word may become."""

MAX_BRACES = 100
"""Braces in one word that are looked into."""

_SEQUENCE = re.compile(r"(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?")
_LETTERS = re.compile(r"\\.|.", re.DOTALL)

Item = str | Part
"""A letter of unquoted text, with its backslash, or a part that braces do not reach into."""


class TooManyWordsError(Exception):
    """Braces that come to more words than are followed."""


def unbraced(parts: tuple[Part, ...]) -> list[tuple[Part, ...]]:
    """The words that one word becomes.

    Raises:
        TooManyWordsError: They are more than `MAX_WORDS`.
    """
    if not any(isinstance(part, Plain) and "{" in part.text for part in parts):
        return [parts]
    items: list[Item] = []
    for part in parts:
        items += _LETTERS.findall(part.text) if isinstance(part, Plain) else [part]
    if items.count("{") > MAX_BRACES:
        raise TooManyWordsError
    return [_rejoined(found) for found in _expanded(items)]


def _rejoined(items: Sequence[Item]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for item in items:
        last = parts[-1] if parts else None
        if not isinstance(item, str):
            parts.append(item)
        elif isinstance(last, Plain):
            parts[-1] = Plain(last.text + item)
        else:
            parts.append(Plain(item))
    return tuple(parts)


def _expanded(items: Sequence[Item]) -> list[list[Item]]:
    for start, item in enumerate(items):
        if item == "{" and (found := _alternatives(items, start)) is not None:
            choices, end = found
            heads = list(items[:start])
            tails = _expanded(items[end + 1 :])
            if len(choices) * len(tails) > MAX_WORDS:
                raise TooManyWordsError
            return [[*heads, *choice, *tail] for choice in choices for tail in tails]
    return [list(items)]


def _alternatives(items: Sequence[Item], start: int) -> tuple[list[list[Item]], int] | None:
    """What the braces that open here offer, and where they close; none where they are no such braces."""
    cuts, depth = [start], 0
    for place in range(start, len(items)):
        if items[place] == "{":
            depth += 1
        elif items[place] == "," and depth == 1:
            cuts.append(place)
        elif items[place] == "}":
            depth -= 1
            if depth == 0:
                return _choices(items, [*cuts, place])
    return None


def _choices(items: Sequence[Item], cuts: Sequence[int]) -> tuple[list[list[Item]], int] | None:
    end = cuts[-1]
    if len(cuts) == 2:
        counted = _counted(items[cuts[0] + 1 : end])
        return None if counted is None else (counted, end)
    choices: list[list[Item]] = []
    for before, after in pairwise(cuts):
        choices += _expanded(items[before + 1 : after])
        if len(choices) > MAX_WORDS:
            raise TooManyWordsError
    return choices, end


def _counted(items: Sequence[Item]) -> list[list[Item]] | None:
    """What a sequence counts up; none where it is no sequence."""
    text = "".join(item for item in items if isinstance(item, str))
    found = _SEQUENCE.fullmatch(text)
    if found is None or len(text) != sum(len(item) if isinstance(item, str) else 1 for item in items):
        return None
    first, last, step = found.groups()
    if first.isalpha() != last.isalpha() or any(len(end) > 9 for end in (first, last, step or "")):
        return None
    low, high = (ord(first), ord(last)) if first.isalpha() else (int(first), int(last))
    stride = abs(int(step or 1)) or 1
    numbers = range(low, high + 1, stride) if low <= high else range(low, high - 1, -stride)
    if len(numbers) > MAX_WORDS:
        raise TooManyWordsError
    # A zero in front asks for as many digits everywhere.
    padded = any(re.match(r"-?0\d", end) for end in (first, last))
    width = max(len(first), len(last)) if padded else 0
    return [[chr(number) if first.isalpha() else f"{number:0{width}d}"] for number in numbers]
