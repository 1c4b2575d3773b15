"""The only writer of stdout and stderr: data goes to the one, everything else to the other.

An output that goes away (`| head`, a full disk) is an error with a name, so that who drives a
run can go on without it and who only prints can end quietly.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

from loki_tui.core.errors import LokiError
from loki_tui.core.terminal import visible
from loki_tui.headless.lines import Line, Tone

_CODES: dict[Tone, str] = {
    "plain": "",
    "quiet": "2",
    "good": "32;1",
    "bad": "31;1",
    "warn": "33",
    "loud": "1",
}


class ReaderGoneError(LokiError):
    """Nobody reads stdout any more."""


def colours(stream: TextIO) -> bool:
    """Whether a stream takes colour: a terminal does, unless NO_COLOR says otherwise."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(line: Line | str) -> None:
    """Print a line of data.

    Raises:
        ReaderGoneError: Nobody reads it.
        LokiError: It cannot be written.
    """
    try:
        _write(Line(line) if isinstance(line, str) else line, sys.stdout)
    except BrokenPipeError as error:
        _discard(sys.stdout)
        raise ReaderGoneError("Nobody reads the output any more.") from error
    except OSError as error:
        _discard(sys.stdout)
        raise LokiError(f"The output cannot be written: {error.strerror}.") from error


def remark(text: str | Line) -> None:
    """Say something that is no data: it goes to stderr, and is lost where that is gone."""
    try:
        _write(Line(text) if isinstance(text, str) else text, sys.stderr)
    except OSError:
        _discard(sys.stderr)


def complain(error: LokiError) -> None:
    """Say what is wrong, where, and what to do about it."""
    remark(Line(f"loki: {error.message}", "bad"))
    if error.hint:
        remark(f"      {error.hint}")


def _write(line: Line, stream: TextIO) -> None:
    code = _CODES[line.tone] if colours(stream) else ""
    text = visible(line.text)
    stream.write(f"\x1b[{code}m{text}\x1b[0m\n" if code else f"{text}\n")
    stream.flush()


def _discard(stream: TextIO) -> None:
    """Let what is still buffered go nowhere, or Python would complain of it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
