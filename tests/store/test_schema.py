"""Old journals are brought up to date, new ones are left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loki_tui.core.errors import JournalError
from loki_tui.core.requests import Pause
from loki_tui.store.database import open_for_reading
from loki_tui.store.inbox import post_request
from loki_tui.store.paths import StateDirectory
from loki_tui.store.project import Project
from loki_tui.store.reader import JournalReader
from loki_tui.store.schema import MIGRATIONS, migrate, require_current, schema_version
from loki_tui.store.searching import JournalSearch
from tests.store.samples import RUN, begin, open_journal

NEXT = (*MIGRATIONS, ("ALTER TABLE runs ADD COLUMN label TEXT", "UPDATE runs SET label = id"))
BROKEN = (*MIGRATIONS, ("ALTER TABLE runs ADD COLUMN label TEXT", "UPDATE nothing SET label = 1"))


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def columns(connection: sqlite3.Connection) -> list[str]:
    return [row[1] for row in connection.execute("PRAGMA table_info(runs)")]


def test_a_file_without_a_version_gets_the_tables(connection: sqlite3.Connection) -> None:
    migrate(connection)
    assert schema_version(connection) == len(MIGRATIONS)
    require_current(connection)


def test_an_older_journal_keeps_its_runs(connection: sqlite3.Connection) -> None:
    migrate(connection)
    connection.execute("INSERT INTO runs (id, created_at, prd_path, workspace) VALUES ('r', 1, 'p', 'w')")

    migrate(connection, migrations=NEXT)

    assert schema_version(connection) == len(NEXT)
    assert connection.execute("SELECT id, label FROM runs").fetchall() == [("r", "r")]


def test_migrating_twice_is_migrating_once(connection: sqlite3.Connection) -> None:
    migrate(connection, migrations=NEXT)
    migrate(connection, migrations=NEXT)
    assert columns(connection).count("label") == 1


def test_nobody_sees_it_half_way(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as writer, closing(sqlite3.connect(file)) as reader:
        writer.execute("PRAGMA journal_mode = WAL")
        seen: list[int] = []
        writer.set_trace_callback(lambda _statement: seen.append(schema_version(reader)))
        migrate(writer)
        writer.set_trace_callback(None)
        assert len(seen) > len(MIGRATIONS)
        assert set(seen) == {0}
        assert schema_version(reader) == len(MIGRATIONS)


def test_a_migration_that_fails_leaves_nothing_of_itself(connection: sqlite3.Connection) -> None:
    migrate(connection)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, migrations=BROKEN)
    assert schema_version(connection) == len(MIGRATIONS)
    assert "label" not in columns(connection)


def test_a_journal_of_a_newer_loki_is_refused_and_kept(state: StateDirectory) -> None:
    begin(state)
    with sqlite3.connect(state.journal) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()

    for attempt in (
        lambda: begin(state),
        lambda: JournalReader.open(state).close(),
        lambda: post_request(state, RUN, Pause(by="me")),
    ):
        with pytest.raises(JournalError, match="newer Loki") as raised:
            attempt()
        assert "Upgrade" in raised.value.hint
    assert not state.quarantine.exists()


def test_an_older_journal_is_left_to_the_engine(connection: sqlite3.Connection) -> None:
    with pytest.raises(JournalError, match="older Loki"):
        require_current(connection)


def test_a_journal_that_is_just_being_made_is_none_yet(state: StateDirectory) -> None:
    state.prepare()
    state.journal.touch()

    assert Project(state).runs() == []
    with pytest.raises(JournalError, match="no journal"):
        JournalReader.open(state)
    with open_journal(state):
        JournalReader.open(state).close()


def test_a_journal_from_before_looking_back_can_be_looked_back_through(state: StateDirectory) -> None:
    begin(state, count=3)
    with closing(sqlite3.connect(state.journal, isolation_level=None)) as first:
        for index in ("events_rare", "events_problem"):
            first.execute(f"DROP INDEX {index}")
        first.execute("DROP TABLE snapshots")
        first.execute("PRAGMA user_version = 1")
    with pytest.raises(JournalError, match="older Loki"):
        JournalReader.open(state)

    begin(state, run="run-2")

    with closing(open_for_reading(state)) as connection:
        search = JournalSearch(connection, state=state, run=RUN)
        assert search.next_problem(start=2) == 3
        assert search.next_of({"warned"}, start=9, backwards=True) == 4
    with JournalReader.open(state) as reader:
        assert list(reader.keyframes(RUN)) == []
        assert reader.verify_chain(RUN) is None
