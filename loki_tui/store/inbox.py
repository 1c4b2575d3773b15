"""Requests from people and other processes to a running engine: left in the journal, consumed once."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing

from pydantic import ValidationError

from loki_tui.core.errors import JournalError, UsageError
from loki_tui.core.requests import Request, decode_request, encode_request
from loki_tui.guard.cleaning import cleaned
from loki_tui.guard.redact import Redactor
from loki_tui.store.bell import Bell, Listener, touch, watching
from loki_tui.store.database import journal_errors, open_for_posting
from loki_tui.store.moments import to_micros, utc_now
from loki_tui.store.paths import StateDirectory


def post_request(state: StateDirectory, run: str, request: Request, *, redactor: Redactor | None = None) -> int:
    """Leave a request for the engine of a run, present or future; from any thread or process.

    Args:
        state: Where the journal is.
        run: Which run.
        request: What is asked for; what people write is kept without secrets.
        redactor: Knows them; without one, tokens of well-known shape are found.

    Returns:
        Its number in the inbox.

    Raises:
        UsageError: There is no such run, or it has ended.
        JournalError: The journal cannot be written.
    """
    request = _clean(request, redactor or Redactor({}))
    with closing(open_for_posting(state)) as connection, journal_errors(state.journal), connection:
        connection.execute("BEGIN IMMEDIATE")
        _require_open(connection, run)
        number = connection.execute(
            "INSERT INTO inbox (run, created_at, body) VALUES (?, ?, ?)",
            (run, to_micros(utc_now()), encode_request(request)),
        ).lastrowid
    if number is None:
        raise JournalError(f"The request to run {run} was not recorded.", hint="Try again.")
    touch(state.inbox_bell)
    return number


def _clean(request: Request, redactor: Redactor) -> Request:
    clean = cleaned(request, redactor.redact)
    # A reason or a note without its secret still says what it says; an action would be another one.
    exact = ("edited", "pattern")
    if clean is not request and any(getattr(clean, name, None) != getattr(request, name, None) for name in exact):
        raise UsageError("What is to be approved holds a secret, which is never written down.", hint="It still waits.")
    return clean


def _require_open(connection: sqlite3.Connection, run: str) -> None:
    row = connection.execute("SELECT outcome FROM runs WHERE id = ?", (run,)).fetchone()
    if row is None:
        raise UsageError(f"There is no run {run}.", hint="`loki runs` lists them.")
    if row[0] is not None:
        raise UsageError(f"Run {run} has ended: {row[0]}.", hint="`loki start` begins a new one.")


class Inbox:
    """The engine's end: what was asked of one run.

    Args:
        connection: The journal writer's own.
        state: Where the bell hangs.
        run: Requests to any other run are none of its business.
        redactor: Knows the engine's secrets, which those who post may not.
    """

    def __init__(
        self, connection: sqlite3.Connection, *, state: StateDirectory, run: str, redactor: Redactor | None = None
    ) -> None:
        self._connection = connection
        self._state = state
        self._run = run
        self._redactor = redactor or Redactor({})
        self._spoiled = False
        self._open = ExitStack()
        self._listener: Listener | None = None
        self.bell = Bell()
        """To be rung by who posted from this very process."""

    def pending(self) -> tuple[list[tuple[int, Request]], list[str]]:
        """Requests nobody consumed yet, oldest first; and what is to be said about unreadable ones.

        An unreadable request is consumed, so that it blocks nothing.

        Raises:
            JournalError: The journal cannot be used.
        """
        requests: list[tuple[int, Request]] = []
        complaints: list[str] = []
        with journal_errors(self._state.journal):
            rows = self._connection.execute(
                "SELECT id, body FROM inbox WHERE run = ? AND consumed_at IS NULL ORDER BY id", (self._run,)
            ).fetchall()
            for number, body in rows:
                try:
                    requests.append((number, decode_request(body)))
                except ValidationError:
                    self.consume(number, at=to_micros(utc_now()))
                    complaints.append(f"Request {number} is none that this Loki knows; it was ignored.")
        return requests, complaints

    def consume(self, number: int, *, at: int) -> None:
        """Mark a request as consumed, within the caller's transaction.

        Args:
            number: From `pending`.
            at: Microseconds since 1970, UTC.

        Raises:
            JournalError: It was consumed before, or is not this run's.
            sqlite3.DatabaseError: The database cannot be written.
        """
        self._take_secrets_out(number)
        consumed = self._connection.execute(
            "UPDATE inbox SET consumed_at = ? WHERE id = ? AND run = ? AND consumed_at IS NULL",
            (at, number, self._run),
        )
        if consumed.rowcount != 1:
            raise JournalError(f"Request {number} is not pending for run {self._run}.")

    def _take_secrets_out(self, number: int) -> None:
        """Overwrite what the poster did not know for a secret: the engine has read it by now."""
        row = self._connection.execute("SELECT body FROM inbox WHERE id = ?", (number,)).fetchone()
        if row is not None and (clean := self._redactor.redact(row[0])) != row[0]:
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.execute("UPDATE inbox SET body = ? WHERE id = ?", (clean, number))
            self._spoiled = True

    def scrub(self) -> None:
        """After the transaction: see that the database's log does not keep what was overwritten."""
        if self._spoiled:
            self._spoiled = False
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def wait(self) -> None:
        """Return when there may be something new: at once the first time, then within some 80 ms."""
        if self._listener is None:
            self._open.enter_context(watching(self._state.inbox_bell, self.bell))
            self._listener = self._open.enter_context(self.bell.listen())
        await self._listener.wait()

    def close(self) -> None:
        """Stop listening."""
        self._open.close()
        self._listener = None
