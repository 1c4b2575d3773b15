"""Damage is set aside by the engine, reported by everyone else, and nothing is ever deleted."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from loki_tui.core.errors import JournalError
from loki_tui.core.requests import Pause
from loki_tui.store.inbox import post_request
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory
from loki_tui.store.reader import JournalReader
from tests.store.children import LIMIT_SECONDS, REPOSITORY, command, finish
from tests.store.samples import RUN, begin, created, notes, open_journal


def overwrite(path: Path) -> None:
    path.write_bytes(b"this is no database at all\n" * 400)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def scribble(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)


damage = pytest.mark.parametrize("damage", [overwrite, truncate, scribble])


@damage
def test_a_damaged_journal_is_set_aside_and_said(state: StateDirectory, damage: Callable[[Path], None]) -> None:
    begin(state, count=200)
    damage(state.journal)
    damaged = state.journal.read_bytes()

    with open_journal(state) as journal:
        (warning,) = journal.take_warnings()
        assert journal.take_warnings() == []
        assert journal.last_seq == 0
        journal.append(created(), *notes(1))

    (kept,) = state.quarantine.iterdir()
    assert str(kept) in warning
    assert (kept / "journal.db").read_bytes() == damaged
    with open_journal(state) as journal:
        assert journal.last_seq == 2


@damage
def test_a_reader_reports_damage_and_touches_nothing(state: StateDirectory, damage: Callable[[Path], None]) -> None:
    begin(state, count=200)
    damage(state.journal)
    damaged = state.journal.read_bytes()

    with pytest.raises(JournalError, match="is damaged") as raised, JournalReader.open(state) as reader:
        list(reader.records(RUN))

    assert "loki start" in raised.value.hint
    assert state.journal.read_bytes() == damaged
    assert not state.quarantine.exists()


def test_the_side_files_of_a_damaged_journal_go_with_it(state: StateDirectory) -> None:
    begin(state)
    overwrite(state.journal)
    wal, shm = (state.journal.with_name(f"journal.db{suffix}") for suffix in ("-wal", "-shm"))
    wal.write_bytes(b"old log")
    shm.write_bytes(b"old index")

    for read_only in (JournalReader.open, lambda state: post_request(state, RUN, Pause(by="me"))):
        with pytest.raises(JournalError, match="is damaged"):
            read_only(state)
    with open_journal(state) as journal:
        journal.append(created())

    (kept,) = state.quarantine.iterdir()
    assert (kept / "journal.db-wal").read_bytes() == b"old log"
    assert (kept / "journal.db-shm").exists()


@pytest.mark.parametrize("loss", [Path.unlink, lambda path: os.truncate(path, 0)], ids=["gone", "emptied"])
def test_a_log_without_its_database_is_kept(state: StateDirectory, loss: Callable[[Path], None]) -> None:
    with open_journal(state) as journal:
        journal.append(created(), *notes(5))
        log = state.journal.with_name("journal.db-wal").read_bytes()
    loss(state.journal)
    state.journal.with_name("journal.db-wal").write_bytes(log)

    with open_journal(state) as journal:
        (warning,) = journal.take_warnings()
        assert "its log is all that is left" in warning
    (kept,) = state.quarantine.iterdir()
    assert (kept / "journal.db-wal").read_bytes() == log


def test_a_lost_log_leaves_what_was_in_the_database(state: StateDirectory) -> None:
    begin(state, count=3)
    with EngineLock.acquire(state, run=RUN) as lock, SqliteJournal.open(lock) as journal:
        journal.append(*notes(5))
        shutil.copytree(state.root, state.root.with_name("copy"), ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    copy = StateDirectory(root=state.root.with_name("copy"), workspace=state.workspace)

    with open_journal(copy) as journal:
        assert journal.last_seq == 4
        assert journal.append(*notes(1))[0].seq == 5
    with JournalReader.open(copy) as reader:
        assert reader.verify_chain(RUN) is None


def test_a_copied_log_brings_everything_back(state: StateDirectory) -> None:
    with open_journal(state) as journal:
        journal.append(created(), *notes(5))
        shutil.copytree(state.root, state.root.with_name("copy"), ignore=shutil.ignore_patterns("*-shm"))
    copy = StateDirectory(root=state.root.with_name("copy"), workspace=state.workspace)
    with JournalReader.open(copy) as reader:
        assert reader.runs()[0].last_seq == 6


def test_an_empty_file_is_a_new_journal(state: StateDirectory) -> None:
    state.prepare()
    state.journal.touch()
    begin(state)
    assert not state.quarantine.exists()


def test_a_directory_in_its_place_is_an_error_not_damage(state: StateDirectory) -> None:
    state.journal.mkdir(parents=True)
    with pytest.raises(Exception, match="directory"):
        begin(state)
    assert state.journal.is_dir()


def test_nobody_else_may_read_it(state: StateDirectory) -> None:
    old = os.umask(0)
    try:
        with open_journal(state) as journal:
            journal.append(created())
            files = [path for path in state.root.iterdir() if path.name != "project.json"]
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
            assert stat.S_IMODE(state.root.stat().st_mode) == 0o700
    finally:
        os.umask(old)


def test_no_journal_is_said_and_none_is_made(state: StateDirectory) -> None:
    with pytest.raises(JournalError, match="There is no journal"):
        JournalReader.open(state)
    assert not state.root.exists()


def test_a_writer_that_waits_too_long_says_who_to_ask(state: StateDirectory) -> None:
    begin(state)
    with open_journal(state) as journal, closing(sqlite3.connect(state.journal, isolation_level=None)) as other:
        journal._connection.execute("PRAGMA busy_timeout = 20")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="held by another process"):
            journal.append(*notes(1))
        other.execute("ROLLBACK")
        assert journal.append(*notes(1))[0].seq == 2


def test_a_reader_is_never_held_up_by_a_writer(state: StateDirectory) -> None:
    begin(state)
    with closing(sqlite3.connect(state.journal, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE runs SET outcome = 'failed'")
        with JournalReader.open(state) as reader:
            assert reader.runs()[0].outcome is None
        writer.execute("ROLLBACK")


def _can_mount() -> bool:
    probe = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def test_a_full_disk_is_said_and_loses_nothing(state: StateDirectory, tmp_path: Path) -> None:
    if not _can_mount():
        pytest.skip("no user namespace with mounts: a full disk cannot be had here")
    small = tmp_path / "small"
    small.mkdir()
    tiny = StateDirectory(root=small / "state", workspace=small / "workspace")
    mount = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'
    full = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, str(small), *command("fill", tiny)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    error, message, whole, blob, blobs = full.stdout.splitlines()
    assert (error, whole) == ("JournalError", "True"), full.stderr
    assert "disk is full" in message
    assert "No space is left" in blob
    assert blobs == "1", "only the directory: no half-written blob"


def test_a_child_that_begins_a_run_leaves_it_readable(state: StateDirectory) -> None:
    assert finish("begin", state).stdout == ""
    with JournalReader.open(state) as reader:
        assert [run.id for run in reader.runs()] == [RUN]
