"""Unified diffs as rows: in one column or side by side, signs included, so that no colour is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from loki_tui.tui.rows import CONTINUED, Row, Tone, crop, lines_of, row, width_of, wrap

SPLIT_LEAST = 100
"""Cells below which two columns are too narrow to read."""

_TONES: dict[str, Tone] = {"+": "add", "-": "del"}


def rows(text: str, width: int, *, split: bool = False, most: int | None = None) -> list[Row]:
    """A unified diff.

    Args:
        text: The diff.
        width: Cells of a row.
        split: Whether old and new stand side by side, where there is room.
        most: How many rows at the most; the last then says how many are missing.
    """
    lines = lines_of(text) if text else []
    made = list(_side_by_side(lines, width) if split and width >= SPLIT_LEAST else _unified(lines, width))
    if most is None or len(made) <= most:
        return made
    return [*made[: most - 1], crop(row((f"… {len(made) - most + 1:,} more lines", "quiet")), width)]


def without_names(text: str) -> str:
    """A diff of one file without the two lines that name it."""
    first, _, rest = text.partition("\n")
    second, _, hunks = rest.partition("\n")
    return hunks if first.startswith("--- ") and second.startswith("+++ ") else text


def _toned(lines: Sequence[str]) -> Iterator[tuple[str, Tone]]:
    """Lines, each with how it sounds; a removed `-- comment` is no file's name."""
    named = False
    for number, line in enumerate(lines):
        if line.startswith("--- ") and lines[number + 1 : number + 2] and lines[number + 1].startswith("+++ "):
            named = not lines[number + 2 : number + 3] or lines[number + 2].startswith("@@")
            yield line, "loud" if named else "del"
            continue
        yield line, "loud" if named or line.startswith(("diff ", "index ")) else _tone(line)
        named = False


def _tone(line: str) -> Tone:
    if line.startswith("@@"):
        return "hunk"
    return _TONES.get(line[:1], "plain")


def _unified(lines: Sequence[str], width: int) -> Iterator[Row]:
    for line, tone in _toned(lines):
        yield from wrap(line, width, tone=tone, continued=CONTINUED)


def _side_by_side(lines: Sequence[str], width: int) -> Iterator[Row]:
    half = (width - 3) // 2
    old: list[str] = []
    new: list[str] = []
    for line, tone in _toned(lines):
        if tone == "del":
            old.append(line)
        elif tone == "add":
            new.append(line)
        else:
            yield from _changes(old, new, half)
            old, new = [], []
            if line.startswith(" "):
                yield from _pair(line, line, half)
            else:
                yield from wrap(line, width, tone=tone, continued=CONTINUED)
    yield from _changes(old, new, half)


def _changes(old: Sequence[str], new: Sequence[str], half: int) -> Iterator[Row]:
    for left, right in zip_longest(old, new):
        yield from _pair(left, right, half)


def _pair(left: str | None, right: str | None, half: int) -> Iterator[Row]:
    for one, other in zip_longest(_half(left, half), _half(right, half), fillvalue=((" " * half, "plain"),)):
        yield (*one, (" │ ", "quiet"), *other)


def _half(line: str | None, half: int) -> list[Row]:
    """A line in one of the columns; all of it, or one could approve what is not seen."""
    if line is None:
        return []
    # No line of a diff begins with the mark, so none passes for the rest of another.
    pieces = wrap(line, half, tone=_tone(line), continued=CONTINUED)
    return [(*each, (" " * (half - width_of(each)), "plain")) for each in pieces]
