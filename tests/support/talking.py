"""A talk with the `loki` program: lines typed into a pipe or a terminal, and what it says to them."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.support.program import LOKI, PATIENCE, Program


class Talk:
    """A command under way; ended with the context if it has not by itself.

    Args:
        program: Whose, and where.
        arguments: Of the command.
        terminal: Whether it has a terminal of its own rather than pipes.
    """

    def __init__(self, program: Program, *arguments: str, terminal: bool = False) -> None:
        self.said = ""
        """All it has said so far."""
        self._read_to = 0
        if terminal:
            self._ears, theirs = os.openpty()
            self._mouth, voice = os.dup(self._ears), theirs
            # It becomes the program: the child leads no group, so nothing is forked.
            command = ["setsid", "--ctty", *LOKI]
        else:
            self._ears, voice = os.pipe()
            theirs, self._mouth = os.pipe()
            command = [*LOKI]
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=program.workspace,
            env={**program.environ, "TERM": "xterm"} if terminal else program.environ,
            stdin=theirs,
            stdout=voice,
            stderr=voice,
        )
        for descriptor in {theirs, voice}:
            os.close(descriptor)

    def until(self, *words: str) -> str:
        """Listen until it has said one of these, which it had not when this was called last.

        Returns:
            What it said since then, up to and with the first of them.
        """
        deadline = time.monotonic() + PATIENCE
        sought = re.compile("|".join(map(re.escape, words)))
        while (found := sought.search(self.said, self._read_to)) is None:
            heard = self._listen(deadline - time.monotonic())
            assert heard, f"it never said {' or '.join(words)}; it said:\n{self.said}"
        start, self._read_to = self._read_to, found.end()
        return self.said[start : self._read_to]

    def enter(self, *lines: str) -> None:
        """Type lines, all at once."""
        os.write(self._mouth, "".join(f"{line}\n" for line in lines).encode())

    def press(self, key: str) -> None:
        """Press a key alone."""
        os.write(self._mouth, key.encode())

    def hang_up(self) -> None:
        """Type no more, for good."""
        os.close(self._mouth)
        self._mouth = -1

    def stop_listening(self) -> None:
        """Read no more of what it says, for good."""
        os.close(self._ears)
        self._ears = -1

    def end(self) -> int:
        """Listen to its end.

        Returns:
            What it exits with.
        """
        deadline = time.monotonic() + PATIENCE
        while self._ears >= 0 and self._listen(deadline - time.monotonic()):
            pass
        return self.process.wait(timeout=max(0.1, deadline - time.monotonic()))

    def _listen(self, seconds: float) -> bool:
        """Take in what it says next.

        Returns:
            Whether it said anything in that time, and may say more.
        """
        ready, _, _ = select.select([self._ears], [], [], max(0.0, seconds))
        data = b""
        with suppress(OSError):  # Linux says with an error that nobody has the other end of a terminal any more
            data = os.read(self._ears, 65536) if ready else b""
        self.said += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for descriptor in (self._ears, self._mouth):
            if descriptor >= 0:
                os.close(descriptor)
