"""A process in a container, over the one connection that carries its three streams.

The engine's framing of output (https://docs.docker.com/reference/api/engine/, "Attach to a container"): a byte that
says which stream, three of nothing, four of length, then that many bytes. Input goes the other way as it is; to close
only that half tells the process that no more will come.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from docker import APIClient
from docker.errors import DockerException, NotFound

_HEADER = struct.Struct(">BxxxL")
_STDERR = 2
_CHUNK = 1 << 16
_STOP_SECONDS = 10
_UNKNOWN = 255
"""The exit code of what is gone without a trace."""

Explain = Callable[[int, bool], str]
"""From exit code, and whether something ran out of memory, to words."""


class _Gate(asyncio.ReadTransport):
    """Lets a reader say that it has enough for now, as it would to a connection of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()

    def pause_reading(self) -> None:
        """Enough for now."""
        self.open.clear()

    def resume_reading(self) -> None:
        """Go on."""
        self.open.set()


class _Input:
    """The way in; implements `engine.boxes.BoxInput`."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Send some bytes."""
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait until more may be sent."""
        await self._writer.drain()

    def close(self) -> None:
        """Say that no more will come, and go on listening."""
        with suppress(OSError, RuntimeError):  # it is gone
            self._writer.write_eof()


class AttachedProcess:
    """The first process of a container that is removed when it ends; implements `engine.boxes.BoxProcess`.

    Args:
        api: The engine.
        container: Its id.
        line_bytes: The longest line that is read.
        explain: Adds what there is to say of its end to the process's complaints.
    """

    def __init__(self, api: APIClient, container: str, *, line_bytes: int, explain: Explain) -> None:
        self._api = api
        self._container = container
        self._explain = explain
        self._gates = _Gate(), _Gate()
        self.stdout: asyncio.StreamReader = asyncio.StreamReader(limit=line_bytes)
        self.stderr: asyncio.StreamReader = asyncio.StreamReader(limit=line_bytes)
        for reader, gate in zip((self.stdout, self.stderr), self._gates, strict=True):
            reader.set_transport(gate)
        self.stdin: _Input | None = None
        self.returncode: int | None = None
        self._life: asyncio.Task[int] | None = None
        self._killing: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Attach to the container, start it, and carry what it says from now on.

        Raises:
            DockerException: The engine refuses.
            OSError: The engine is gone.
        """
        connection = await asyncio.to_thread(self._attach)
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        try:
            await asyncio.to_thread(self._api.start, self._container)
        except BaseException:
            writer.close()
            raise
        self.stdin = _Input(writer)
        self._life = asyncio.create_task(self._live(reader, writer))

    def kill(self) -> None:
        """End the container, and so everything in it."""
        if self._killing is None:
            self._killing = asyncio.create_task(self._kill())

    async def wait(self) -> int:
        """Wait for its end, and until the container is removed; the exit code."""
        assert self._life
        return await asyncio.shield(self._life)

    def _attach(self) -> socket.socket:
        ways = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        attached = self._api.attach_socket(self._container, params=ways)
        # One of our own: the SDK closes its connection when it likes.
        own = socket.socket(fileno=os.dup(attached.fileno()))
        own.setblocking(False)
        # The SDK hangs the response there, to be kept; closed itself first, it could not be closed any more.
        getattr(attached, "_response", attached).close()
        return own

    async def _live(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        try:
            await self._carry(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the engine is gone, or cut the connection: the end, too
        finally:
            writer.close()
            self.stdout.feed_eof()
            code, complaint = await asyncio.to_thread(self._bury)
            self.returncode = code
            self.stderr.feed_data(complaint.encode())
            self.stderr.feed_eof()
        return code

    async def _carry(self, source: asyncio.StreamReader) -> None:
        """Take the frames apart; nothing is read ahead of a reader that has enough."""
        while not source.at_eof():
            stream, left = _HEADER.unpack(await source.readexactly(_HEADER.size))
            which = int(stream == _STDERR)
            reader, gate = (self.stdout, self.stderr)[which], self._gates[which]
            while left:
                piece = await source.read(min(left, _CHUNK))
                if not piece:
                    return
                left -= len(piece)
                reader.feed_data(piece)
                await gate.open.wait()

    async def _kill(self) -> None:
        with suppress(DockerException, OSError):  # not running, or the engine is gone: either way it ends
            await asyncio.to_thread(self._api.kill, self._container)

    def _bury(self) -> tuple[int, str]:
        """Learn how it ended, and remove what is left; what is in a workspace is not in a container."""
        code, complaint = _UNKNOWN, ""
        try:
            with suppress(OSError):  # it closed its output and goes on: it is removed below, running or not
                code = int(self._api.wait(self._container, timeout=_STOP_SECONDS)["StatusCode"])
            state = self._api.inspect_container(self._container)["State"]
            complaint = self._explain(code, state.get("OOMKilled") is True)
            self._api.remove_container(self._container, v=True, force=True)
        except NotFound:
            pass  # somebody else has removed it
        except (DockerException, OSError) as error:
            complaint = f"\nThe container engine does not answer any more: {type(error).__name__}."
        return code, complaint
