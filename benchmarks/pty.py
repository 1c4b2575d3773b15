"""A terminal to measure full-screen programs in: it answers as one does, keeps every byte, and says when it came.

The program gets a real pseudo-terminal as its controlling one, so that keys, sizes and hang-ups reach it as they do
in life. What it writes is only kept while it is timed; see `benchmarks.glass` for what it amounts to.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.glass import Glass
from benchmarks.processes import cpu_seconds, family

SIZE = (120, 36)

PATIENCE = 60.0
"""Seconds that any wait may take."""

_NOT_OURS = ("NO_COLOR", "COLUMNS", "LINES", "TMUX", "TERM_PROGRAM", "VIRTUAL_ENV_PROMPT")

ANSWERS: tuple[tuple[re.Pattern[bytes], bytes], ...] = (
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?62;22;52c"),
    (re.compile(rb"\x1b\[>0?c"), b"\x1b[>1;4000;0c"),
    (re.compile(rb"\x1b\[\?u"), b"\x1b[?0u"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\]10;\?(?:\x07|\x1b\\)"), b"\x1b]10;rgb:d0d0/d0d0/d0d0\x1b\\"),
    (re.compile(rb"\x1b\]11;\?(?:\x07|\x1b\\)"), b"\x1b]11;rgb:1010/1010/1010\x1b\\"),
)
"""What a terminal is asked, and says: synchronised output, no resizing in band, no kitty keys unless told."""

CLEARING = re.compile(rb"\x1b\[[23]J|\x1bc")
"""What makes a whole screen flicker."""


def _memory_of(pid: int) -> tuple[int, int] | None:
    """Resident bytes and the fair share of a process; none once it is gone."""
    with suppress(FileNotFoundError, ProcessLookupError, KeyError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        figures = dict(line.split(":", 1) for line in lines)
        resident, share = (int(figures[name].split()[0]) * 1024 for name in ("Rss", "Pss"))
        return resident, share
    return None


def _handle_of(pid: int) -> int | None:
    with suppress(ProcessLookupError):
        return os.pidfd_open(pid)
    return None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What came in one read."""

    at: float
    """Seconds, of the monotonic clock."""
    data: bytes


