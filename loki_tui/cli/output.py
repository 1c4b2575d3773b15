"""The only writer of stdout and stderr: data goes to the one, everything else to the other."""

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


def colours(stream: TextIO) -> bool:
    """Whether a stream takes colour: a terminal does, unless NO_COLOR says otherwise."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(line: Line | str, *, to: TextIO | None = None) -> None:
    """Print a line."""
    stream = to or sys.stdout
    given = Line(line) if isinstance(line, str) else line
    code = _CODES[given.tone] if colours(stream) else ""
    text = visible(given.text)
    stream.write(f"\x1b[{code}m{text}\x1b[0m\n" if code else f"{text}\n")
    stream.flush()


def remark(text: str) -> None:
    """Say something that is no data: it goes to stderr."""
    say(Line(text), to=sys.stderr)


def complain(error: LokiError) -> None:
    """Say what is wrong, where, and what to do about it."""
    say(Line(f"loki: {error.message}", "bad"), to=sys.stderr)
    if error.hint:
        say(Line(f"      {error.hint}"), to=sys.stderr)
