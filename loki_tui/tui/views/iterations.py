"""The iteration log: a row for each stretch of work, newest last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, overload

from loki_tui.core.money import format_usd
from loki_tui.core.terminal import one_line
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, Span, crop, row, spread
from loki_tui.wording.amounts import counted, in_words
from loki_tui.wording.proof import streak_text

if TYPE_CHECKING:
    from loki_tui.runtime.history import IterationMark, IterationMarks

_ENDS = {"agent": "", "turns": "ran out of turns", "silence": "fell silent", "time": "ran out of time"}


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    count = len(picture.past_iterations)
    streak = streak_text(picture.state)
    return f"Iterations {count:,}{f' ! {streak}' if streak else ''}" if count else "Iterations"


def rows(picture: Picture, width: int) -> tuple[Sequence[Row], Sequence[int]]:
    """A row for each iteration, made when it is looked at: of ten thousand a screen shows twenty."""
    marks = picture.past_iterations
    if not marks:
        return [row(("None yet.", "quiet"))], [0]
    return _Rows(marks, _Moment.of(picture), width), range(len(marks))


@dataclass(frozen=True, slots=True)
class _Moment:
    """What a row depends on beside its mark: taken down once, since the state goes on."""

    seq: int
    going: Mapping[str | None, tuple[int, str]]
    """Stream to the turns and the price of its iteration that goes on."""
    stream: str | None
    """The one that is looked at by itself."""
    over: bool
    """Whether the run has ended: nothing goes on any more."""

    @classmethod
    def of(cls, picture: Picture) -> Self:
        going = picture.state.iteration
        streams = {} if picture.stream else picture.state.streams
        open_ones = {name: each.state.iteration for name, each in streams.items()} | {None: going}
        figures = {name: (each.turns, format_usd(each.spent)) for name, each in open_ones.items() if each is not None}
        return cls(picture.seq, figures, picture.stream or None, picture.status.ended)


class _Rows(Sequence[Row]):
    """The rows of marks."""

    def __init__(self, marks: IterationMarks, moment: _Moment, width: int) -> None:
        # A part of them, so that what begins later is not in it.
        self._marks = marks[:]
        self._moment = moment
        self._width = width

    def __len__(self) -> int:
        return len(self._marks)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [_line(mark, self._moment, self._width) for mark in self._marks[place]]
        return _line(self._marks[place], self._moment, self._width)


def _line(mark: IterationMark, moment: _Moment, width: int) -> Row:
    whose: Span = (f"[{one_line(mark.stream)}] ", "accent") if mark.stream and not moment.stream else ("", "plain")
    if mark.finished_seq is None or mark.finished_seq > moment.seq:
        turns, spent = moment.going.get(None if mark.stream == moment.stream else mark.stream, (0, ""))
        sign: Span = ("! ", "warn") if moment.over else ("▶ ", "good")
        said = f"{counted(turns, 'turn')}{', not finished' if moment.over else ' so far'}"
        left = row(sign, whose, (f"{mark.number:>3} ", "loud"), (said, "plain"))
        return spread(left, row((spent, "quiet")), width)
    sign = ("◆ ", "accent") if mark.claims_done else ("· ", "quiet")
    said = one_line(mark.summary) or _ENDS.get(mark.ended_by, one_line(mark.ended_by))
    claim = "says it is done: " if mark.claims_done else ""
    took = in_words((mark.finished_at or mark.started_at) - mark.started_at)
    figures = f" {counted(mark.turns, 'turn')} {took} {format_usd(mark.spent)}" if width >= 60 else f" {took}"
    left = row(sign, whose, (f"{mark.number:>3} ", "loud"), (claim, "accent"), said)
    return spread(left, row((figures, "quiet")), width) if width >= 40 else crop(left, width)
