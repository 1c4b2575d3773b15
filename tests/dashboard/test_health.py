"""Health is what is so: an engine that was killed or stopped, a journal that is damaged, a disk that takes no more."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.heartbeat import Beat
from loki_tui.runtime.client import Project
from loki_tui.store.heartbeat import HeartbeatFile, read_heartbeat
from tests.dashboard.visiting import Said, Visitor, visiting
from tests.support.journaled import RUN, created, write
from tests.support.program import Program

HOLDS = """
import sys
from pathlib import Path
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory
state = StateDirectory(root=Path(sys.argv[1]), workspace=Path(sys.argv[2]))
with EngineLock.acquire(state, run="r1"):
    print("held", flush=True)
    sys.stdin.read()
"""


@asynccontextmanager
async def engine(place: Project) -> AsyncIterator[Process]:
    """A process that holds the project as an engine does."""
    process = await create_subprocess_exec(
        *(sys.executable, "-c", HOLDS, str(place.state.root), str(place.workspace)),
        stdin=PIPE,
        stdout=PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def a_stopped_process() -> AsyncIterator[Process]:
    """A process that does nothing, and is stopped."""
    process = await create_subprocess_exec("sleep", "1000")
    process.send_signal(signal.SIGSTOP)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def seen(visitor: Visitor, check: str, state: str) -> Said:
    """Health once it says something of a check; it looks twice a second."""
    while True:
        health = await visitor.get("/api/health")
        if health.row["checks"].get(check, {}).get("state") == state:
            return health
        assert health.row["checks"], health.row


async def test_an_engine_that_is_killed_while_the_dashboard_serves_is_told(loki: Program, place: Project) -> None:
    write(loki, [created(loki)])
    async with visiting(place) as visitor, engine(place) as process:
        assert (await seen(visitor, "engine", "at work")).status == 200
        process.kill()
        await process.wait()
        crashed = await seen(visitor, "engine", "crashed")
        assert (crashed.status, crashed.row["status"]) == (503, "failing")
        assert "loki resume" in crashed.row["checks"]["engine"]["why"]
        assert (await visitor.get(f"/api/runs/{RUN}")).row["status"] == "crashed"
        assert (await visitor.post("/api/control/pause")).status == 409


async def test_an_engine_that_is_stopped_by_a_signal_is_not_at_work(loki: Program, place: Project) -> None:
    write(loki, [created(loki)])
    async with visiting(place) as visitor, engine(place) as process:
        process.send_signal(signal.SIGSTOP)
        assert (await seen(visitor, "engine", "not running")).status == 503
        process.send_signal(signal.SIGCONT)
        assert (await seen(visitor, "engine", "at work")).status == 200


async def test_an_engine_whose_heart_stands_still_is_not_responding(loki: Program, place: Project) -> None:
    write(loki, [created(loki)])
    async with visiting(place) as visitor, engine(place) as process:
        HeartbeatFile(place.state).beat(Beat(run="r1", seq=1, status="running"))
        beat = read_heartbeat(place.state)
        assert beat is not None
        beat = beat.model_copy(update={"pid": process.pid})
        late = beat.model_copy(update={"uptime": beat.uptime - 60})
        place.state.heartbeat.write_text(late.model_dump_json())
        assert (await seen(visitor, "engine", "not responding")).status == 503
        place.state.heartbeat.write_text(beat.model_dump_json())
        assert (await seen(visitor, "engine", "at work")).status == 200
        # That of an engine before this one says nothing.
        place.state.heartbeat.write_text(late.model_copy(update={"pid": 1}).model_dump_json())
        assert (await seen(visitor, "engine", "at work")).status == 200


async def test_an_engine_without_a_heartbeat_is_not_responding_some_time_after_its_start(
    loki: Program, place: Project
) -> None:
    write(loki, [created(loki)])
    async with visiting(place) as visitor, engine(place):
        assert (await seen(visitor, "engine", "at work")).status == 200
        os.utime(place.state.lock, (time.time() - 60,) * 2)
        assert (await seen(visitor, "engine", "not responding")).status == 503


async def test_an_engine_in_a_container_is_not_mistaken_for_a_process_that_has_its_number_here(
    loki: Program, place: Project
) -> None:
    write(loki, [created(loki)])
    async with visiting(place) as visitor, engine(place), a_stopped_process() as stopped:
        described = json.loads(place.state.lock.read_bytes())
        place.state.lock.write_text(json.dumps({**described, "pid": stopped.pid}))
        assert (await seen(visitor, "engine", "not running")).status == 503
        place.state.lock.write_text(json.dumps({**described, "pid": stopped.pid, "namespace": "pid:[1]"}))
        assert (await seen(visitor, "engine", "at work")).status == 200


async def test_a_run_that_is_over_or_paused_is_no_fault(loki: Program, place: Project) -> None:
    write(loki, [created(loki), ev.RunPaused(by="person", reason="lunch")])
    async with visiting(place) as visitor:
        assert (await seen(visitor, "engine", "idle")).status == 200
        write(loki, [ev.RunClosed(outcome="stopped", reason="enough")])
        assert (await seen(visitor, "engine", "idle")).status == 200


async def test_a_journal_that_is_damaged_is_told_and_does_no_more_harm(loki: Program, place: Project) -> None:
    write(loki, [created(loki), ev.RunClosed(outcome="stopped", reason="enough")])
    async with visiting(place) as visitor:
        assert (await seen(visitor, "journal", "readable")).status == 200
        place.state.journal.write_bytes(b"no database" * 1000)
        assert (await seen(visitor, "journal", "unreadable")).status == 503
        assert (await visitor.get("/api/runs")).status == 503


async def test_a_state_directory_that_is_gone_is_told(loki: Program, place: Project, tmp_path: Path) -> None:
    async with visiting(place) as visitor:
        assert (await seen(visitor, "disk", "writable")).status == 200
        os.rename(place.state.root, tmp_path / "elsewhere")  # noqa: PTH104
        assert (await seen(visitor, "disk", "unreadable")).status == 503
