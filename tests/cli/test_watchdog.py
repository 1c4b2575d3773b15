"""Whether a run is healthy, as somebody outside can tell, and a keeper that goes on after crashes."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from loki_tui.core.heartbeat import Beat, Work
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.supervising import Patience, Supervisor
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.runtime.watchdog import Report, look
from loki_tui.store.heartbeat import HeartbeatFile, read_heartbeat
from loki_tui.store.lock import engine_holder
from loki_tui.store.paths import StateDirectory
from tests.support.answers import cassette
from tests.support.engine_socket import engine_on
from tests.support.program import PATIENCE, WAITS, Program, done, kill, line_with
from tests.support.scripted import call, finishes, says

WORKS = (says(call("shell", command=WAITS)), says(call("shell", command="echo 1 > made")), finishes())
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere"}


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - files and processes set no event
            await asyncio.sleep(0)


@pytest.fixture
def waiting(loki: Program, tmp_path: Path) -> Program:
    """A program whose agent waits for a file `go`, then finishes."""
    recording = cassette(tmp_path / "waits.jsonl", *WORKS)
    return loki.with_(LOKI_CASSETTE=str(recording), **NO_ENGINE)


def state_of(loki: Program) -> StateDirectory:
    return Surroundings.here(loki.environ, loki.workspace).project.state


def looked(loki: Program, **variables: str) -> Report:
    return look(Surroundings.here(loki.environ, loki.workspace).project, {**loki.environ, **variables})


def bad(report: Report) -> dict[str, str]:
    return {check.name: check.found for check in report.checks if check.standing == "bad"}


@asynccontextmanager
async def at_work(loki: Program) -> AsyncIterator[asyncio.subprocess.Process]:
    """A run whose agent's command is under way, and told so by a heartbeat."""
    async with loki.started("start", "--headless") as engine:
        await line_with(engine, "shell")
        await until(lambda: (beat := read_heartbeat(state_of(loki))) and any(w.what == "shell" for w in beat.beat.work))
        yield engine


def backdate(loki: Program, seconds: float) -> None:
    """Make the heartbeat of a stopped engine older."""
    state = state_of(loki)
    beat = read_heartbeat(state)
    assert beat
    state.heartbeat.write_text(beat.model_copy(update={"uptime": beat.uptime - seconds}).model_dump_json())


async def test_nothing_to_watch_is_healthy(loki: Program) -> None:
    told = await loki.with_(**NO_ENGINE)("watchdog", "status")
    assert (told.code, "nothing to watch" in told.out) == (0, True)
    assert "status" in (await loki("watchdog", "help")).out


async def test_a_run_at_work_is_healthy_and_one_that_stopped_beating_is_not(waiting: Program) -> None:
    async with at_work(waiting) as engine:
        well = await waiting("watchdog", "status")
        assert (well.code, "is healthy" in well.out) == (0, True), well.out
        assert "commands              1 under way" in well.out
        engine.send_signal(signal.SIGSTOP)
        backdate(waiting, 100)
        ill = await waiting("watchdog", "status", "--json")
        assert ill.code == 1
        (row,) = ill.rows
        assert row["healthy"] is False
        assert "the engine is stuck" in next(c["found"] for c in row["checks"] if c["name"] == "heartbeat")
        engine.send_signal(signal.SIGCONT)
        (waiting.workspace / "go").touch()
        assert (await done(engine)).code in {0, 20}
    assert looked(waiting).healthy


async def test_a_run_that_was_killed_is_not_healthy(waiting: Program) -> None:
    async with at_work(waiting) as engine:
        await kill(engine)
    report = looked(waiting)
    assert "crashed" in bad(report)["run"]
    assert "loki resume" in report.checks[0].fix
    assert (await waiting("watchdog", "status")).code == 1


