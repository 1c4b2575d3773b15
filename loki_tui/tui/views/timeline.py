"""The run as one line, from its first event to its last: where iterations began, and where one looks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, Span, crop, row


def track(width: int) -> tuple[int, int]:
    """Where the line begins and how long it is, in cells."""
    return 1, max(1, width - 2 - len(_told(0, 0, live=True)) - 12)


def rows(picture: Picture, width: int) -> list[Row]:
    """The timeline."""
    seq = picture.seq
    _, length = track(width)
    cells = ["─"] * length
    for cell in _marked(picture.iterations.beginnings, picture.last_seq, length):
        cells[cell] = "┬"
    here = _cell(seq, picture.last_seq, length)
    before, after = "".join(cells[:here]), "".join(cells[here + 1 :])
    handle: Span = ("●", "accent") if picture.live else ("◀", "warn")
    told = _told(seq, picture.last_seq, live=picture.live)
    line = row("▕", (before, "accent"), handle, (after, "quiet"), "▏", (told, "quiet" if picture.live else "warn"))
    return [crop(line, width)]


def seq_at(cell: int, last_seq: int, width: int) -> int:
    """The event under a cell of the line."""
    start, length = track(width)
    share = min(1.0, max(0.0, (cell - start) / max(1, length - 1)))
    return max(1, round(share * last_seq))


def _cell(seq: int, last_seq: int, length: int) -> int:
    return min(length - 1, round((seq - 1) / max(1, last_seq - 1) * (length - 1)))


def _marked(beginnings: Sequence[int], last_seq: int, length: int) -> Iterator[int]:
    """The cells in which something begins; as many steps as there are such cells, however much begins."""
    place = 0
    while place < len(beginnings):
        cell = _cell(beginnings[place], last_seq, length)
        yield cell
        place = bisect_right(beginnings, cell, lo=place, key=lambda seq: _cell(seq, last_seq, length))


def _told(seq: int, last_seq: int, *, live: bool) -> str:
    return f" now, {last_seq:,} events" if live else f" {seq:,} of {last_seq:,}"
