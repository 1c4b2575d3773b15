"""Events as they come, to many at once: each run is read once, however many listen.

A stream has a place in the journal and asks for what comes after it: from the latest events, which are kept
ready to be sent, or from the journal where it is further behind. Nothing is queued for a client; one that
takes nothing is cut off.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress

from aiohttp import web

from loki_tui.core.events import Record, RunClosed
from loki_tui.dashboard import limits
from loki_tui.dashboard.answers import RefusalError
from loki_tui.runtime.client import Project, RunClient
from loki_tui.wording.rows import as_json

KEPT_EVENTS, KEPT_BYTES = 2_000, 4 * 2**20
"""The latest events of a run that are kept ready, at most."""
PAGE, PAGE_BYTES = 50, 128 * 1024
"""What is sent to a client in one go, at most, but for an event that is larger by itself."""
AT_ONCE = 10
"""So many clients are sent an event before anything else has its turn."""
LASTS_SECONDS = 3_600.0
"""So long a stream lasts. A browser asks for the rest by itself, and has to be let in again for that."""
QUIET_SECONDS = 15.0
"""After so long without an event a comment is sent: whoever is between would close the connection."""
SEND_BUFFER = 64 * 1024
"""Bytes that the kernel holds for a client that does not read."""


class Chunk:
    """An event, ready to be sent."""

    __slots__ = ("data", "last", "seq")

    def __init__(self, run: str, record: Record) -> None:
        self.seq = record.seq
        self.data = b"id: %d\ndata: %s\n\n" % (record.seq, as_json(run, record).encode())
        self.last = isinstance(record.event, RunClosed)


class Channel:
    """One run's latest events, while somebody listens."""

    def __init__(self, project: Project, run: str) -> None:
        self.ears: set[asyncio.Event] = set()
        """One of each who listens: set when there is more, or the reading broke off."""
        self._project, self._run = project, run
        with project.reader() as reader:
            self._base = reader.last_seq(run)
        """What is kept begins right after this event."""
        self._kept: deque[Chunk] = deque()
        self._bytes = 0
        self._reading = asyncio.create_task(self._read())

    @property
    def broken(self) -> bool:
        """Whether the journal cannot be followed any more."""
        return self._reading.done()

    def kept_after(self, seq: int) -> list[Chunk] | None:
        """What comes after an event, up to a page; none where that is not kept any more."""
        if seq < self._base:
            return None
        return list(self._from(seq))

    def _from(self, seq: int) -> Iterator[Chunk]:
        # The numbers are dense: what is wanted is counted from the end.
        behind = (self._kept[-1].seq if self._kept else seq) - seq
        start = len(self._kept) - behind
        for index in range(start, min(len(self._kept), start + PAGE)):
            yield self._kept[index]

    async def close(self) -> None:
        """Read no further."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._wake()

    async def _read(self) -> None:
        try:
            async with aclosing(self._project.follow_pages(self._run, after=self._base)) as pages:
                async for page in pages:
                    for record in page:
                        self._keep(Chunk(self._run, record))
                    await self._wake()
        finally:
            for ear in self.ears:
                ear.set()

    async def _wake(self) -> None:
        """Have all who wait look again: a few at a time, so that nobody who asks something else is kept waiting."""
        for number, ear in enumerate(list(self.ears), 1):
            ear.set()
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _keep(self, chunk: Chunk) -> None:
        self._kept.append(chunk)
        self._bytes += len(chunk.data)
        while len(self._kept) > KEPT_EVENTS or (self._bytes > KEPT_BYTES and len(self._kept) > 1):
            gone = self._kept.popleft()
            self._bytes -= len(gone.data)
            self._base = gone.seq


class Streams:
    """All streams of events that are open.

    Args:
        project: Whose runs.
        most: Streams at once.
        stalled: Seconds a client may take nothing.
    """

    def __init__(
        self, project: Project, *, most: int = limits.STREAMS, stalled: float = limits.STALLED_SECONDS
    ) -> None:
        self.count = 0
        self.dropped = 0
        """Clients that were cut off because they took nothing."""
        self._project, self._most, self._stalled = project, most, stalled
        self._channels: dict[str, Channel] = {}
        self._over = False

    async def serve(self, request: web.Request, client: RunClient, *, after: int) -> web.StreamResponse:
        """Send a run's events to a client, to the end of the run or until one of the two leaves.

        Raises:
            RefusalError: There are too many streams already.
        """
        if self.count >= self._most:
            raise RefusalError(
                503, f"{self.count} streams are open, which is all there are.", headers={"Retry-After": "5"}
            )
        self.count += 1
        try:
            with self._channel(client.run) as (channel, ear):
                return await self._send(request, channel, ear, client, after=after)
        finally:
            self.count -= 1

    async def close(self) -> None:
        """End all streams."""
        self._over = True
        for channel in list(self._channels.values()):
            await channel.close()

    @contextmanager
    def _channel(self, run: str) -> Iterator[tuple[Channel, asyncio.Event]]:
        channel = self._channels.get(run)
        if channel is None or channel.broken:
            channel = self._channels[run] = Channel(self._project, run)
        channel.ears.add(ear := asyncio.Event())
        try:
            yield channel, ear
        finally:
            channel.ears.discard(ear)
            if not channel.ears:
                if self._channels.get(run) is channel:
                    del self._channels[run]
                closing = asyncio.ensure_future(channel.close())
                _CLOSING.add(closing)
                closing.add_done_callback(_CLOSING.discard)

    async def _send(
        self, request: web.Request, channel: Channel, ear: asyncio.Event, client: RunClient, *, after: int
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        _bound_buffers(request)
        await response.prepare(request)
        with suppress(ConnectionError):  # gone: that is how most streams end
            await self._write(request, response, b"retry: 1000\n\n")
            until = asyncio.get_running_loop().time() + LASTS_SECONDS
            while not (self._over or channel.broken) and asyncio.get_running_loop().time() < until:
                ear.clear()
                chunks = channel.kept_after(after)
                if chunks is None:
                    chunks = await asyncio.to_thread(_from_journal, client, after)
                if chunks:
                    chunks = _bounded(chunks)
                    await self._write(request, response, b"".join(chunk.data for chunk in chunks))
                    after = chunks[-1].seq
                    if chunks[-1].last:
                        await self._write(request, response, b"event: end\ndata: {}\n\n")
                        break
                    continue
                if not await _within(QUIET_SECONDS, ear):
                    await self._write(request, response, b": still here\n\n")
        return response

    async def _write(self, request: web.Request, response: web.StreamResponse, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._stalled):
                await response.write(data)
        except TimeoutError as error:
            self.dropped += 1
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError("the client takes nothing") from error


_CLOSING: set[asyncio.Future[None]] = set()
"""Channels on their way out: the loop itself keeps tasks by a weak reference alone."""


def _bounded(chunks: list[Chunk]) -> list[Chunk]:
    """As many of the first as may be sent in one go."""
    room = PAGE_BYTES
    for number, chunk in enumerate(chunks):
        room -= len(chunk.data)
        if room < 0:
            return chunks[: max(1, number)]
    return chunks


async def _within(seconds: float, ear: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ear.wait()
        return True
    return False


def _from_journal(client: RunClient, after: int) -> list[Chunk]:
    with client.project.reader() as reader:
        return [Chunk(client.run, record) for record in reader.read(client.run, after=after, limit=PAGE)]


def _bound_buffers(request: web.Request) -> None:
    """What a client does not read must not pile up: not in the kernel, and hardly here."""
    if request.transport is None:
        return
    request.transport.set_write_buffer_limits(high=SEND_BUFFER)
    found = request.transport.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
