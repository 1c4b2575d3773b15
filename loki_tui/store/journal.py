"""The journal's one writer: appends events so that none is lost once `append` returned.

No secret enters: every text of every event and of every stored output is redacted here, whoever it comes
from. Nobody needs to be trusted with having done so before.

Durability. Everything survives the death of the process, however sudden: SQLite's write-ahead log is
in the kernel's hands when `append` returns. What must also survive a power loss (`DURABLE`) waits
for the disk, 0.2 to 0.5 ms here, and carries everything before it along. The rest can be worked out
anew from what is durable: an answer that was paid for is never lost, an action whose result is lost
counts as interrupted, a measurement is taken again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from loki_tui.core.errors import JournalError
from loki_tui.core.events import (
    ApprovalDecided,
    BudgetChanged,
    CheckpointRestored,
    CheckpointTaken,
    Event,
    ModelAnswered,
    ModelFailed,
    ModelRequested,
    ReceiptWritten,
    Record,
    RunClosed,
    RunCreated,
    WorkCommitted,
)
from loki_tui.core.keyframes import Keyframe
from loki_tui.core.requests import Request
from loki_tui.guard.redact import Redactor
from loki_tui.store.bell import Bell, touch
from loki_tui.store.blobs import BlobStore
from loki_tui.store.chain import Link, chain_digest, seed
from loki_tui.store.cleaning import bytes_without_secrets, without_secrets
from loki_tui.store.database import journal_errors, open_for_engine
from loki_tui.store.follower import follow_bell, follow_bell_pages
from loki_tui.store.inbox import Inbox, post_request
from loki_tui.store.lock import EngineLock
from loki_tui.store.moments import from_micros, to_micros, utc_now
from loki_tui.store.reader import PAGE, read_keyframes, read_page

DURABLE = (
    RunCreated,
    RunClosed,
    BudgetChanged,
    ModelRequested,
    ModelAnswered,
    ModelFailed,
    ApprovalDecided,
    CheckpointTaken,
    CheckpointRestored,
    WorkCommitted,
    ReceiptWritten,
)
"""What survives a power loss as soon as it is appended: money, decisions, and what cannot be had again."""


@dataclass(frozen=True, slots=True)
class _Head:
    """Where the chain stands."""

    seq: int
    at: int
    digest: bytes


class SqliteJournal:
    """One run's events, and the requests and large outputs that go with them; `engine.ports.Journal`.

    Belongs to one event loop at a time; `post` and `follow` may be called from any thread.

    Args:
        connection: From `open_for_engine`; closed with the journal.
        lock: Proves that nobody else writes; names the state directory and the run.
        redactor: Knows the secrets that must not get in; without one, tokens of well-known shape are found.
        now: The time, in UTC; it may jump, the journal's does not go backwards.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        lock: EngineLock,
        *,
        redactor: Redactor | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.run = lock.run
        self._connection = connection
        self._state = lock.state
        self._now = now
        self._redactor = redactor or Redactor({})
        self._blobs = BlobStore(lock.state.blobs)
        self._inbox = Inbox(connection, state=lock.state, run=lock.run, redactor=self._redactor)
        self._appended = Bell()
        self._warnings: list[str] = []
        with journal_errors(self._state.journal):
            self._head = _find_head(connection, self.run)

    @classmethod
    def open(cls, lock: EngineLock, *, redactor: Redactor | None = None, now: Callable[[], datetime] = utc_now) -> Self:
        """Open the journal for the run that the lock was taken for, new or begun before.

        Raises:
            JournalError: It cannot be opened or written, or was made by a newer Loki.
        """
        connection, notice = open_for_engine(lock.state)
        try:
            journal = cls(connection, lock, redactor=redactor, now=now)
        except BaseException:
            connection.close()
            raise
        if notice:
            journal._warnings.append(notice)
        return journal

    @property
    def last_seq(self) -> int:
        """The number of the last event; 0 in a run that has none."""
        return self._head.seq

    def head(self) -> str:
        """The hash of the last event, which covers all before it; see `loki_tui.store.chain`."""
        return self._head.digest.hex()

    def append(self, *events: Event, stream: str | None = None, consumes: int | None = None) -> list[Record]:
        """Make events durable, all or none, before returning.

        Args:
            events: In order.
            stream: The parallel stream they belong to.
            consumes: The request they answer; it is consumed in the same transaction.

        Returns:
            What was journaled, which is without the secrets that the events may have held.

        Raises:
            JournalError: They could not be written, or the request is not pending; nothing changed.
        """
        records, links = self._chain(events, stream)
        head = _Head(links[-1].seq, links[-1].at, links[-1].digest) if links else self._head
        with journal_errors(self._state.journal):
            # Only between transactions may it change; it costs next to nothing.
            durable = any(isinstance(event, DURABLE) for event in events)
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                if consumes is not None:
                    self._inbox.consume(consumes, at=to_micros(self._now()))
                _insert(self._connection, self.run, [record.event for record in records], links)
            self._inbox.scrub()
        self._head = head
        self._appended.ring()
        touch(self._state.events_bell)
        return records

    def records(self, after: int = 0) -> Iterator[Record]:
        """Events with a `seq` above `after`, in order, held a page at a time.

        Raises:
            JournalError: The journal cannot be read.
        """
        while True:
            with journal_errors(self._state.journal):
                page = read_page(self._connection, self.run, after=after, limit=PAGE)
            if not page:
                return
            yield from page
            after = page[-1].seq

    def keyframes(self) -> Iterator[Keyframe]:
        """The states that were journaled, latest first.

        Raises:
            JournalError: The journal cannot be read.
        """
        with journal_errors(self._state.journal):
            yield from read_keyframes(self._connection, self.run)

    def keep_keyframe(self, keyframe: Keyframe) -> None:
        """Journal a state; one that a power loss takes costs nothing but time.

        Raises:
            JournalError: It could not be written.
        """
        with journal_errors(self._state.journal):
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(
                "INSERT OR REPLACE INTO snapshots (run, seq, version, body) VALUES (?, ?, ?, ?)",
                (self.run, keyframe.seq, keyframe.version, keyframe.body),
            )

    def follow(self, *, after: int = 0) -> AsyncGenerator[Record, None]:
        """The events as they come, for a face in this process; see `loki_tui.store.follower.follow`."""
        return follow_bell(self._state, self.run, bell=self._appended, after=after)

    def follow_pages(self, *, after: int = 0) -> AsyncGenerator[list[Record], None]:
        """The same, as many at once as there are; see `loki_tui.store.follower.follow_pages`."""
        return follow_bell_pages(self._state, self.run, bell=self._appended, after=after)

    def put_blob(self, data: bytes) -> str:
        """Store data under its digest, safe from a power loss before this returns.

        Raises:
            UsageError: The state directory cannot be written.
            JournalError: The disk is full.
        """
        return self._blobs.put(bytes_without_secrets(data, self._redactor))

    def get_blob(self, digest: str) -> bytes:
        """The data of a digest.

        Raises:
            JournalError: It is not there, or not what its digest says.
        """
        return self._blobs.get(digest)

    def pending_requests(self) -> list[tuple[int, Request]]:
        """Requests nobody consumed yet, oldest first, with the number to consume them by.

        Unreadable ones are consumed and turn up in `take_warnings`.

        Raises:
            JournalError: The journal cannot be used.
        """
        requests, complaints = self._inbox.pending()
        self._warnings += complaints
        return requests

    async def wait_for_request(self) -> None:
        """Return when the inbox may have something new; the first time, at once."""
        await self._inbox.wait()

    def post(self, request: Request) -> int:
        """Leave a request from within this process, from any thread; see `post_request`."""
        number = post_request(self._state, self.run, request, redactor=self._redactor)
        self._inbox.bell.ring()
        return number

    def take_warnings(self) -> list[str]:
        """What a person should know about the journal itself; each is handed out once."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def close(self) -> None:
        """Let go of the database; the lock is the caller's."""
        self._inbox.close()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _chain(self, events: Sequence[Event], stream: str | None) -> tuple[list[Record], list[Link]]:
        """Number, date and hash events, without touching anything."""
        if events and self._head.seq == 0 and not isinstance(events[0], RunCreated):
            raise JournalError(f"Run {self.run} is not in the journal.", hint="`loki runs` lists the runs.")
        at = max(self._head.at, to_micros(self._now()))
        moment, digest = from_micros(at), self._head.digest
        records: list[Record] = []
        links: list[Link] = []
        for seq, event in enumerate(events, start=self._head.seq + 1):
            kept, body = without_secrets(event, self._redactor)
            digest = chain_digest(digest, seq=seq, at=at, stream=stream, body=body)
            links.append(Link(seq, at, stream, body, digest))
            records.append(Record(seq=seq, at=moment, event=kept, stream=stream))
        return records, links


def _insert(connection: sqlite3.Connection, run: str, events: Sequence[Event], links: Sequence[Link]) -> None:
    """Write events down, and what the list of runs says of them."""
    connection.executemany(
        "INSERT INTO events (run, seq, at, stream, kind, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (run, link.seq, link.at, link.stream, event.kind, link.body, link.digest)
            for event, link in zip(events, links, strict=True)
        ),
    )
    for event, link in zip(events, links, strict=True):
        match event:
            case RunCreated():
                connection.execute(
                    "INSERT INTO runs (id, created_at, prd_path, workspace) VALUES (?, ?, ?, ?)",
                    (run, link.at, event.prd_path, event.workspace),
                )
            case RunClosed():
                connection.execute("UPDATE runs SET outcome = ? WHERE id = ?", (event.outcome, run))
            case _:
                pass


def _find_head(connection: sqlite3.Connection, run: str) -> _Head:
    row = connection.execute(
        "SELECT seq, at, hash FROM events WHERE run = ? ORDER BY seq DESC LIMIT 1", (run,)
    ).fetchone()
    return _Head(*row) if row else _Head(0, 0, seed(run))
