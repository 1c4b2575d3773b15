"""How fast the journal takes events in and gives them back: `python -m benchmarks.journal [EVENTS]`.

Prints rates and times of the real journal in a scratch directory: appends one by one and in batches of
fifty, appends that wait for the disk (beside a bare fsync, since that is the disk's figure and not
ours), reading, folding, verifying, and how long a follower waits, in this process and through the
file system. Run it alone: a busy machine shows in every figure.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

from loki_tui.core.events import ActionFinished, Event, ModelRequested, Record, RunCreated
from loki_tui.core.fold import fold
from loki_tui.core.vocabulary import Excerpt, Purpose
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.project import Project, locate_project

RUN = "benchmark"
BATCH = 50


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-") as scratch:
        workspace = Path(scratch) / "workspace"
        workspace.mkdir()
        project = locate_project(workspace, state_root=Path(scratch) / "state")
        with EngineLock.acquire(project.state, run=RUN) as lock, SqliteJournal.open(lock) as journal:
            journal.append(_created())
            _append(journal, events)
            _wait_for_disk(journal, Path(scratch))
            _read(journal, project)
            asyncio.run(_follow(journal, project))


def _append(journal: SqliteJournal, events: int) -> None:
    singles = min(events, 5_000)
    begun = time.perf_counter()
    for number in range(singles):
        journal.append(_action(number))
    _rate("appended one by one", singles, begun)

    begun = time.perf_counter()
    for first in range(0, events, BATCH):
        journal.append(*(_action(number) for number in range(first, first + BATCH)))
    _rate(f"appended in batches of {BATCH}", events, begun)


def _wait_for_disk(journal: SqliteJournal, scratch: Path) -> None:
    durable = ModelRequested(request="q", purpose=Purpose.WORK, agent="main", model="m")
    _times("durable append", [_time(lambda: journal.append(durable)) for _ in range(500)])
    with (scratch / "fsync").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(bytes(4096))
            os.fsync(file.fileno())

        _times("bare 4 KiB write and fsync", [_time(write) for _ in range(500)])


def _read(journal: SqliteJournal, project: Project) -> None:
    begun = time.perf_counter()
    count = sum(1 for _ in journal.records())
    _rate("read", count, begun)

    begun = time.perf_counter()
    fold(journal.records(), run=RUN)
    _rate("read and folded", count, begun)

    with project.reader() as reader:
        begun = time.perf_counter()
        if reader.verify_chain(RUN) is not None:
            raise SystemExit("the chain is broken")
        _rate("verified", count, begun)


async def _follow(journal: SqliteJournal, project: Project) -> None:
    after = journal.last_seq
    async with aclosing(journal.follow(after=after)) as inside:
        _times("wake in this process", [await _wake(journal, inside) for _ in range(50)])
    after = journal.last_seq
    async with aclosing(project.follow(RUN, after=after)) as outside:
        await _wake(journal, outside)  # The watch has to be set up first.
        _times("wake through the file system", [await _wake(journal, outside) for _ in range(50)])


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


def _rate(what: str, count: int, begun: float) -> None:
    seconds = time.perf_counter() - begun
    print(f"{what:32} {count / seconds:10,.0f} events/s   {seconds:6.2f} s for {count:,}")


def _times(what: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    median, slow = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    print(f"{what:32} {median * 1000:10.2f} ms median  {slow * 1000:6.2f} ms at the 95th percentile")


if __name__ == "__main__":
    main()
