"""How fast the journal takes events in and gives them back, in a scratch directory of its own."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path

from benchmarks.figures import Effort, Figure, median
from loki_tui.core.events import ActionFinished, Event, ModelRequested, Record, RunCreated
from loki_tui.core.fold import fold
from loki_tui.core.vocabulary import Excerpt, Purpose
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.project import Project, locate_project

_RUN = "benchmark"
_BATCH = 50


def measure(effort: Effort) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-") as scratch:
        workspace = Path(scratch) / "workspace"
        workspace.mkdir()
        project = locate_project(workspace, state_root=Path(scratch) / "state")
        with EngineLock.acquire(project.state, run=_RUN) as lock, SqliteJournal.open(lock) as journal:
            journal.append(_created())
            yield from _appending(journal, effort.events)
            yield _durable(journal, Path(scratch))
            yield from _reading(journal, project)
            yield from asyncio.run(_following(journal, project))


def _appending(journal: SqliteJournal, events: int) -> Iterator[Figure]:
    begun = time.perf_counter()
    for first in range(0, events, _BATCH):
        journal.append(*(_action(number) for number in range(first, first + _BATCH)))
    rate = events / (time.perf_counter() - begun)
    yield Figure(f"journal, appended in batches of {_BATCH}", "events/s", rate, None, "at least", 5000)

    singles = min(events, 5_000)
    begun = time.perf_counter()
    for number in range(singles):
        journal.append(_action(number))
    yield Figure("journal, appended one by one", "events/s", singles / (time.perf_counter() - begun))


def _durable(journal: SqliteJournal, scratch: Path) -> Figure:
    """An append that waits for the disk, beside a bare fsync: the disk's share is not ours."""
    asked = ModelRequested(request="q", purpose=Purpose.WORK, agent="main", model="m")
    with (scratch / "fsync").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(bytes(4096))
            os.fsync(file.fileno())

        floor, ours = [], []
        for _ in range(200):
            floor.append(_time(write))
            ours.append(_time(lambda: journal.append(asked)))
    return Figure("journal, durable append (floor: 4 KiB and fsync)", "ms", median(ours) * 1000, median(floor) * 1000)


def _reading(journal: SqliteJournal, project: Project) -> Iterator[Figure]:
    count = journal.last_seq
    seconds = median([_time(lambda: fold(journal.records(), run=_RUN)) for _ in range(3)]) / count * 100_000
    yield Figure("journal, 100,000 events read and folded", "s", seconds, None, "at most", 2)
    with project.reader() as reader:
        seconds = _time(lambda: reader.verify_chain(_RUN)) / count * 100_000
    yield Figure("journal, 100,000 events verified", "s", seconds)


async def _following(journal: SqliteJournal, project: Project) -> list[Figure]:
    async with aclosing(journal.follow(after=journal.last_seq)) as inside:
        here = median([await _wake(journal, inside) for _ in range(20)])
    async with aclosing(project.follow(_RUN, after=journal.last_seq)) as outside:
        await _wake(journal, outside)  # The watch has to be set up first.
        elsewhere = median([await _wake(journal, outside) for _ in range(20)])
    return [
        Figure("journal, follower woken in this process", "ms", here * 1000),
        Figure("journal, follower woken in another process", "ms", elsewhere * 1000),
    ]


async def _wake(journal: SqliteJournal, records: AsyncGenerator[Record, None]) -> float:
    waiting = asyncio.ensure_future(anext(records))
    await asyncio.sleep(0.1)
    begun = time.perf_counter()
    journal.append(_action(0))
    await waiting
    return time.perf_counter() - begun


def _created() -> Event:
    return RunCreated(
        prd_path="prd.md",
        prd="0" * 64,
        workspace="/workspace",
        provider="replay",
        models={},
        settings={},
        version="0",
        max_iterations=1,
    )


def _action(number: int) -> Event:
    output = Excerpt(text="collected 12 items, 12 passed in 0.31s\n" * 8, size=312)
    return ActionFinished(action=f"a{number}", call=f"c{number}", output=output, ok=True, exit_code=0)


def _time(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun
