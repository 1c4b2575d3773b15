"""Reading the journal: events by `seq` in pages, the list of runs, the verdict on a chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from loki_tui.core.errors import JournalError
from loki_tui.core.events import Record, decode_event
from loki_tui.core.keyframes import Keyframe
from loki_tui.core.vocabulary import Status
from loki_tui.store.chain import Link, first_break
from loki_tui.store.database import journal_errors, open_for_reading
from loki_tui.store.moments import from_micros
from loki_tui.store.paths import StateDirectory

_NO_END = 2**62

_KEYFRAME = """
SELECT seq, version, body FROM snapshots
WHERE run = ?1 AND seq < ?2 AND seq <= (SELECT max(seq) FROM events WHERE run = ?1) ORDER BY seq DESC LIMIT 1
"""

PAGE = 200
"""Events read at once: about 2 ms of an event loop's time."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a list of runs shows of one."""

    id: str
    created_at: datetime
    prd_path: str
    workspace: str
    last_seq: int
    outcome: Status | None
    """How it ended; none while it has not."""


class JournalReader:
    """A read-only view of a project's journal, for any face in any process.

    Args:
        connection: From `open_for_reading`; closed with the reader.
        state: Whose journal it is.
    """

    def __init__(self, connection: sqlite3.Connection, *, state: StateDirectory) -> None:
        self._connection = connection
        self._state = state

    @classmethod
    def open(cls, state: StateDirectory) -> Self:
        """Open the journal.

        Raises:
            JournalError: There is none, it is damaged, or another version made it.
        """
        return cls(open_for_reading(state), state=state)

    def runs(self) -> list[RunSummary]:
        """All runs, latest first.

        Raises:
            JournalError: The journal cannot be read.
        """
        with journal_errors(self._state.journal):
            rows = self._connection.execute(
                """
                SELECT id, created_at, prd_path, workspace, outcome,
                       (SELECT max(seq) FROM events WHERE run = runs.id)
                FROM runs ORDER BY created_at DESC, rowid DESC
                """
            ).fetchall()
        return [
            RunSummary(
                id=run,
                created_at=from_micros(created_at),
                prd_path=prd_path,
                workspace=workspace,
                last_seq=last_seq,
                outcome=None if outcome is None else Status(outcome),
            )
            for run, created_at, prd_path, workspace, outcome, last_seq in rows
        ]

    def read(self, run: str, *, after: int = 0, limit: int = PAGE) -> list[Record]:
        """One page: at most `limit` events with a `seq` above `after`.

        Raises:
            JournalError: The journal cannot be read.
        """
        with journal_errors(self._state.journal):
            return read_page(self._connection, run, after=after, limit=limit)

    def read_before(self, run: str, seq: int, *, limit: int = PAGE, stream: str | None = None) -> list[Record]:
        """The page before an event: at most `limit` events with a lower `seq`, in order.

        Args:
            run: Whose events.
            seq: The event.
            limit: How many at the most.
            stream: The stream whose events alone are wanted, if one is.

        Raises:
            JournalError: The journal cannot be read.
        """
        with journal_errors(self._state.journal):
            return read_page_before(self._connection, run, before=seq, limit=limit, stream=stream)

    def last_seq(self, run: str) -> int:
        """The number of a run's last event at this moment; 0 where it has none.

        Raises:
            JournalError: The journal cannot be read.
        """
        with journal_errors(self._state.journal):
            (last,) = self._connection.execute("SELECT max(seq) FROM events WHERE run = ?", (run,)).fetchone()
        return last or 0

    def consumed(self, request: int) -> bool:
        """Whether an engine has taken a request out of the inbox.

        Args:
            request: Its number, from `loki_tui.store.inbox.post_request`.

        Raises:
            JournalError: The journal cannot be read.
        """
        with journal_errors(self._state.journal):
            row = self._connection.execute("SELECT consumed_at FROM inbox WHERE id = ?", (request,)).fetchone()
        return row is not None and row[0] is not None

    def keyframes(self, run: str, *, until: int | None = None) -> Iterator[Keyframe]:
        """The states that were journaled, latest first.

        Args:
            run: Whose.
            until: The last event that may be in them.

        Raises:
            JournalError: The journal cannot be read.
        """
        with journal_errors(self._state.journal):
            yield from read_keyframes(self._connection, run, until=until)

    def records(self, run: str, *, after: int = 0) -> Iterator[Record]:
        """All events with a `seq` above `after`, held a page at a time.

        Raises:
            JournalError: The journal cannot be read.
        """
        while page := self.read(run, after=after):
            yield from page
            after = page[-1].seq

    def of_kinds(self, run: str, kinds: Collection[str]) -> Iterator[Record]:
        """All events of some kinds, in order, held a page at a time.

        Raises:
            JournalError: The journal cannot be read.
        """
        after, among = 0, ", ".join("?" * len(kinds))
        query = f"SELECT seq, at, kind, body, stream FROM events WHERE run = ? AND seq > ? AND kind IN ({among})"
        while True:
            with journal_errors(self._state.journal):
                rows = self._connection.execute(f"{query} ORDER BY seq LIMIT ?", (run, after, *kinds, PAGE)).fetchall()
            if not rows:
                return
            for row in rows:
                yield _decode(run, *row)
            after = rows[-1][0]

    def verify_chain(self, run: str) -> int | None:
        """The first event that was changed, or follows a gap; none where all are as they were written.

        Raises:
            JournalError: The journal cannot be read.
        """
        with journal_errors(self._state.journal):
            rows = self._connection.execute(
                "SELECT seq, at, stream, body, hash FROM events WHERE run = ? ORDER BY seq", (run,)
            )
            return first_break(run, (Link(*row) for row in rows))

    def hash_at(self, run: str, seq: int) -> str | None:
        """The hash that is stored with an event, in hexadecimal; none where there is no such event.

        Raises:
            JournalError: The journal cannot be read.
        """
        with journal_errors(self._state.journal):
            row = self._connection.execute("SELECT hash FROM events WHERE run = ? AND seq = ?", (run, seq)).fetchone()
        return None if row is None else bytes(row[0]).hex()

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_page(connection: sqlite3.Connection, run: str, *, after: int, limit: int) -> list[Record]:
    """One page of a run's events, in order.

    Raises:
        JournalError: An event is none of this version.
        sqlite3.DatabaseError: The database cannot be read.
    """
    rows = connection.execute(
        "SELECT seq, at, kind, body, stream FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?",
        (run, after, limit),
    ).fetchall()
    return [_decode(run, *row) for row in rows]


