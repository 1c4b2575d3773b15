"""Requests reach the run they are meant for, once, soon, and never another."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from loki_tui.core.errors import JournalError, UsageError
from loki_tui.core.requests import Pause, Resume, Steer, Stop
from loki_tui.store.inbox import post_request
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.paths import StateDirectory
from tests.store.children import child, next_line
from tests.store.samples import RUN, begin, closed, created, open_journal

SOON_SECONDS = 5


def leave(state: StateDirectory, body: str, *, run: str = RUN) -> None:
    """A row that this Loki did not write."""
    with closing(sqlite3.connect(state.journal)) as connection, connection:
        connection.execute("INSERT INTO inbox (run, created_at, body) VALUES (?, 0, ?)", (run, body))


def test_requests_come_in_the_order_they_were_made(journal: SqliteJournal, state: StateDirectory) -> None:
    numbers = [post_request(state, RUN, Steer(by="me", note=note)) for note in ("one", "two", "three")]
    pending = journal.pending_requests()
    assert [number for number, _ in pending] == numbers
    assert [request.note for _, request in pending if isinstance(request, Steer)] == ["one", "two", "three"]


def test_requests_wait_for_an_engine(state: StateDirectory) -> None:
    begin(state)
    post_request(state, RUN, Resume(by="me"))
    with open_journal(state) as journal:
        assert [request for _, request in journal.pending_requests()] == [Resume(by="me")]


def test_a_request_for_an_earlier_run_never_reaches_a_later_one(state: StateDirectory) -> None:
    begin(state)
    post_request(state, RUN, Stop(by="me"))
    with open_journal(state, run="run-2") as journal:
        journal.append(created())
        assert journal.pending_requests() == []
        with pytest.raises(JournalError, match="not pending"):
            journal.append(consumes=1)


@pytest.mark.parametrize("body", ["", "{", "{}", '{"kind": "explode", "by": "me"}', '{"kind": "pause"}', "[" * 9999])
def test_an_unreadable_request_is_reported_and_blocks_nothing(
    journal: SqliteJournal, state: StateDirectory, body: str
) -> None:
    leave(state, body)
    post_request(state, RUN, Pause(by="me"))

    assert [request for _, request in journal.pending_requests()] == [Pause(by="me")]
    (warning,) = journal.take_warnings()
    assert "Request 1" in warning
    journal.pending_requests()
    assert journal.take_warnings() == []


def test_nothing_can_be_asked_of_a_run_that_does_not_exist(state: StateDirectory) -> None:
    begin(state)
    with pytest.raises(UsageError, match="There is no run other") as raised:
        post_request(state, "other", Pause(by="me"))
    assert "loki runs" in raised.value.hint


def test_nothing_can_be_asked_of_a_run_that_ended(journal: SqliteJournal, state: StateDirectory) -> None:
    journal.append(closed())
    with pytest.raises(UsageError, match="has ended: stopped"):
        post_request(state, RUN, Pause(by="me"))


def test_nothing_can_be_asked_where_nothing_ever_ran(state: StateDirectory) -> None:
    with pytest.raises(JournalError, match="There is no journal"):
        post_request(state, RUN, Pause(by="me"))
    assert not state.root.exists()


async def test_a_request_of_another_process_wakes_the_engine(journal: SqliteJournal, state: StateDirectory) -> None:
    await journal.wait_for_request()
    assert journal.pending_requests() == []
    with child("steer", state, "faster") as process:
        await asyncio.wait_for(_until_pending(journal), SOON_SECONDS)
        assert next_line(process) == "1"
    assert [request for _, request in journal.pending_requests()] == [Steer(by="child", note="faster")]


async def test_a_missing_bell_is_made_anew(journal: SqliteJournal, state: StateDirectory) -> None:
    await journal.wait_for_request()
    for note in ("one", "two"):
        state.inbox_bell.unlink(missing_ok=True)
        post_request(state, RUN, Steer(by="me", note=note))
        await asyncio.wait_for(_until_pending(journal), SOON_SECONDS)
        journal.append(consumes=journal.pending_requests()[0][0])


async def test_waiting_ends_at_once_when_it_is_cancelled(journal: SqliteJournal) -> None:
    waiting = asyncio.create_task(_for_ever(journal))
    await journal.wait_for_request()
    begun = time.monotonic()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert time.monotonic() - begun < 1


async def test_a_closed_journal_leaves_no_thread(state: StateDirectory) -> None:
    begin(state)
    before = set(threading.enumerate())
    with open_journal(state) as journal:
        await journal.wait_for_request()
        (watch,) = set(threading.enumerate()) - before
    await asyncio.to_thread(watch.join, SOON_SECONDS)
    assert not watch.is_alive()


async def _until_pending(journal: SqliteJournal) -> None:
    while not journal.pending_requests():
        await journal.wait_for_request()


async def _for_ever(journal: SqliteJournal) -> None:
    while True:
        await journal.wait_for_request()
