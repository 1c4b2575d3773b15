"""Reading is paged, honest about what it cannot read, and changes nothing."""

from __future__ import annotations

import sqlite3
import tracemalloc
from contextlib import closing

import pytest

from loki_tui.core.errors import JournalError
from loki_tui.core.keyframes import Keyframe
from loki_tui.store.paths import StateDirectory
from loki_tui.store.reader import PAGE, JournalReader
from tests.store.samples import RUN, begin, created, notes, open_journal


def test_runs_are_listed_latest_first(state: StateDirectory) -> None:
    begin(state, run="a", count=2)
    begin(state, run="b")
    with JournalReader.open(state) as reader:
        assert [(run.id, run.last_seq, run.prd_path, run.workspace) for run in reader.runs()] == [
            ("b", 1, "prd.md", "/workspace"),
            ("a", 3, "prd.md", "/workspace"),
        ]


def test_a_page_is_as_long_as_was_asked(state: StateDirectory) -> None:
    begin(state, count=9)
    with JournalReader.open(state) as reader:
        assert [record.seq for record in reader.read(RUN, after=2, limit=3)] == [3, 4, 5]
        assert reader.read(RUN, after=10) == []
        assert reader.read("other") == []


def test_a_page_may_end_at_an_event(state: StateDirectory) -> None:
    begin(state, count=9)
    with JournalReader.open(state) as reader:
        assert [record.seq for record in reader.read_before(RUN, 8, limit=3)] == [5, 6, 7]
        assert [record.seq for record in reader.read_before(RUN, 3, limit=9)] == [1, 2]
        assert [record.seq for record in reader.read_before(RUN, 99, limit=1)] == [10]
        assert reader.read_before(RUN, 1) == []
        assert reader.read_before("other", 9) == []


def test_the_last_number_is_that_of_this_moment(state: StateDirectory) -> None:
    begin(state)
    with JournalReader.open(state) as reader:
        assert reader.last_seq(RUN) == 1
        with open_journal(state) as journal:
            journal.append(*notes(2))
        assert reader.last_seq(RUN) == 3
        assert reader.last_seq("other") == 0


def test_keyframes_come_latest_first(state: StateDirectory) -> None:
    with open_journal(state) as journal:
        journal.append(created(), *notes(9))
        kept = [Keyframe(seq, version=seq, body=bytes([seq])) for seq in (2, 5, 10, 11)]
        for keyframe in kept:
            journal.keep_keyframe(keyframe)
        assert list(journal.keyframes()) == [kept[2], kept[1], kept[0]], "one ahead of the events is none"
        again = Keyframe(5, version=7, body=b"again")
        journal.keep_keyframe(again)
    with JournalReader.open(state) as reader:
        assert list(reader.keyframes(RUN)) == [kept[2], again, kept[0]]
        assert list(reader.keyframes(RUN, until=9)) == [again, kept[0]]
        assert list(reader.keyframes(RUN, until=5)) == [again, kept[0]]
        assert list(reader.keyframes(RUN, until=1)) == []
        assert list(reader.keyframes("other")) == []


def test_a_long_journal_is_never_held_whole(state: StateDirectory) -> None:
    with open_journal(state) as journal:
        journal.append(created(), *notes(PAGE * 50))
    with JournalReader.open(state) as reader:
        tracemalloc.start()
        count = sum(1 for _ in reader.records(RUN))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == PAGE * 50 + 1
    assert peak < 2_000_000


@pytest.mark.parametrize("body", ["{}", "nonsense", '{"kind": "invented_tomorrow"}'])
def test_an_event_of_another_version_is_named(state: StateDirectory, body: str) -> None:
    begin(state, count=2)
    with closing(sqlite3.connect(state.journal)) as connection, connection:
        connection.execute("UPDATE events SET body = ? WHERE seq = 2", (body,))
    with JournalReader.open(state) as reader, pytest.raises(JournalError, match=f"Event 2 of run {RUN}"):
        list(reader.records(RUN))


def test_a_reader_cannot_write(state: StateDirectory) -> None:
    begin(state)
    with JournalReader.open(state) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("DELETE FROM events")
