"""A journal without a disk, for tests that need thousands of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from loki_tui.core.events import Event, Record, decode_event, encode_event
from loki_tui.core.keyframes import Keyframe
from loki_tui.core.requests import Request

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


class MemoryJournal:
    """Implements `loki_tui.engine.ports.Journal`.

    Args:
        before: The journal of an engine that died; what it holds is taken over.
    """

    run = "r1"

    def __init__(self, before: MemoryJournal | None = None) -> None:
        self._records: list[Record] = list(before._records) if before else []
        self._keyframes: list[Keyframe] = list(before._keyframes) if before else []
        self._blobs: dict[str, bytes] = dict(before._blobs) if before else {}
        self._inbox: dict[int, Request] = dict(before._inbox) if before else {}
        self._posted: int = before._posted if before else 0
        self._rung = asyncio.Event()
        self._rung.set()

    @property
    def length(self) -> int:
        """How many events there are."""
        return len(self._records)

    def head(self) -> str:
        return hashlib.sha256(repr(self._records).encode()).hexdigest()

    def append(self, *events: Event, stream: str | None = None, consumes: int | None = None) -> list[Record]:
        if consumes is not None:
            del self._inbox[consumes]
        for event in events:
            seq = len(self._records) + 1
            read_back = decode_event(event.kind, encode_event(event))
            self._records.append(Record(seq=seq, at=BEGIN + timedelta(seconds=seq), event=read_back, stream=stream))
        return self._records[len(self._records) - len(events) :]

    def records(self, after: int = 0) -> Iterator[Record]:
        return iter(self._records[after:])

    def keyframes(self) -> Iterator[Keyframe]:
        return reversed(self._keyframes)

    def keep_keyframe(self, keyframe: Keyframe) -> None:
        self._keyframes.append(keyframe)

    def put_blob(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self._blobs[digest] = data
        return digest

    def get_blob(self, digest: str) -> bytes:
        return self._blobs[digest]

    def post(self, request: Request) -> None:
        """Leave a request."""
        self._posted += 1
        self._inbox[self._posted] = request
        self._rung.set()

    def pending_requests(self) -> list[tuple[int, Request]]:
        return sorted(self._inbox.items())

    async def wait_for_request(self) -> None:
        await self._rung.wait()
        self._rung.clear()

    def take_warnings(self) -> list[str]:
        return []