async def test_what_hangs_is_named(waiting: Program) -> None:
    async with at_work(waiting) as engine:
        engine.send_signal(signal.SIGSTOP)
        state = state_of(waiting)
        beat = read_heartbeat(state)
        assert beat
        hung = Work(kind="model", name="m7", what="sonnet", quiet=2000, patience=900)
        work = (*beat.beat.work, hung)
        slow = beat.beat.model_copy(update={"work": work, "lag": 9.0})
        state.heartbeat.write_text(beat.model_copy(update={"beat": slow}).model_dump_json())
        found = bad(looked(waiting))
        assert set(found) == {"model calls", "loop lag"}
        assert "m7 (sonnet) quiet for 2000 s" in found["model calls"]
        paused = slow.model_copy(update={"waits": True})
        state.heartbeat.write_text(beat.model_copy(update={"beat": paused}).model_dump_json())
        assert set(bad(looked(waiting))) == {"loop lag"}
        engine.kill()


async def test_another_engines_heartbeat_is_none(waiting: Program) -> None:
    async with at_work(waiting) as engine:
        engine.send_signal(signal.SIGSTOP)
        HeartbeatFile(state_of(waiting)).beat(Beat(run="another", seq=1, status="running"))
        told = {check.name: check.found for check in looked(waiting).checks}
        assert told["heartbeat"].startswith("none yet")
        engine.kill()


async def test_processes_without_an_engine_are_found(loki: Program) -> None:
    home = state_of(loki).prepare_run("20260101-000000-abcd").home
    assert (await loki.with_(**NO_ENGINE)("start", "--headless")).code in {0, 20}
    with subprocess.Popen(["sleep", "1000"], env={"HOME": str(home)}) as left:  # noqa: ASYNC220
        found = bad(looked(loki, **NO_ENGINE))
        assert f"{left.pid} sleep of run 20260101-000000-abcd" in found["leftover processes"]
        left.kill()
    assert looked(loki, **NO_ENGINE).healthy


async def test_containers_of_dead_runs_are_found_where_an_engine_can_be_asked(loki: Program, tmp_path: Path) -> None:
    assert (await loki.with_(**NO_ENGINE)("start", "--headless")).code in {0, 20}
    run = loki.client().run
    boxes = [
        {"Id": "1", "Names": [f"/{name}"], "Labels": {"loki.run": of, "loki.kind": kind}}
        for name, of, kind in (
            ("ours", run, "agent"), ("a-persons", run, "shell"), ("theirs", "20200101-000000-0000", "agent")
        )
    ]  # fmt: skip
    with engine_on(tmp_path / "s", containers=boxes) as environ:
        assert bad(looked(loki, **environ)) == {"leftover containers": "1: ours"}
    assert "not looked at" in next(c.found for c in looked(loki, **NO_ENGINE).checks if c.name == "leftover containers")


async def test_locks_that_nobody_will_let_go_are_found(loki: Program) -> None:
    assert (await loki.with_(**NO_ENGINE)("start", "--headless")).code in {0, 20}
    state = state_of(loki)
    index = loki.workspace / ".git" / "index.lock"
    index.touch()
    assert looked(loki, **NO_ENGINE).healthy
    os.utime(index, (1, 1))
    assert "a git that died" in bad(looked(loki, **NO_ENGINE))["locks"]
    index.unlink()
    # The process that the lock names is gone; another one has its descriptor.
    with state.lock.open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        holder = json.loads(state.lock.read_bytes())
        with subprocess.Popen([sys.executable, "-c", ""]) as gone:  # noqa: ASYNC220
            pass
        state.lock.write_text(json.dumps({**holder, "pid": gone.pid}))
        assert engine_holder(state)
        found = bad(looked(loki, **NO_ENGINE))["locks"]
    assert f"process {gone.pid} that took it is gone; held by {os.getpid()}" in found


