"""What a command says, of any length, in bounded memory: the beginning, the end, and a live tail."""

from __future__ import annotations

import time
from collections.abc import Callable

from loki_tui.core.terminal import plain

HEAD = 10_000
TAIL = 20_000
"""Characters kept of the beginning and of the end."""

_HEAD_RAW = 1 << 16
_TAIL_RAW = 1 << 17
"""Bytes kept before control sequences and progress bars are taken out."""

_LIVE_INTERVAL = 0.1
_LIVE_BYTES = 1 << 13


class Output:
    """Collects a command's output."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    def add(self, chunk: bytes) -> None:
        """Take in what was just printed; beyond the bounds the middle is dropped."""
        self._total += len(chunk)
        room = _HEAD_RAW - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        self._tail += chunk
        if len(self._tail) > 2 * _TAIL_RAW:
            del self._tail[:-_TAIL_RAW]

    def text(self) -> str:
        """All of it as harmless text, or its beginning and end with a line that says what is missing."""
        kept = len(self._head) + len(self._tail)
        if kept == self._total:
            whole = _decode(self._head + self._tail)
            if len(whole) <= HEAD + TAIL:
                return whole
            head, tail = whole[:HEAD], whole[-TAIL:]
        else:
            head, tail = _decode(self._head)[:HEAD], _decode(self._tail)[-TAIL:]
        missing = self._total - len(head.encode()) - len(tail.encode())
        return f"{head}\n[... {max(missing, 0):,} of {self._total:,} bytes of output are not shown ...]\n{tail}"


class Live:
    """Passes output on while it comes: whole lines, at most ten times a second, and never much."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._pending = bytearray()
        self._next = 0.0

    def add(self, chunk: bytes) -> None:
        """Take in what was just printed."""
        self._pending += chunk
        if len(self._pending) > 2 * _LIVE_BYTES:
            del self._pending[:-_LIVE_BYTES]
        if time.monotonic() >= self._next:
            self._pass_on(self._pending.rfind(b"\n") + 1)

    def finish(self) -> None:
        """Pass on what is left."""
        self._pass_on(len(self._pending))

    def _pass_on(self, end: int) -> None:
        if end:
            self._send(_decode(self._pending[:end]))
            del self._pending[:end]
            self._next = time.monotonic() + _LIVE_INTERVAL


def _decode(raw: bytes | bytearray) -> str:
    return plain(raw.decode("utf-8", "replace"))
