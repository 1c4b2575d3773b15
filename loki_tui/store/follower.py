"""Following a run as it goes: every event once, in order, from any number on.

Whether the engine lives in this process or in another one only decides which bell wakes the reader;
what is read is the same.
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
    bell = Bell()
    with watching(state.events_bell, bell):
        async with aclosing(follow_bell(state, run, bell=bell, after=after)) as records:
            async for record in records:
                yield record


async def follow_bell(state: StateDirectory, run: str, *, bell: Bell, after: int = 0) -> AsyncGenerator[Record, None]:
    """Events of a run, looked for whenever a bell rings; never ends by itself.

    Raises:
        JournalError: The journal cannot be read.
    """
    with JournalReader.open(state) as reader, bell.listen() as listener:
        while True:
            await listener.wait()
            while page := reader.read(run, after=after):
                for record in page:
                    yield record
                after = page[-1].seq
                # A million events to catch up with must not hold up the loop.
                await asyncio.sleep(0)
                if len(page) < PAGE:
                    break
