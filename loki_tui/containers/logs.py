"""What a box has said, for a person to read: hands speak in JSON lines, a person's box in plain ones."""

from __future__ import annotations

import json
from collections.abc import Iterator

from loki_tui.containers.engine import Engine, explained
from loki_tui.core.terminal import visible

_LINE_BYTES = 1 << 20
"""A line beyond this is cut: hands may answer with a whole file."""


def lines_of(engine: Engine, container: str, *, last: int, follow: bool = False) -> Iterator[str]:
    """The end of a container's log, harmless to print.

    Args:
        engine: The container engine.
        container: Its id.
        last: Lines, as the engine counts them.
        follow: Whether to go on as more is said, until the container ends.

    Raises:
        ConfinementError: The engine does not answer.
    """
    with explained("read the log"):
        said = engine.api.logs(container, stream=True, follow=follow, tail=last)
        for line in _split(said):
            yield from _told(line)


def _split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = bytearray()
    for piece in pieces:
        rest += piece
        while (end := rest.find(b"\n")) >= 0:
            yield bytes(rest[:end])
            del rest[: end + 1]
        del rest[_LINE_BYTES:]
    if rest:
        yield bytes(rest)


def _told(line: bytes) -> Iterator[str]:
    """A line as a person reads it: of an answer of hands, what it says."""
    text = line.decode(errors="replace")
    try:
        message = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        message = None
    match message:
        case {"result": {"output": str(output)}}:
            yield from map(visible, output.splitlines())
        case {"ready": int(), "abi": int(abi)}:
            yield f"Hands are ready, held by Landlock ABI {abi} within the box."
        case {"refused": str(why)}:
            yield visible(f"Hands refuse to start: {why}")
        case {"said": _} | {"result": _}:
            return  # it comes again with the result; or there is nothing to it
        case _:
            yield visible(text)
