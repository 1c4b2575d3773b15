"""The hash chain over a run's events, by which a journal or a receipt can be verified again.

The hash of an event is `SHA-256(hash of the one before ‖ its canonical line)`; before the first one
stands the SHA-256 of the run's id. Whoever changes, drops, adds or reorders an event breaks every
hash from there on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """An event as it is stored."""

    seq: int
    at: int
    """Microseconds since 1970, UTC."""
    stream: str | None
    body: str
    """Canonical JSON of the event."""
    digest: bytes


def seed(run: str) -> bytes:
    """What the first event of a run is chained to."""
    return hashlib.sha256(run.encode()).digest()


def chain_digest(previous: bytes, *, seq: int, at: int, stream: str | None, body: str) -> bytes:
    """The hash of an event.

    Args:
        previous: The hash of the event before it.
        seq: Its number within the run.
        at: Microseconds since 1970, UTC.
        stream: The parallel stream it belongs to.
        body: Canonical JSON of the event.
    """
    # Nearly every event belongs to no stream, and finding out how to write that took a tenth of an append.
    name = "null" if stream is None else json.dumps(stream)
    line = f'{{"seq":{seq},"at":{at},"stream":{name},"event":{body}}}\n'
    return hashlib.sha256(previous + line.encode()).digest()


def first_break(run: str, links: Iterable[Link]) -> int | None:
    """The number of the first event that does not fit, if any.

    Args:
        run: Its id.
        links: All its events in order.
    """
    previous = seed(run)
    for expected, link in enumerate(links, start=1):
        digest = chain_digest(previous, seq=link.seq, at=link.at, stream=link.stream, body=link.body)
        if link.seq != expected or link.digest != digest:
            return expected
        previous = digest
    return None
