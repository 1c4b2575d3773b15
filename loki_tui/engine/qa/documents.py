"""Documents that tools write, taken apart without trust: any shape, any depth, any text.

A tool's report is made next to what agents wrote, and of it. What is not as the tool's own
documentation has it is passed over, never an exception.
"""

from __future__ import annotations

import json
import re

from loki_tui.core.terminal import visible

_REMARK = re.compile(r"\[exit code \d+\]")
"""Of the hands, after what a command printed."""
_ERROR = re.compile(r"(?:^|\W)(?:\w*(?:Error|Exception)|error)\b[^:\n]{0,60}: *\S")
_THING = re.compile(r"\S")

MESSAGE_CHARACTERS = 300
"""Most of a text that becomes part of a finding."""


def load(text: str | None) -> object:
    """The document in a JSON text; none where there is none."""
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def load_lines(text: str | None) -> list[object]:
    """The documents in a text with one of them a line; what is none is passed over."""
    return [found for line in (text or "").splitlines() if (found := load(line)) is not None]


def load_stream(text: str | None) -> list[object]:
    """The documents in a text that has one after another, up to what is none."""
    decoder, found, rest = json.JSONDecoder(), list[object](), text or ""
    start = 0
    while match := _THING.search(rest, start):
        try:
            document, start = decoder.raw_decode(rest, match.start())
        except (ValueError, RecursionError):
            break
        found.append(document)
    return found


def fields(value: object) -> dict[str, object]:
    """An object's fields; none of what is no object."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """A list's items; none of what is no list."""
    return value if isinstance(value, list) else []


def at(value: object, *names: str) -> object:
    """What an object has under a name, in what that has under the next one, and so on."""
    for name in names:
        value = fields(value).get(name)
    return value


def text(value: object) -> str:
    """A text as one harmless line of bounded length; empty where it is none."""
    return one(value) if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """A whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def one(said: str) -> str:
    """What was said as one harmless line of bounded length."""
    # Cut first, twice as long as wanted: a line of megabytes is not worth being looked through.
    line = " ".join(visible(said[: 2 * MESSAGE_CHARACTERS]).split())
    return line if len(line) <= MESSAGE_CHARACTERS else f"{line[: MESSAGE_CHARACTERS - 1]}…"


def complaint(said: str) -> str:
    """What a program that broke off says of why: its first line that speaks of an error, or its last ones."""
    shown = visible(said[-20_000:])
    found = next((line for line in shown.splitlines() if _ERROR.search(line)), "")
    return one(found) or last_lines(said)


def last_lines(said: str, count: int = 3) -> str:
    """The end of what a command printed, as one harmless line."""
    lines = [line.strip() for line in visible(said[-20_000:]).splitlines()]
    lines = [line for line in lines if line and not _REMARK.fullmatch(line)]
    joined = " · ".join(lines[-count:])
    return joined if len(joined) <= MESSAGE_CHARACTERS else f"…{joined[1 - MESSAGE_CHARACTERS :]}"