class Terminal:
    """A program in a terminal, from its start; a context manager that ends it.

    Args:
        command: The program and its arguments.
        cwd: Where it starts.
        environ: Its environment; what belongs to another terminal is left out.
        size: Columns and rows.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
        size: tuple[int, int] = SIZE,
    ) -> None:
        self._ours, theirs = os.openpty()
        self.size = size
        self._set_size(size)
        self.chunks: list[Chunk] = []
        self._arrived = threading.Condition()
        self._glass = Glass(*size)
        self._seen = 0
        self.painted = 0.0
        """When what it is about was painted first; set by whoever waited for that."""
        kept = {name: value for name, value in (environ or os.environ).items() if name not in _NOT_OURS}
        self.began = time.monotonic()
        # It becomes the program: the child is no group's leader, so nothing is forked.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            cwd=cwd,
            env={**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The program's process."""
        return self.process.pid

    # -- what came -------------------------------------------------------------------------------

    def first_after(self, moment: float, *, patience: float = PATIENCE) -> float | None:
        """When the first byte after a moment came; none where none came in time."""
        deadline = time.monotonic() + patience
        with self._arrived:
            while not self.chunks or self.chunks[-1].at <= moment:
                if not self._arrived.wait(deadline - time.monotonic()):
                    return None
            return next(chunk.at for chunk in self.chunks if chunk.at > moment)

    def written(self, since: float, until: float) -> bytes:
        """Everything between two moments."""
        with self._arrived:
            return b"".join(chunk.data for chunk in self.chunks if since <= chunk.at < until)

    def quiet(self, seconds: float, *, patience: float = PATIENCE) -> None:
        """Wait until nothing came for so long.

        Raises:
            TimeoutError: It never shuts up.
        """
        deadline = time.monotonic() + patience
        with self._arrived:
            while (silent := time.monotonic() - (self.chunks[-1].at if self.chunks else self.began)) < seconds:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"never silent for {seconds:g} seconds")
                self._arrived.wait(seconds - silent)

    def shows(self, pattern: str, *, patience: float = PATIENCE) -> float:
        """Wait until a regular expression is found on the screen.

        Returns:
            When the bytes came that made it so.

        Raises:
            TimeoutError: It did not come; says what is on the screen instead.
        """
        wanted = re.compile(pattern)
        return self._until(lambda glass: wanted.search(glass.text) is not None, f"no {pattern!r}", patience)

    def hides(self, pattern: str, *, patience: float = PATIENCE) -> float:
        """Wait until a regular expression is found on the screen no more; see `shows`."""
        unwanted = re.compile(pattern)
        return self._until(lambda glass: unwanted.search(glass.text) is None, f"still {pattern!r}", patience)

    def changes(self, aspect: Callable[[Glass], object], before: object, *, patience: float = PATIENCE) -> float:
        """Wait until an aspect of the screen is another than before; see `shows`."""
        return self._until(lambda glass: aspect(glass) != before, f"still {str(before)[:80]}", patience)

    def _until(self, condition: Callable[[Glass], bool], what: str, patience: float) -> float:
        deadline = time.monotonic() + patience
        moment = time.monotonic()
        while not condition(self._glass):
            with self._arrived:
                while self._seen == len(self.chunks):
                    if not self._arrived.wait(deadline - time.monotonic()):
                        ended = self.process.poll()
                        raise TimeoutError(f"{what} on the screen (exit code {ended}):\n{self._glass.text}")
                chunk = self.chunks[self._seen]
                self._seen += 1
            self._glass.show(chunk.data)
            moment = chunk.at
        return moment

    @property
    def glass(self) -> Glass:
        """The screen as far as it has been looked at."""
        return self._glass

    def look(self) -> Glass:
        """The screen with everything that came."""
        with self._arrived:
            new, self._seen = self.chunks[self._seen :], len(self.chunks)
        for chunk in new:
            self._glass.show(chunk.data)
        return self._glass

    # -- what it costs ---------------------------------------------------------------------------

    def cpu(self) -> float:
        """Processor seconds of the program and all below it, so far."""
        return cpu_seconds(self.pid)

    def memory(self) -> tuple[int, int]:
        """Bytes resident in the largest of the program's processes, and the fair share of memory of all together."""
        sizes = [size for member in family(self.pid) if (size := _memory_of(member))]
        return max(resident for resident, _ in sizes), sum(share for _, share in sizes)

    # -- what is done to it ----------------------------------------------------------------------

    def press(self, keys: str) -> float:
        """Type; the moment just before it."""
        moment = time.monotonic()
        os.write(self._ours, keys.encode())
        return moment

    def resize(self, columns: int, rows: int) -> float:
        """Give it another size; the kernel tells it."""
        self.look()
        self._glass, self.size = Glass(columns, rows), (columns, rows)
        moment = time.monotonic()
        self._set_size((columns, rows))
        return moment

    def close(self) -> None:
        """End the program, and all that it started."""
        members = list(family(self.pid))
        handles = [handle for member in members if (handle := _handle_of(member)) is not None]
        for signum in (signal.SIGTERM, signal.SIGKILL):
            for handle in handles:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, signum)
            deadline = time.monotonic() + 5
            # A handle can be read from when its process has ended.
            handles = [h for h in handles if not select.select([h], [], [], max(0.0, deadline - time.monotonic()))[0]]
        self.process.wait(timeout=5)
        os.close(self._ours)
        self._reader.join(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _set_size(self, size: tuple[int, int]) -> None:
        columns, rows = size
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        # The end of the program, or of this terminal.
        with suppress(OSError):
            while data := os.read(self._ours, 1 << 20):
                moment = time.monotonic()
                for question, answer in ANSWERS:
                    for _ in question.findall(data):
                        os.write(self._ours, answer)
                with self._arrived:
                    self.chunks.append(Chunk(moment, data))
                    self._arrived.notify_all()
