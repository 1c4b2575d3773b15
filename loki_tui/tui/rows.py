"""Text for the screen: rows of spans, each with a tone, measured in terminal cells.

What a pane shows is a list of rows that plain functions make from state. A span's text is never
markup, so nothing a model or a command wrote can style itself; how a tone looks is the
theme's business (`loki_tui.tui.themes`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, get_args

from loki_tui.core.terminal import even
from loki_tui.tui.cellwise import cells_of, chopped, ending, sized

Tone = Literal[
    "plain", "quiet", "loud", "good", "bad", "warn", "accent", "alert",
    "add", "del", "hunk", "keyword", "string", "comment", "number",
]  # fmt: skip
"""How a span sounds. Its look never carries a meaning that its words or its shape do not carry too."""

TONES: tuple[Tone, ...] = get_args(Tone)

Span = tuple[str, Tone]
Row = tuple[Span, ...]

BLANK: Row = ()

ELLIPSIS = "…"

CONTINUED = "↳"
"""Stands where a line goes on that did not fit: it is one line."""

TAB = 4
"""Columns a tab goes to the next multiple of."""

_WORDS = re.compile(r"\s*\S+|\s+$")
"""Words, each with the blanks before it."""


def row(*parts: str | Span) -> Row:
    """A row of parts; a part without a tone is plain, one without text is left out."""
    return tuple((part, "plain") if isinstance(part, str) else part for part in parts if part and part[0])


def clean(text: str) -> str:
    """Foreign text that takes exactly the cells it seems to: tabs are spaces, control characters are written out."""
    if text.isascii() and text.isprintable():
        return text
    text = even(text)
    return text.expandtabs(TAB) if "\t" in text else text


@lru_cache(maxsize=4096)
def cells(text: str) -> int:
    """Terminal cells that a text takes."""
    return cells_of(text)


def width_of(line: Row) -> int:
    """Terminal cells that a row takes."""
    return sum(cells(text) for text, _ in line)


def text_of(line: Row) -> str:
    """A row without its tones."""
    return "".join(text for text, _ in line)


def beginning(text: str, width: int) -> str:
    """As much of a text as tells whether it fits, and what is seen of it if it does not.

    Measuring a text costs 0.2 µs a character and cutting it 1 µs: of a long one, only its beginning is.
    """
    size = 4 * max(0, width) + 64
    while size < len(text) and cells_of(text[:size]) <= width + 8:
        # Characters that take no cell.
        size *= 4
    return text[:size]


def cut(text: str, width: int) -> str:
    """Text in at most this many cells, with an ellipsis where it was longer."""
    text = beginning(text, width)
    if cells(text) <= width:
        return text
    return f"{sized(text, max(0, width - 1)).rstrip()}{ELLIPSIS}" if width > 0 else ""


def cut_before(text: str, width: int) -> str:
    """The end of a text in at most this many cells, with an ellipsis where it was longer."""
    if cells(text) <= width:
        return text
    return f"{ELLIPSIS}{ending(text, width - 1)}" if width > 0 else ""


def crop(line: Row, width: int) -> Row:
    """A row in at most this many cells, with an ellipsis where it was longer."""
    if width <= 0:
        return ()
    line = tuple((beginning(text, width), tone) for text, tone in line)
    if width_of(line) <= width:
        return line
    kept: list[Span] = []
    room = width
    for text, tone in line:
        size = cells(text)
        if size >= room:
            # Something follows, or this span is too long itself: either way the row is cut here.
            kept.append((cut(text, room) if size > room else f"{sized(text, room - 1)}{ELLIPSIS}", tone))
            break
        kept.append((text, tone))
        room -= size
    return tuple(kept)


def spread(left: Row, right: Row, width: int) -> Row:
    """Two rows at the two ends of a line. Where both do not fit, the left one is cut."""
    room = width - width_of(right) - 1
    if room < 8:
        return crop(left, width)
    left = crop(left, room)
    return (*left, (" " * (width - width_of(left) - width_of(right)), "plain"), *right)


def wrap(
    text: str, width: int, *, tone: Tone = "plain", indent: str = "", most: int | None = None, continued: str = ""
) -> list[Row]:
    """Foreign text as rows, broken between words where that is possible.

    Args:
        text: Any text; its own line breaks are kept.
        width: Cells of a row, indentation included.
        tone: Of every row.
        indent: Before every row.
        most: How many rows at the most; the last then says how many lines are missing.
        continued: Before what is left of a line that goes on, after the indentation.
    """
    room = max(4, width - cells(indent))
    rows: list[Row] = []
    lines = lines_of(text)
    for number, line in enumerate(lines):
        wanted = line if most is None else beginning(line, room * (most + 1 - len(rows)))
        for place, piece in enumerate(_pieces(clean(wanted), room, cells(continued))):
            if most is not None and len(rows) == most:
                left = len(lines) - number
                said = f"{indent}{ELLIPSIS} {left:,} more {'line' if left == 1 else 'lines'}"
                rows[-1] = crop(row((said, "quiet")), width)
                return rows
            mark = continued if place else ""
            rows.append(row(indent, (mark, "quiet"), (piece, tone)) if mark else row((f"{indent}{piece}", tone)))
    return rows


def exact(text: str, width: int, *, tone: Tone = "plain") -> list[Row]:
    """Foreign text in which every character counts, blanks too, as in a command.

    Its lines begin in the third column; where one goes on that did not fit, a mark stands in the first.
    Text cannot come to stand there, so no line passes for two, and no two for one.
    """
    gutter = f"{CONTINUED} "
    rows: list[Row] = []
    for line in lines_of(text):
        first, *more = chopped(clean(line), max(4, width - len(gutter))) or [""]
        rows.append(row(" " * len(gutter), (first, tone)))
        rows += (row((gutter, "quiet"), (piece, tone)) for piece in more)
    return rows


def lines_of(text: str) -> list[str]:
    """A text's lines, at least one. Only what a shell or a diff takes for the end of a line is one."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _pieces(line: str, room: int, marked: int = 0) -> Iterator[str]:
    """A line in pieces; where there are several, with room for so many cells before each."""
    if cells(line) <= room or not line.strip():
        yield line if cells(line) <= room else ""
        return
    room = max(1, room - marked)
    held, used = "", 0
    for word in _WORDS.findall(line):
        rest = word
        if used + cells_of(rest) > room and held.strip():
            yield held.rstrip()
            held, used, rest = "", 0, word.lstrip()
        if cells_of(rest) > room:
            *whole, rest = chopped(rest, room)
            yield from whole
        held, used = held + rest, used + cells_of(rest)
    yield held.rstrip()


def bar(share: float, width: int, *, fill: str = "█", rest: str = "░") -> tuple[str, str]:
    """The filled and the empty part of a bar.

    Args:
        share: 0 to 1; what lies outside is brought inside.
        width: Cells.
        fill: One cell of the filled part.
        rest: One cell of the empty part.
    """
    filled = round(min(1.0, max(0.0, share)) * width)
    # A little is not nothing, and almost full is not full.
    if share > 0 and filled == 0:
        filled = 1
    if share < 1 and filled == width:
        filled = width - 1
    return fill * filled, rest * (width - filled)


SPARKS = "▁▂▃▄▅▆▇█"
"""Bars of a chart, an eighth of a cell apart."""


def columns(texts: Sequence[str], widths: Sequence[int]) -> str:
    """Texts side by side, each cut or padded to its width, with a space between."""
    return " ".join(sized(cut(text, width), width) for text, width in zip(texts, widths, strict=True))