async def test_an_engine_in_a_container_is_looked_at_by_its_heartbeat_alone(waiting: Program) -> None:
    """Process ids there are others than here, also where it shares this machine's name."""
    async with at_work(waiting) as engine:
        engine.send_signal(signal.SIGSTOP)
        state = state_of(waiting)
        described = json.loads(state.lock.read_bytes())
        with subprocess.Popen([sys.executable, "-c", ""]) as gone:  # noqa: ASYNC220
            pass
        beat = read_heartbeat(state)
        assert beat
        state.heartbeat.write_text(beat.model_copy(update={"pid": gone.pid}).model_dump_json())
        state.lock.write_text(json.dumps({**described, "pid": gone.pid}))
        assert set(bad(looked(waiting))) == {"leftover processes", "locks"}
        state.lock.write_text(json.dumps({**described, "pid": gone.pid, "namespace": "pid:[1]"}))
        assert bad(looked(waiting)) == {}
        beat = read_heartbeat(state)
        assert beat
        late = beat.model_copy(update={"uptime": beat.uptime - 100})
        state.heartbeat.write_text(late.model_dump_json())
        stuck = next(check for check in looked(waiting).checks if check.name == "heartbeat")
        assert (stuck.standing, f"where it runs, on {described['host']}" in stuck.fix) == ("bad", True)
        engine.kill()


# -- the keeper ---------------------------------------------------------------------------------


async def test_a_killed_run_is_taken_up_again_and_completes(waiting: Program) -> None:
    async with waiting.started("watchdog", "run", "--wait", "0.05", "prd.md", "--max-iterations", "3") as keeper:
        await line_with(keeper, "shell")
        holder = engine_holder(state_of(waiting))
        assert holder
        assert holder.pid not in {None, keeper.pid}
        os.kill(holder.pid or 0, signal.SIGKILL)
        ended = await done(keeper)
    assert ended.code == 0, ended
    assert "crashed (exit 137); it is taken up again in 0.05 s" in ended.err
    assert waiting.view().state.engines == 2


async def test_what_ended_for_good_is_not_tried_again(loki: Program, tmp_path: Path) -> None:
    recording = cassette(tmp_path / "never.jsonl", finishes(claims_done=False))
    given_up = await loki.with_(LOKI_CASSETTE=str(recording))("watchdog", "run", "prd.md", "--max-iterations", "1")
    assert given_up.code == 20
    assert "taken up again" not in given_up.err
    refused = await loki("watchdog", "run", "nowhere.md")
    assert (refused.code, "taken up again" in refused.err) == (2, False)


async def test_a_run_that_keeps_crashing_is_given_up(waiting: Program) -> None:
    async with waiting.started("watchdog", "run", "--wait", "0.01", "--restarts", "1") as keeper:
        await line_with(keeper, "shell")
        killed: set[int] = set()

        def kill_another() -> bool:
            holder = engine_holder(state_of(waiting))
            if holder is None or holder.pid is None or holder.pid in killed:
                return False
            killed.add(holder.pid)
            os.kill(holder.pid, signal.SIGKILL)
            return True

        await until(kill_another)
        await until(kill_another)
        ended = await done(keeper)
    assert ended.code == 1
    assert "crashed 2 times without getting any further: given up" in ended.err


async def test_who_is_told_to_leave_brings_the_run_to_a_safe_place(waiting: Program) -> None:
    async with waiting.started("watchdog", "run") as keeper:
        await line_with(keeper, "shell")
        keeper.terminate()
        assert (await done(keeper)).code == 130
    assert waiting.view().state.status is Status.PAUSED
    assert waiting.client().engine() is None


async def test_a_stuck_engine_is_ended_and_its_run_goes_on(waiting: Program) -> None:
    said: list[str] = []
    patience = Patience(wait=0.01, silence=30, look=0.1, grace=0.2)
    keeper = Supervisor(
        Surroundings.here(waiting.environ, waiting.workspace).project,
        waiting.environ,
        say=said.append,
        patience=patience,
    )
    running = asyncio.create_task(keeper.run(["prd.md"]))
    await until(lambda: (beat := read_heartbeat(state_of(waiting))) and any(w.what == "shell" for w in beat.beat.work))
    holder = engine_holder(state_of(waiting))
    assert holder
    os.kill(holder.pid or 0, signal.SIGSTOP)
    backdate(waiting, 100)
    async with asyncio.timeout(PATIENCE):
        assert await running == 0
    assert any("has no heartbeat" in line for line in said)
