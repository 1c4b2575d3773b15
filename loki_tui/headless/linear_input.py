"""Lines as they are typed, from a terminal, a pipe or a file, read on a thread of their own.

The descriptor itself is read, and only when there is something: no lock of an input stream is held at the
end of the process, and once nobody listens any more, no line is taken from a terminal that a shell has again.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Sequence

from loki_tui.headless.linear_desk import Typed

LONGEST = 1_000_000
"""Bytes of one line; what comes without an end is no line that a person typed, and is dropped."""

Hear = Callable[[Sequence[Typed] | None], None]
"""Told of lines that came together; of the end of the input by none. Called on the reader's thread."""


class LineReader:
    """Reads lines until the end of the input, or until it is stopped.

    Args:
        descriptor: What is read; it stays open.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._stopping, self._stop = os.pipe()
        self._thread: threading.Thread | None = None

    def start(self, hear: Hear) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._read, args=(hear,), name="typed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, having taken nothing more; from any thread but its own."""
        if self._thread is not None:
            os.write(self._stop, b"s")
            self._thread.join()
            self._thread = None

    def _read(self, hear: Hear) -> None:
        rest = b""
        while self._wait():
            data, over = self._take()
            *whole, rest = (rest + data).split(b"\n")
            at = time.monotonic()
            if whole:
                hear([Typed(line.decode(errors="replace").removesuffix("\r"), at) for line in whole])
            if over:
                # What a dropped line left of a sentence (`approve p1` of `approve p12`) is none.
                hear(None)
                return
            if len(rest) > LONGEST:
                rest = b""

    def _take(self) -> tuple[bytes, bool]:
        """All that has come by now, and whether that was the end. A terminal hands out one line at a time."""
        taken = b""
        while len(taken) < LONGEST:
            try:
                data = os.read(self._descriptor, 65536)
            except OSError:  # a terminal that is gone
                data = b""
            if not data:
                return taken, True
            taken += data
            if not select.select([self._descriptor], [], [], 0)[0]:
                break
        return taken, False

    def _wait(self) -> bool:
        """Wait for something to read.

        Returns:
            Whether to go on.
        """
        ready, _, _ = select.select([self._descriptor, self._stopping], [], [])
        return self._stopping not in ready
