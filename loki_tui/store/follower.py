"""Following a run as it goes: every event once, in order, from any number on.

Whether the engine lives in this process or in another one only decides which bell wakes the reader;
what is read is the same. Pages are how events come; one by one is for whoever does not mind the cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from loki_tui.core.events import Record
from loki_tui.store.bell import Bell, watching
from loki_tui.store.paths import StateDirectory
from loki_tui.store.reader import PAGE, JournalReader


async def follow(state: StateDirectory, run: str, *, after: int = 0) -> AsyncGenerator[Record, None]:
    """Events of a run whose engine lives, if it does, in another process.

    Never ends by itself: leave it after `RunClosed`, within `contextlib.aclosing`.

    Raises:
        JournalError: The journal cannot be read.
    """
    async with aclosing(one_by_one(follow_pages(state, run, after=after))) as records:
        async for record in records:
            yield record


async def follow_pages(state: StateDirectory, run: str, *, after: int = 0) -> AsyncGenerator[list[Record], None]:
    """The same, as many at once as there are, up to a page; no page is empty.

    Raises:
        JournalError: The journal cannot be read.
    """
    bell = Bell()
    with watching(state.events_bell, bell):
        async with aclosing(follow_bell_pages(state, run, bell=bell, after=after)) as pages:
            async for page in pages:
                yield page


async def follow_bell(state: StateDirectory, run: str, *, bell: Bell, after: int = 0) -> AsyncGenerator[Record, None]:
    """Events of a run, looked for whenever a bell rings; never ends by itself.

    Raises:
        JournalError: The journal cannot be read.
    """
    async with aclosing(one_by_one(follow_bell_pages(state, run, bell=bell, after=after))) as records:
        async for record in records:
            yield record


async def follow_bell_pages(
    state: StateDirectory, run: str, *, bell: Bell, after: int = 0
) -> AsyncGenerator[list[Record], None]:
    """The same, as many at once as there are, up to a page; no page is empty.

    Raises:
        JournalError: The journal cannot be read.
    """
    with JournalReader.open(state) as reader, bell.listen() as listener:
        while True:
            await listener.wait()
            while page := reader.read(run, after=after):
                yield page
                after = page[-1].seq
                # A million events to catch up with must not hold up the loop.
                await asyncio.sleep(0)
                if len(page) < PAGE:
                    break


async def one_by_one(pages: AsyncGenerator[list[Record], None]) -> AsyncGenerator[Record, None]:
    """The records of pages, which end with this."""
    async with aclosing(pages):
        async for page in pages:
            for record in page:
                yield record
