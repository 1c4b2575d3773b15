"""The iterations of a run as marks, held so that ten thousand of them take two to three megabytes.

As objects, each with its two moments, its price and its text, they take more than twice that, and the
collector of garbage goes through all of them again and again. Here the figures of all lie in one array
and the words of each are one piece of bytes; a mark is made when somebody looks at it.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import overload

from loki_tui.core.events import IterationFinished, IterationStarted, Record
from loki_tui.core.money import ZERO
from loki_tui.store.moments import from_micros, to_micros

_COLUMNS = 9
"""Figures of a mark: its number, two places, two moments, turns, actions, paths changed, what it claims."""

SUMMARY_CHARS = 200
"""Characters of an iteration's summary that its mark has."""

_ODD = "surrogatepass"
"""Half a pair of surrogates is no character, but JSON can hold it."""


@dataclass(frozen=True, slots=True)
class IterationMark:
    """One iteration in the journal."""

    number: int
    seq: int
    """Of its first event."""
    started_at: datetime
    finished_seq: int | None = None
    """None while it is open; what follows is then empty, and the run's state has the figures."""
    finished_at: datetime | None = None
    ended_by: str = ""
    """agent, turns, silence or time."""
    claims_done: bool = False
    summary: str = ""
    """Its first line, see `first_line`."""
    turns: int = 0
    actions: int = 0
    spent: Decimal = ZERO
    changed: int = 0
    """Paths that its checkpoint changed."""
    stream: str | None = None
    """The stream of a parallel run that it belongs to; each counts its own."""


class IterationMarks(Sequence[IterationMark]):
    """Marks in the order of their iterations.

    Args:
        marks: Those to begin with.
    """

    __slots__ = ("_figures", "_words")

    def __init__(self, marks: Iterable[IterationMark] = ()) -> None:
        self._figures = array("q")
        self._words: list[bytes] = []
        for mark in marks:
            self.append(mark)

    def append(self, mark: IterationMark) -> None:
        """Take in the mark of a further iteration."""
        self._figures.extend(_figures_of(mark))
        self._words.append(_words_of(mark))

    def replace(self, place: int, mark: IterationMark) -> None:
        """Have another mark in a place: its iteration has ended."""
        self._figures[place * _COLUMNS : (place + 1) * _COLUMNS] = array("q", _figures_of(mark))
        self._words[place] = _words_of(mark)

    def take(self, record: Record) -> None:
        """Take in the beginning or the end of an iteration; nothing else a record tells of changes anything."""
        match record.event:
            case IterationStarted(number=number):
                self.append(IterationMark(number=number, seq=record.seq, started_at=record.at, stream=record.stream))
            case IterationFinished() as event if (place := self._last_of(record.stream)) is not None:
                self.replace(
                    place,
                    replace(
                        self[place],
                        finished_seq=record.seq,
                        finished_at=record.at,
                        ended_by=event.ended_by,
                        claims_done=event.claims_done,
                        summary=first_line(event.summary),
                        turns=event.turns,
                        actions=event.actions,
                        spent=event.spent,
                        changed=event.changed,
                    ),
                )
            case _:
                pass

    def _last_of(self, stream: str | None) -> int | None:
        """The place of the latest mark of a stream; streams at work beside each other are few."""
        return next((place for place in reversed(range(len(self))) if self._mark(place).stream == stream), None)

    def of_stream(self, stream: str) -> IterationMarks:
        """Those of one stream."""
        return IterationMarks(mark for mark in self if mark.stream == stream)

    @property
    def beginnings(self) -> Sequence[int]:
        """The first event of each, ascending."""
        return self._figures[1::_COLUMNS]

    def begun_by(self, seq: int) -> IterationMarks:
        """Those that had begun by an event."""
        return self[: bisect_right(self.beginnings, seq)]

    def __len__(self) -> int:
        return len(self._words)

    @overload
    def __getitem__(self, place: int) -> IterationMark: ...

    @overload
    def __getitem__(self, place: slice) -> IterationMarks: ...

    def __getitem__(self, place: int | slice) -> IterationMark | IterationMarks:
        places = range(len(self._words))[place]
        if isinstance(places, int):
            return self._mark(places)
        if places.step != 1:
            return IterationMarks(map(self._mark, places))
        part = IterationMarks()
        part._figures = self._figures[places.start * _COLUMNS : places.stop * _COLUMNS]
        part._words = self._words[places.start : places.stop]
        return part

    def _mark(self, place: int) -> IterationMark:
        first = place * _COLUMNS
        number, seq, finished_seq, started, finished, turns, actions, changed, claims = self._figures[
            first : first + _COLUMNS
        ]
        ended_by, spent, stream, summary = self._words[place].decode(errors=_ODD).split("\n", 3)
        ended = finished_seq > 0
        return IterationMark(
            number=number,
            seq=seq,
            started_at=from_micros(started),
            finished_seq=finished_seq if ended else None,
            finished_at=from_micros(finished) if ended else None,
            ended_by=sys.intern(ended_by),
            claims_done=bool(claims),
            summary=summary,
            turns=turns,
            actions=actions,
            spent=Decimal(spent),
            changed=changed,
            stream=sys.intern(stream) if stream else None,
        )


def first_line(text: str) -> str:
    """What a mark has of a summary."""
    # Without a sign that it was cut: one such character would double the room that the others take.
    return text.strip().partition("\n")[0].rstrip()[:SUMMARY_CHARS]


def _figures_of(mark: IterationMark) -> tuple[int, ...]:
    return (
        mark.number,
        mark.seq,
        # No event has the number 0.
        mark.finished_seq or 0,
        to_micros(mark.started_at),
        to_micros(mark.finished_at) if mark.finished_at is not None else 0,
        mark.turns,
        mark.actions,
        mark.changed,
        mark.claims_done,
    )


def _words_of(mark: IterationMark) -> bytes:
    return f"{mark.ended_by}\n{mark.spent}\n{mark.stream or ''}\n{mark.summary}".encode(errors=_ODD)
