"""The iterations of a run as marks in its journal, ten thousand of them in a fraction of a second.

Only the ends of iterations are read whole: the beginning of each carries the agent's brief, thousands
of characters that a list of iterations has no use for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from decimal import Decimal

from loki_tui.store.marks import IterationMark, IterationMarks, first_line
from loki_tui.store.moments import from_micros
from loki_tui.store.schema import RARE

_ENDS = f"""
SELECT seq, at, json_extract(
    body, '$.ended_by', '$.claims_done', '$.summary', '$.turns', '$.actions', '$.spent', '$.changed'
)
FROM events INDEXED BY events_rare
WHERE run = ? AND {RARE} AND stream IS NULL AND kind = 'iteration_finished' AND seq > ? ORDER BY seq
"""

_STARTS = f"""
SELECT seq, at
FROM events INDEXED BY events_rare
WHERE run = ? AND {RARE} AND stream IS NULL AND kind = 'iteration_started' AND seq >= ? ORDER BY seq
"""

_BEGUN = f"""
SELECT count(*), max(seq)
FROM events INDEXED BY events_rare
WHERE run = ? AND {RARE} AND stream IS NULL AND kind = 'iteration_started' AND seq <= ?
"""


def read_iterations(connection: sqlite3.Connection, run: str, *, after: int = 0) -> IterationMarks:
    """The iterations that began or ended after an event, in order.

    Raises:
        sqlite3.DatabaseError: The database cannot be read.
    """
    first, begun = _first_of_interest(connection, run, after)
    starts = connection.execute(_STARTS, (run, first)).fetchall()
    ends = connection.execute(_ENDS, (run, first))
    marks = _marks(starts, ends, begun=begun)
    return IterationMarks(mark for mark in marks if mark.seq > after or (mark.finished_seq or 0) > after)


def _first_of_interest(connection: sqlite3.Connection, run: str, after: int) -> tuple[int, int]:
    """Where the iteration that an event lies in began, and how many began before that."""
    begun, first = connection.execute(_BEGUN, (run, after)).fetchone()
    return (first, begun - 1) if begun else (0, 0)


def _marks(
    starts: list[tuple[int, int]], ends: Iterator[tuple[int, int, str]], *, begun: int
) -> Iterator[IterationMark]:
    end = next(ends, None)
    for index, (seq, at) in enumerate(starts):
        following = starts[index + 1][0] if index + 1 < len(starts) else None
        number, started_at = begun + index + 1, from_micros(at)
        if end is None or (following is not None and end[0] > following):
            yield IterationMark(number, seq, started_at)
            continue
        ended_by, claims_done, summary, turns, actions, spent, changed = json.loads(end[2])
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
        )
        end = next(ends, None)