def read_page_before(
    connection: sqlite3.Connection, run: str, *, before: int, limit: int, stream: str | None = None
) -> list[Record]:
    """The page of a run's events that ends right before one of them, in order.

    Raises:
        JournalError: An event is none of this version.
        sqlite3.DatabaseError: The database cannot be read.
    """
    among, given = (" AND stream = ?", (stream,)) if stream is not None else ("", ())
    rows = connection.execute(
        f"SELECT seq, at, kind, body, stream FROM events WHERE run = ? AND seq < ?{among} ORDER BY seq DESC LIMIT ?",
        (run, before, *given, limit),
    ).fetchall()
    return [_decode(run, *row) for row in reversed(rows)]


def read_keyframes(connection: sqlite3.Connection, run: str, *, until: int | None = None) -> Iterator[Keyframe]:
    """The states of a run that were journaled, latest first; none that is ahead of the events.

    Raises:
        sqlite3.DatabaseError: The database cannot be read.
    """
    below = _NO_END if until is None else until + 1
    # One by one: most readers want the first alone, and an open cursor would hold the log back.
    while row := connection.execute(_KEYFRAME, (run, below)).fetchone():
        yield Keyframe(*row)
        below = row[0]


def _decode(run: str, seq: int, at: int, kind: str, body: str, stream: str | None) -> Record:
    try:
        event = decode_event(kind, body)
    except ValueError as error:
        what = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise JournalError(
            f"Event {seq} of run {run} is none that this Loki knows: {what}.",
            hint="A newer Loki may have written it: upgrade. Otherwise the journal was changed.",
        ) from error
    return Record(seq=seq, at=from_micros(at), event=event, stream=stream)
