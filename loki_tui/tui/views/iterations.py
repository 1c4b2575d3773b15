"""The iteration log: a row for each stretch of work, newest last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loki_tui.core.money import format_usd
from loki_tui.core.terminal import one_line
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, Span, crop, row, spread
from loki_tui.wording.amounts import counted, in_words

if TYPE_CHECKING:
    from loki_tui.runtime.history import IterationMark

_ENDS = {"agent": "", "turns": "ran out of turns", "silence": "fell silent", "time": "ran out of time"}


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    count = len(picture.past_iterations)
    return f"Iterations {count:,}" if count else "Iterations"


def rows(picture: Picture, width: int) -> tuple[list[Row], list[int]]:
    """A row for each iteration."""
    marks = picture.past_iterations
    if not marks:
        return [row(("None yet.", "quiet"))], [0]
    lines = [_line(picture, mark, width) for mark in marks]
    return lines, list(range(len(lines)))


def _line(picture: Picture, mark: IterationMark, width: int) -> Row:
    seq = picture.last_seq if picture.live else picture.state.seq
    if mark.finished_seq is None or mark.finished_seq > seq:
        going = picture.state.iteration
        turns = going.turns if going is not None else 0
        spent = format_usd(going.spent) if going is not None else ""
        left = row(("▶ ", "good"), (f"{mark.number:>3} ", "loud"), (f"{counted(turns, 'turn')} so far", "plain"))
        return spread(left, row((spent, "quiet")), width)
    sign: Span = ("◆ ", "accent") if mark.claims_done else ("· ", "quiet")
    said = one_line(mark.summary) or _ENDS.get(mark.ended_by, one_line(mark.ended_by))
    claim = "says it is done: " if mark.claims_done else ""
    took = in_words((mark.finished_at or mark.started_at) - mark.started_at)
    figures = f" {counted(mark.turns, 'turn')} {took} {format_usd(mark.spent)}" if width >= 60 else f" {took}"
    left = row(sign, (f"{mark.number:>3} ", "loud"), (claim, "accent"), said)
    return spread(left, row((figures, "quiet")), width) if width >= 40 else crop(left, width)
