"""Two ways to follow a run, one sequence."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import pytest

from loki_tui.core.errors import JournalError
from loki_tui.core.events import Record
from loki_tui.store.follower import follow, follow_pages
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.paths import StateDirectory
from loki_tui.store.reader import PAGE
from tests.store.children import child
from tests.store.samples import RUN, begin, created, notes, open_journal

SOON_SECONDS = 10


async def take(records: AsyncGenerator[Record, None], count: int) -> list[Record]:
    """The next so many records."""
    async with asyncio.timeout(SOON_SECONDS):
        return [await anext(records) for _ in range(count)]


async def test_both_ways_give_the_same_sequence(journal: SqliteJournal, state: StateDirectory) -> None:
    async with aclosing(follow(state, RUN)) as outside, aclosing(journal.follow()) as inside:
        expected = list(journal.records())
        for size in (1, 3, PAGE, PAGE + 1, 1):
            expected += journal.append(*notes(size), stream="s")
        assert await take(outside, len(expected)) == expected
        assert await take(inside, len(expected)) == expected

        expected = journal.append(*notes(2))
        assert await take(inside, 2) == expected
        assert await take(outside, 2) == expected


async def test_pages_are_the_same_sequence(journal: SqliteJournal, state: StateDirectory) -> None:
    async with aclosing(follow_pages(state, RUN)) as outside, aclosing(journal.follow_pages(after=1)) as inside:
        journal.append(*notes(PAGE + 3))
        expected = list(journal.records())
        async with asyncio.timeout(SOON_SECONDS):
            pages = [await anext(outside), await anext(outside)]
            assert [record for page in pages for record in page] == expected
            assert [len(page) for page in pages] == [PAGE, 4]
            assert await anext(inside) + await anext(inside) == expected[1:]

            more = journal.append(*notes(2))
            assert await anext(inside) == await anext(outside) == more


async def test_one_may_begin_in_the_middle(journal: SqliteJournal) -> None:
    journal.append(*notes(9))
    async with aclosing(journal.follow(after=7)) as records:
        assert [record.seq for record in await take(records, 3)] == [8, 9, 10]


async def test_another_process_is_followed_as_it_writes(state: StateDirectory) -> None:
    begin(state)
    async with aclosing(follow(state, RUN)) as records:
        assert (await take(records, 1))[0].seq == 1
        with child("append", state, "30") as process:
            assert [record.seq for record in await take(records, 30)] == list(range(2, 32))
            process.wait(SOON_SECONDS)


async def test_other_runs_are_not_followed(state: StateDirectory) -> None:
    begin(state)
    with open_journal(state, run="run-2") as journal:
        async with aclosing(follow(state, RUN)) as records:
            await take(records, 1)
            journal.append(created(), *notes(5))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await anext(records)


async def test_an_engine_in_another_thread_is_followed(journal: SqliteJournal) -> None:
    """The cockpit's way: the engine has a thread and a loop of its own."""
    seen: list[int] = []
    listening = threading.Event()

    async def watch() -> None:
        async with aclosing(journal.follow()) as records, asyncio.timeout(SOON_SECONDS):
            async for record in records:
                seen.append(record.seq)
                listening.set()
                if record.seq == 5:
                    return

    face = asyncio.create_task(asyncio.to_thread(asyncio.run, watch()))
    await asyncio.to_thread(listening.wait, SOON_SECONDS)
    journal.append(*notes(4))
    await face
    assert seen == [1, 2, 3, 4, 5]


async def test_a_follower_that_is_cancelled_leaves_nothing_behind(state: StateDirectory) -> None:
    begin(state)

    async def watch() -> None:
        async with aclosing(follow(state, RUN)) as records:
            async for _ in records:
                started.set()

    started = asyncio.Event()
    watching = asyncio.create_task(watch())
    await asyncio.wait_for(started.wait(), SOON_SECONDS)
    threads = [thread for thread in threading.enumerate() if thread.name == "watch-events.bell"]
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(watching, 1)
    for thread in threads:
        await asyncio.to_thread(thread.join, SOON_SECONDS)
        assert not thread.is_alive()


async def test_catching_up_lets_others_have_their_turn(journal: SqliteJournal) -> None:
    pages = 5
    journal.append(*notes(PAGE * pages - 1))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with aclosing(journal.follow()) as records:
        await take(records, 1)
        task = asyncio.create_task(others())
        await take(records, PAGE * pages - 1)
        task.cancel()
    assert turns >= pages - 1


async def test_nothing_to_follow_is_said(state: StateDirectory) -> None:
    async with aclosing(follow(state, RUN)) as records:
        with pytest.raises(JournalError, match="There is no journal"):
            await anext(records)
