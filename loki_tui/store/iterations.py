"""The iterations of a run as marks in its journal, ten thousand of them in a fraction of a second.

Only the ends of iterations are read whole: the beginning of each carries the agent's brief, thousands
of characters that a list of iterations has no use for.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from loki_tui.store.marks import IterationMark, IterationMarks, first_line
from loki_tui.store.moments import from_micros
from loki_tui.store.schema import RARE

_ENDS = f"""
SELECT seq, at, stream, json_extract(
    body, '$.ended_by', '$.claims_done', '$.summary', '$.turns', '$.actions', '$.spent', '$.changed'
)
FROM events INDEXED BY events_rare WHERE run = ? AND {RARE} AND kind = 'iteration_finished' AND seq > ? ORDER BY seq
"""

_STARTS = f"""
SELECT seq, at, stream
FROM events INDEXED BY events_rare WHERE run = ? AND {RARE} AND kind = 'iteration_started' AND seq >= ? ORDER BY seq
"""

_LATEST = f"""
SELECT max(seq)
FROM events INDEXED BY events_rare WHERE run = ? AND {RARE} AND kind = 'iteration_started' AND seq <= ? GROUP BY stream
"""

_BEGUN = f"""
SELECT stream, count(*)
FROM events INDEXED BY events_rare WHERE run = ? AND {RARE} AND kind = 'iteration_started' AND seq < ? GROUP BY stream
"""

_Start = tuple[int, int, str | None]
"""Event, moment, stream."""
_End = tuple[int, int, str | None, str]
"""The same, and the figures as JSON."""


def read_iterations(connection: sqlite3.Connection, run: str, *, after: int = 0) -> IterationMarks:
    """The iterations that began or ended after an event, in order.

    Raises:
        sqlite3.DatabaseError: The database cannot be read.
    """
    first, begun = _first_of_interest(connection, run, after)
    starts: list[_Start] = connection.execute(_STARTS, (run, first)).fetchall()
    ends: list[_End] = connection.execute(_ENDS, (run, first)).fetchall()
    marks = _marks(starts, _matched(starts, ends), begun=begun)
    return IterationMarks(mark for mark in marks if mark.seq > after or (mark.finished_seq or 0) > after)


def _first_of_interest(connection: sqlite3.Connection, run: str, after: int) -> tuple[int, Counter[str | None]]:
    """Where the first of the iterations that an event lies in began, and how many of each stream began before that."""
    if not after:
        return 0, Counter()
    first = min((seq for (seq,) in connection.execute(_LATEST, (run, after))), default=0)
    return first, Counter(dict(connection.execute(_BEGUN, (run, first)).fetchall()))


def _matched(starts: Sequence[_Start], ends: Sequence[_End]) -> list[_End | None]:
    """The end of each; an end is that of its stream's latest that is open."""
    found: list[_End | None] = [None] * len(starts)
    opened: dict[str | None, int] = {}
    place = 0
    for end in ends:
        while place < len(starts) and starts[place][0] < end[0]:
            opened[starts[place][2]] = place
            place += 1
        if (begun := opened.pop(end[2], None)) is not None:
            found[begun] = end
    return found


def _marks(
    starts: Iterable[_Start], ends: Iterable[_End | None], *, begun: Counter[str | None]
) -> Iterator[IterationMark]:
    for (seq, at, stream), end in zip(starts, ends, strict=True):
        begun[stream] += 1
        number, started_at = begun[stream], from_micros(at)
        if end is None:
            yield IterationMark(number, seq, started_at, stream=stream)
            continue
        ended_by, claims_done, summary, turns, actions, spent, changed = json.loads(end[3])
        yield IterationMark(
            number,
            seq,
            started_at,
            finished_seq=end[0],
            finished_at=from_micros(end[1]),
            ended_by=ended_by,
            claims_done=bool(claims_done),
            summary=first_line(summary or ""),
            # An older Loki did not journal these.
            turns=turns or 0,
            actions=actions or 0,
            spent=Decimal(spent or 0),
            changed=changed or 0,
            stream=stream,
        )
