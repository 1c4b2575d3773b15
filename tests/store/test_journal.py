"""The writer: dense, chained, all or none, and never behind its own word."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loki_tui.core.errors import JournalError
from loki_tui.core.events import RunPaused, Warned
from loki_tui.core.requests import Pause, Steer
from loki_tui.core.vocabulary import Status
from loki_tui.engine import ports
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory
from loki_tui.store.reader import PAGE, JournalReader
from tests.store.samples import NOON, RUN, begin, closed, created, notes, open_journal, request_of_a_model


def test_it_is_the_journal_that_the_engine_asks_for(journal: SqliteJournal) -> None:
    port: ports.Journal = journal
    assert port.run == RUN


def test_what_is_appended_is_read_back_as_it_was_returned(journal: SqliteJournal) -> None:
    first = journal.append(*notes(2), stream="api")
    second = journal.append(request_of_a_model())

    assert list(journal.records(after=1)) == first + second
    assert [record.seq for record in first + second] == [2, 3, 4]
    assert [record.stream for record in first + second] == ["api", "api", None]


def test_appending_nothing_is_nothing(journal: SqliteJournal) -> None:
    assert journal.append() == []
    assert journal.last_seq == 1


def test_a_run_begins_with_its_creation(state: StateDirectory) -> None:
    with open_journal(state, run="lost") as journal, pytest.raises(JournalError, match="lost is not in"):
        journal.append(*notes(1))


def test_runs_of_a_project_do_not_mix(state: StateDirectory) -> None:
    begin(state, run="a", count=3)
    begin(state, run="b", count=1)

    with JournalReader.open(state) as reader:
        assert [record.seq for record in reader.records("a")] == [1, 2, 3, 4]
        assert [record.seq for record in reader.records("b")] == [1, 2]
        assert reader.verify_chain("a") is reader.verify_chain("b") is None


def test_a_run_is_taken_up_where_it_was_left(state: StateDirectory) -> None:
    begin(state, count=2)
    with open_journal(state) as journal:
        assert journal.last_seq == 3
        assert journal.append(*notes(1))[0].seq == 4
    with JournalReader.open(state) as reader:
        assert reader.verify_chain(RUN) is None


def test_time_never_goes_backwards_even_over_a_restart(state: StateDirectory) -> None:
    def opened(moment: datetime, lock: EngineLock) -> SqliteJournal:
        return SqliteJournal.open(lock, now=lambda: moment)

    with EngineLock.acquire(state, run=RUN) as lock:
        with opened(NOON, lock) as journal:
            assert journal.append(created())[0].at == NOON
        with opened(NOON - timedelta(hours=1), lock) as journal:
            assert journal.append(*notes(1))[0].at == NOON
        with opened(NOON + timedelta(microseconds=1), lock) as journal:
            journal.append(*notes(1))
            last = list(journal.records())[-1]
            assert last.at - NOON == timedelta(microseconds=1)


def test_many_events_come_a_page_at_a_time(journal: SqliteJournal) -> None:
    journal.append(*notes(3 * PAGE))

    assert [record.seq for record in journal.records()] == list(range(1, 3 * PAGE + 2))
    assert [record.seq for record in journal.records(after=3 * PAGE)] == [3 * PAGE + 1]


def test_events_appended_while_reading_are_read_too(journal: SqliteJournal) -> None:
    journal.append(*notes(PAGE))
    seen = 0
    for record in journal.records():
        seen = record.seq
        if record.seq == PAGE:
            journal.append(*notes(1))
    assert seen == PAGE + 2


def test_a_refused_append_changes_nothing(journal: SqliteJournal) -> None:
    with pytest.raises(JournalError, match="refuses what contradicts it"):
        journal.append(*notes(2), created())

    assert journal.append(*notes(1))[0].seq == 2
    with JournalReader.open(journal._state) as reader:
        assert reader.verify_chain(RUN) is None
        assert reader.runs()[0].last_seq == 2


def test_text_that_is_no_unicode_is_refused_by_name(journal: SqliteJournal) -> None:
    with pytest.raises(JournalError, match="kind warned"):
        journal.append(Warned(message="\ud83d"))
    assert journal.last_seq == 1


def test_the_end_shows_in_the_list_of_runs(journal: SqliteJournal) -> None:
    with JournalReader.open(journal._state) as reader:
        assert reader.runs()[0].outcome is None
        journal.append(closed())
        assert reader.runs()[0].outcome is Status.STOPPED


def test_a_request_is_consumed_with_its_answer_or_not_at_all(journal: SqliteJournal) -> None:
    number = journal.post(Pause(by="me"))

    with pytest.raises(JournalError, match="refuses"):
        journal.append(created(), consumes=number)
    assert [pending for pending, _ in journal.pending_requests()] == [number]

    journal.append(RunPaused(by="person", reason="asked to"), consumes=number)
    assert journal.pending_requests() == []

    with pytest.raises(JournalError, match="not pending"):
        journal.append(*notes(1), consumes=number)
    assert journal.last_seq == 2


def test_a_request_may_be_consumed_without_an_event(journal: SqliteJournal) -> None:
    number = journal.post(Pause(by="me"))
    assert journal.append(consumes=number) == []
    assert journal.pending_requests() == []


async def test_a_post_from_another_thread_of_the_process_wakes(journal: SqliteJournal) -> None:
    await journal.wait_for_request()
    waiting = asyncio.create_task(journal.wait_for_request())
    await asyncio.to_thread(journal.post, Steer(by="me", note="left"))
    await asyncio.wait_for(waiting, 5)
    assert [request for _, request in journal.pending_requests()] == [Steer(by="me", note="left")]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 30),
            st.sampled_from([None, "a", 'quo"te\n']),
            st.integers(-(10**7), 10**7),
            st.booleans(),
            st.text(max_size=20),
        ),
        max_size=8,
    )
)
def test_any_history_is_dense_and_chained(history: list[tuple[int, str | None, int, bool, str]]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        state = StateDirectory(root=Path(scratch).resolve() / "s", workspace=Path(scratch).resolve() / "w")
        moment = NOON

        def now() -> datetime:
            return moment

        with EngineLock.acquire(state, run=RUN) as lock:
            journal = SqliteJournal.open(lock, now=now)
            expected = journal.append(created())
            for size, stream, jump, restart, text in history:
                moment += timedelta(microseconds=jump)
                expected += journal.append(*notes(size), Warned(message=text), stream=stream)
                if restart:
                    journal.close()
                    journal = SqliteJournal.open(lock, now=now)
            assert list(journal.records()) == expected
            journal.close()
        assert [record.seq for record in expected] == list(range(1, len(expected) + 1))
        assert sorted(record.at for record in expected) == [record.at for record in expected]
        with JournalReader.open(state) as reader:
            assert reader.verify_chain(RUN) is None
