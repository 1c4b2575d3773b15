"""The journal's tables, and the way from every older shape of them to this one.

A version is the number of migrations a database has been through, kept in `PRAGMA user_version`.
Migrations are only ever appended: one that has been released is never edited.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain

from loki_tui.core.errors import JournalError

Migration = tuple[str, ...]
"""Statements that bring a database from one version to the next."""

_FIRST: Migration = (
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        created_at INTEGER NOT NULL,
        prd_path TEXT NOT NULL,
        workspace TEXT NOT NULL,
        outcome TEXT
    ) STRICT
    """,
    """
    CREATE TABLE events (
        run TEXT NOT NULL,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        stream TEXT,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (run, seq)
    ) STRICT
    """,
    """
    CREATE TABLE inbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        body TEXT NOT NULL,
        consumed_at INTEGER
    ) STRICT
    """,
    "CREATE INDEX inbox_pending ON inbox (run, id) WHERE consumed_at IS NULL",
)

RARE = """(
    kind <> 'action_finished' AND kind <> 'action_started' AND kind <> 'model_answered' AND kind <> 'model_requested'
)"""
"""What an event is found by its kind under: all but the four that make up nearly all of a journal.

An index over those too would cost a tenth of the file and a fifth of the speed of appending, to find
what is never far away. Spelt out, here and below: for a list of words SQLite builds a table anew at
every insert.
"""

PROBLEM = """(
    kind = 'model_failed' OR kind = 'engine_failed' OR kind = 'warned'
    OR kind = 'action_finished' AND instr(body, '"ok":false')
    OR kind = 'phase_finished' AND json_extract(body, '$.verdict') <> 'passed'
    OR kind = 'approval_decided' AND json_extract(body, '$.decision') <> 'approved'
    OR kind = 'run_closed' AND json_extract(body, '$.outcome') <> 'completed'
)"""
"""Whether an event says that something went wrong.

Within a string of canonical JSON each quote has a backslash before it, so that `"ok":false` can only be
the field; looking for it takes a twentieth of the time of parsing an output.
"""

# The two conditions above are part of this migration: another wording of either takes another one.
_LOOKING_BACK: Migration = (
    """
    CREATE TABLE snapshots (
        run TEXT NOT NULL,
        seq INTEGER NOT NULL,
        version INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (run, seq)
    ) STRICT
    """,
    f"CREATE INDEX events_rare ON events (run, kind, seq) WHERE {RARE}",
    f"CREATE INDEX events_problem ON events (run, seq) WHERE {PROBLEM}",
)

MIGRATIONS: tuple[Migration, ...] = (_FIRST, _LOOKING_BACK)


def migrate(connection: sqlite3.Connection, *, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a database up to date, at once: nobody sees it half-way, as a journal of an older Loki.

    Raises:
        JournalError: It was made by a newer Loki.
    """
    require_not_newer(connection, latest=len(migrations))
    missing = migrations[schema_version(connection) :]
    if not missing:
        return
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in chain.from_iterable(missing):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")


def require_current(connection: sqlite3.Connection) -> None:
    """Refuse a database of another version; for those who may not migrate it.

    Raises:
        JournalError: It was made by a newer or an older Loki.
    """
    require_not_newer(connection)
    version, latest = schema_version(connection), len(MIGRATIONS)
    if version < latest:
        raise JournalError(
            f"The journal was made by an older Loki (version {version} of {latest}).",
            hint="The next `loki start` or `loki resume` brings it up to date.",
        )


def schema_version(connection: sqlite3.Connection) -> int:
    """How many migrations a database has been through."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def require_not_newer(connection: sqlite3.Connection, *, latest: int = len(MIGRATIONS)) -> None:
    """Refuse a database of a version yet to come.

    Raises:
        JournalError: It was made by a newer Loki.
    """
    version = schema_version(connection)
    if version > latest:
        raise JournalError(
            f"The journal was made by a newer Loki: it has version {version}, this one knows {latest}.",
            hint="Upgrade Loki, or set LOKI_DIR to another directory.",
        )
