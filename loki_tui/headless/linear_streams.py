"""Streams of a parallel run, by typing: how each stands, and what is asked of one alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from loki_tui.core.errors import UsageError
from loki_tui.core.money import format_limit, parse_usd
from loki_tui.core.state import RunState
from loki_tui.runtime.client import RunClient
from loki_tui.wording.stream_rows import stream_lines, together_lines


@dataclass(frozen=True, slots=True)
class Streams:
    """Say how each stream stands."""


@dataclass(frozen=True, slots=True)
class OfStream:
    """Ask something of one stream alone."""

    name: str
    asked: str
    """pause, resume, stop, share or say."""
    limit: Decimal | None = None
    """The new share."""
    note: str = ""


def read_stream(rest: str) -> OfStream | None:
    """Read what follows the word stream; none where that makes no command."""
    asked, _, more = rest.partition(" ")
    name, _, given = more.strip().partition(" ")
    given = given.strip()
    match asked.lower():
        case "pause" | "resume" | "stop" as word if name and not given:
            return OfStream(name, word)
        case "say" if name and given:
            return OfStream(name, "say", note=given)
        case "share" if name and given:
            try:
                return OfStream(name, "share", limit=parse_usd(given, name="share"))
            except UsageError:
                return None
        case _:
            return None


def streams_in_words(state: RunState) -> Iterator[str]:
    """All streams, one after another."""
    if not state.streams:
        yield "This run has no streams: it is not parallel, or not planned yet."
    for line in (*together_lines(state), *stream_lines(state)):
        text = " ".join(line.text.split())
        yield f"{text[0].upper()}{text[1:]}."


def ask_stream(wish: OfStream, state: RunState, client: RunClient, say: Callable[[str], object]) -> None:
    """Ask something of one stream.

    Raises:
        LokiError: It cannot be sent.
    """
    name, stream = wish.name, state.streams.get(wish.name)
    if stream is None or not stream.is_open:
        why = "is no stream of this run" if stream is None else "is not at work"
        say(f"Nothing was done: {name} {why}. Type streams to hear them.")
        return
    match wish.asked:
        case "pause":
            client.pause(stream=name)
        case "resume":
            client.resume(stream=name)
        case "stop":
            client.stop(stream=name)
        case "say":
            client.steer(wish.note, stream=name)
        case _ if wish.limit is not None:
            client.set_budget(wish.limit, stream=name)
            say(f"Sent: the share of stream {name} is to be {format_limit(wish.limit)}.")
            return
    say(f"Sent to stream {name}: {wish.asked}.")
