"""The only writer of stdout and stderr: data goes to the one, everything else to the other.

An output that goes away (`| head`, a full disk) is an error with a name, so that who drives a
run can go on without it and who only prints can end quietly.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TextIO

from loki_tui.core.errors import ExitCode, LokiError
from loki_tui.core.terminal import visible
from loki_tui.wording.line import Line, Tone

_CODES: dict[Tone, str] = {
    "plain": "",
    "quiet": "2",
    "good": "32;1",
    "bad": "31;1",
    "warn": "33",
    "loud": "1",
}


INDENT = 11
"""Where a line goes on that does not fit the terminal: under its text, behind a time or a label."""


READER_GONE = 141
"""What a shell shows for a program whose reader went away (128 + SIGPIPE)."""


class ReaderGoneError(LokiError):
    """Nobody reads stdout any more."""


def colours(stream: TextIO) -> bool:
    """Whether a stream takes colour: a terminal does, unless NO_COLOR says otherwise."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(line: Line | str) -> None:
    """Print on stdout: a line for a person, or data as it is.

    Raises:
        LokiError: It cannot be written; a `ReaderGoneError` where nobody reads it.
    """
    with _guarded(sys.stdout) as stream:
        stream.write(f"{_styled(line, stream)}\n")
        stream.flush()


def ring() -> None:
    """Ring the bell, where stdout is a terminal that has one.

    Raises:
        LokiError: The terminal cannot be written to.
    """
    if sys.stdout.isatty():
        with _guarded(sys.stdout) as stream:
            stream.write("\a")
            stream.flush()


def repaint(lines: Sequence[Line]) -> None:
    """Show lines in place of what the terminal shows, without a flicker.

    Raises:
        LokiError: The terminal cannot be written to.
    """
    with _guarded(sys.stdout) as stream:
        # Home, each line up to its end, then whatever is left below.
        stream.write("\x1b[H" + "".join(f"{_styled(line, stream)}\x1b[K\n" for line in lines) + "\x1b[J")
        stream.flush()


def guarded(command: Callable[[], int | None]) -> int:
    """Run a command, and say what went wrong where it could not.

    Args:
        command: Returns what to exit with, or raises; nothing stands for success.

    Returns:
        What the process is to exit with.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that knows no emoji is no reason to break off.
            stream.reconfigure(errors="backslashreplace")
    try:
        return command() or ExitCode.COMPLETED
    except ReaderGoneError:
        return READER_GONE
    except LokiError as error:
        complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def remark(line: Line | str) -> None:
    """Say something that is no data: it goes to stderr, and is lost where that is gone."""
    with suppress(LokiError), _guarded(sys.stderr) as stream:
        stream.write(f"{_styled(line, stream)}\n")
        stream.flush()


def complain(error: LokiError) -> None:
    """Say what is wrong, where, and what to do about it; no secret, should what went wrong hold one."""
    from loki_tui.runtime.secrets import redactor_of  # noqa: PLC0415 (of use to nobody whose command works)

    redact = redactor_of(os.environ).redact
    remark(Line(f"loki: {redact(error.message)}", "bad"))
    if error.hint:
        remark(f"      {redact(error.hint)}")


def _styled(line: Line | str, stream: TextIO) -> str:
    if isinstance(line, str):
        return visible(line)
    text = _wrapped(visible(line.text)) if stream.isatty() else visible(line.text)
    code = _CODES[line.tone] if colours(stream) else ""
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def _wrapped(text: str) -> str:
    """A line broken between words where the terminal would break it within them."""
    return textwrap.fill(
        text,
        width=max(40, shutil.get_terminal_size().columns),
        subsequent_indent=" " * INDENT,
        expand_tabs=False,
        replace_whitespace=False,
        break_on_hyphens=False,
    )


@contextmanager
def _guarded(stream: TextIO) -> Iterator[TextIO]:
    try:
        yield stream
    except OSError as error:
        _discard(stream)
        if isinstance(error, BrokenPipeError):
            raise ReaderGoneError("Nobody reads the output any more.") from error
        raise LokiError(f"The output cannot be written: {error.strerror}.") from error


def _discard(stream: TextIO) -> None:
    """Let what is still buffered go nowhere, or Python would complain of it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
