"""What the tests of the store write into journals, and how they open them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from loki_tui.core.events import Event, ModelRequested, RunClosed, RunCreated, Warned
from loki_tui.core.vocabulary import Purpose
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory

RUN = "run-1"
NOON = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=UTC)


def created() -> RunCreated:
    """A run's first event."""
    return RunCreated(
        prd_path="prd.md",
        prd="0" * 64,
        workspace="/workspace",
        provider="replay",
        models={"work": "m"},
        settings={},
        version="1",
        max_iterations=3,
    )


def closed() -> RunClosed:
    """A run's last event."""
    return RunClosed(outcome="stopped", reason="asked to")


def notes(count: int, *, first: int = 1) -> list[Event]:
    """Events that can be told apart, none of which waits for the disk."""
    return [Warned(message=f"note {number}") for number in range(first, first + count)]


def request_of_a_model() -> ModelRequested:
    """An event that waits for the disk."""
    return ModelRequested(request="q1", purpose=Purpose.WORK, agent="main", model="m")


@contextmanager
def open_journal(state: StateDirectory, *, run: str = RUN) -> Iterator[SqliteJournal]:
    """The journal of an engine that has the lock."""
    with EngineLock.acquire(state, run=run) as lock, SqliteJournal.open(lock) as journal:
        yield journal


def begin(state: StateDirectory, *, run: str = RUN, count: int = 0) -> None:
    """A run with its first event and some more, whose engine is gone again."""
    with open_journal(state, run=run) as journal:
        journal.append(created(), *notes(count))
