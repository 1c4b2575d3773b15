"""Connections to the journal's database, and what to make of SQLite's complaints.

A writer may set a damaged database aside, since it holds the engine's lock. A reader and a poster of
requests never change anything they did not come to change.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from loki_tui.core.errors import JournalError
from loki_tui.store.files import PRIVATE, writing
from loki_tui.store.moments import utc_now
from loki_tui.store.paths import StateDirectory
from loki_tui.store.schema import migrate, require_current, require_not_newer, schema_version

_WRITER_PATIENCE_SECONDS = 5.0
_READER_PATIENCE_SECONDS = 1.0
_CHECKED_BYTES = 64 * 1024 * 1024
"""Up to this size a database is checked at every start: 57 ms at 66 MB, measured."""
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class NoJournalError(JournalError):
    """There is no journal, or it is just being made."""


def open_for_engine(state: StateDirectory) -> tuple[sqlite3.Connection, str | None]:
    """Open the journal to write, and create, replace or migrate it; only under the engine's lock.

    Returns:
        The connection, and what to tell the person where a damaged journal was set aside.

    Raises:
        JournalError: It cannot be opened or written, or was made by a newer Loki.
    """
    damage = _find_damage(state)
    notice = _set_aside(state, damage=damage) if damage else None
    return _open_sound(state.journal), notice


def open_for_posting(state: StateDirectory) -> sqlite3.Connection:
    """Open the journal to leave a request in it.

    Raises:
        JournalError: There is none, or it cannot be used.
    """
    open_for_reading(state).close()  # Finds damage without making it worse.
    return _open_existing(state, mode="rw", patience=_WRITER_PATIENCE_SECONDS)


def open_for_reading(state: StateDirectory) -> sqlite3.Connection:
    """Open the journal to read.

    Raises:
        JournalError: There is none, or it cannot be used.
    """
    return _open_existing(state, mode="ro", patience=_READER_PATIENCE_SECONDS)


@contextmanager
def journal_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's complaints into errors that say what to do.

    Raises:
        JournalError: The database cannot be read or written.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        what, hint = _explain(_code(error))
        raise JournalError(f"The journal {path} {what} ({error}).", hint=hint) from error


def _find_damage(state: StateDirectory) -> str | None:
    """What is wrong with the database, if anything.

    Looked for read-only: a connection that may write deletes the log of a damaged database on closing.
    """
    path, log = state.journal, _side_file(state.journal, "-wal")
    if not path.exists() or path.stat().st_size == 0:
        return "its log is all that is left" if log.exists() else None
    with journal_errors(path), closing(_connect(path, mode="ro", patience=_WRITER_PATIENCE_SECONDS)) as found:
        try:
            require_not_newer(found)
            if path.stat().st_size > _CHECKED_BYTES:
                return None
            verdict: str = found.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            if _code(error) not in _DAMAGE:
                raise
            return str(error)
    return None if verdict == "ok" else verdict


def _open_sound(path: Path) -> sqlite3.Connection:
    with writing(path):
        # SQLite gives its side files the mode of the database.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with journal_errors(path):
        connection = _connect(path, mode="rw", patience=_WRITER_PATIENCE_SECONDS)
        try:
            _require_log(connection, path=path)
            migrate(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _require_log(connection: sqlite3.Connection, *, path: Path) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise JournalError(
            f"The file system of {path} does not carry a write-ahead log.",
            hint="Set LOKI_DIR to a directory on a local disk.",
        )


def _set_aside(state: StateDirectory, *, damage: str) -> str:
    """Move a damaged database, with its side files, out of the way. Nothing is deleted."""
    target = state.quarantine / utc_now().strftime("%Y%m%dT%H%M%S.%fZ")
    with writing(target):
        target.mkdir(mode=PRIVATE, parents=True)
        for suffix in ("-wal", "-shm", ""):
            part = _side_file(state.journal, suffix)
            if part.exists():
                part.replace(target / part.name)
    return (
        f"The journal was damaged ({damage}) and a new one was begun; "
        f"the damaged one is kept in {target}, nothing was deleted."
    )


def _side_file(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _open_existing(state: StateDirectory, *, mode: str, patience: float) -> sqlite3.Connection:
    path = state.journal
    if not path.is_file():
        raise _no_journal(state)
    with journal_errors(path):
        connection = _connect(path, mode=mode, patience=patience)
        try:
            _require_tables(connection, state)
            require_current(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _require_tables(connection: sqlite3.Connection, state: StateDirectory) -> None:
    """See that an engine that has just opened the journal has also made its tables."""
    if schema_version(connection) == 0:
        raise _no_journal(state)


def _no_journal(state: StateDirectory) -> NoJournalError:
    return NoJournalError(
        f"There is no journal for {state.workspace} (looked for {state.journal}).",
        hint="`loki start` begins one.",
    )


def _connect(path: Path, *, mode: str, patience: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?mode={mode}",
        uri=True,
        timeout=patience,
        isolation_level=None,
        # A handle may be opened in one thread and then belong to the engine's; it is never shared.
        check_same_thread=False,
    )


def _code(error: sqlite3.DatabaseError) -> int:
    """SQLite's primary result code; 0 for the few complaints that are the driver's own."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def _explain(code: int) -> tuple[str, str]:
    match code:
        case sqlite3.SQLITE_FULL:
            return (
                "cannot be written: the disk is full",
                "Free some space, then `loki resume`: nothing that was recorded is lost.",
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return (
                "is damaged",
                "The next `loki start` sets it aside and begins a new one; nothing is deleted.",
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return ("is held by another process for too long", "`loki status` says who; try again.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return ("cannot be opened", "See that its directory is yours, or set LOKI_DIR to another.")
        case sqlite3.SQLITE_CONSTRAINT:
            return ("refuses what contradicts it", "Another engine may have written it; `loki status` says.")
        case _:
            return ("cannot be used", "Check the disk and the directory, then `loki resume`.")
