"""How many terminal cells a text takes, and cutting it by cells.

As the library measures, but for spacing marks: the vowel signs of Devanagari, Tamil, Khmer and other
scripts. Rich takes them for nothing; terminals give each a cell (all 441 of them in tmux 3.3a). To be
measured and cut, each is stood in for by a character of one cell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, chop_cells, set_cell_size, split_graphemes
from rich.segment import Segment
from textual.strip import Strip

_STAND_IN = 0xF0000
"""Where stand-ins begin: characters that Unicode leaves to private use, so that each takes one cell."""
_SCRIPTS = re.compile(
    "[\u0900-\u0e00\u0f00-\u10ff\u1700-\u1cff\ua800-\uabff\U00011000-\U00011fff\U00016f50-\U0001d172]"
)
"""Where spacing marks are, among letters."""
_STOOD_IN = re.compile(f"[{chr(_STAND_IN + 0x900)}-{chr(_STAND_IN + 0x1D172)}]")


def _marks(text: str) -> bool:
    """Whether there may be spacing marks."""
    return not text.isascii() and _SCRIPTS.search(text) is not None


def with_stand_ins(text: str) -> str:
    """A text in which every spacing mark is a character that the library, too, gives a cell; as long as before."""
    if not _marks(text):
        return text
    return _SCRIPTS.sub(lambda found: chr(_STAND_IN + ord(found[0])) if _is_mark(found[0]) else found[0], text)


def _meant(text: str) -> str:
    def mark_of(found: re.Match[str]) -> str:
        mark = chr(ord(found[0]) - _STAND_IN)
        return mark if _is_mark(mark) else found[0]

    return _STOOD_IN.sub(mark_of, text)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) == "Mc"


def cells_of(text: str) -> int:
    """Cells that a text takes."""
    return cell_len(with_stand_ins(text))


def sized(text: str, width: int) -> str:
    """A text cut or padded to exactly so many cells; a character of two that is cut becomes a space."""
    if not _marks(text):
        return set_cell_size(text, width)
    return _meant(set_cell_size(with_stand_ins(text), width))


def ending(text: str, width: int) -> str:
    """As much of the end of a text as fits into so many cells; no character is parted from what is combined with it."""
    graphemes, room = split_graphemes(with_stand_ins(text))[0], width
    begin = len(text)
    for start, _, cells in reversed(graphemes):
        if cells > room:
            break
        begin, room = start, room - cells
    return text[begin:]


def chopped(text: str, width: int) -> list[str]:
    """A text in pieces of at most so many cells."""
    if not _marks(text):
        return chop_cells(text, width)
    return [_meant(piece) for piece in chop_cells(with_stand_ins(text), width)]


class MarkedStrip(Strip):
    """A strip with spacing marks in it: the screen is put together from pieces of it, cut by cells."""

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Divide it at these cells."""
        measured = Strip([_replaced(one, with_stand_ins(one.text)) for one in self], self.cell_length)
        return [
            Strip([_replaced(one, _meant(one.text)) for one in piece], piece.cell_length)
            for piece in measured.divide(cuts)
        ]


def _replaced(segment: Segment, text: str) -> Segment:
    return Segment(text, segment.style, segment.control)


def measured(strip: Strip) -> Strip:
    """A strip that is divided by the cells it takes in a terminal."""
    return MarkedStrip(list(strip), strip.cell_length) if any(_marks(segment.text) for segment in strip) else strip
