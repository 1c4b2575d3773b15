"""Runs that were broken off: by a signal, by a power cut, or asked to pause, and how they go on."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals

import pytest

from tests.support.answers import cassette
from tests.support.git import git
from tests.support.program import WAITS, Program, done, kill, line_with, project
from tests.support.scripted import call, finishes, says

WORKS = (says(call("shell", command=WAITS)), says(call("shell", command="echo 1 > made")), finishes())


@pytest.fixture
def waiting(loki: Program, tmp_path: Path) -> Program:
    """An agent that works once it is let go on."""
    return loki.with_(LOKI_CASSETTE=str(cassette(tmp_path / "waiting.jsonl", *WORKS)))


@pytest.mark.parametrize("signal", [SIGINT, SIGTERM])
async def test_a_signal_leaves_a_run_that_goes_on_to_success(waiting: Program, signal: Signals) -> None:
    async with waiting.started("start") as engine:
        await line_with(engine, "until [ -e go ]")
        engine.send_signal(signal)
        left = await done(engine)
    assert left.code == 130, left
    assert "PAUSED: interrupted. Go on: loki resume" in left.out.splitlines()[-1]
    told = await waiting("status")
    assert "PAUSED" in told.out
    assert "not running; go on: loki resume" in told.out
    resumed = await waiting("resume")
    assert resumed.code == 0, resumed
    assert "interrupted when the engine before died" in resumed.out


async def test_a_killed_run_is_taken_up_with_the_options_it_was_given(loki: Program, tmp_path: Path) -> None:
    idle = cassette(tmp_path / "idle.jsonl", WORKS[0], finishes("Not yet", claims_done=False))
    variables = {"LOKI_MAX_TURNS": "7", "LOKI_COMMAND_TIMEOUT": "90s", "LOKI_TEST_COMMAND": "python3 -m unittest -v"}
    given = loki.with_(LOKI_CASSETTE=str(idle), **variables)
    async with given.started("start", "--budget", "7", "--max-iterations", "1") as engine:
        await line_with(engine, "until [ -e go ]")
        await kill(engine)
        dead = engine.pid
    bare = loki.without(*loki.variables)
    status = await bare.status()
    assert status["status"] == "crashed"
    assert status["pid"] is None
    # A process id says nothing: by now it may be anybody's.
    (lock,) = loki.state.glob("*/engine.lock")
    lock.write_text(lock.read_text().replace(str(dead), str(os.getpid())))
    told = await bare("status")
    assert "CRASHED" in told.out
    assert "loki resume" in told.out
    async with bare.started("logs", "-f") as following:
        await line_with(following, "until [ -e go ]")
        assert following.stderr is not None
        assert b"loki resume" in await following.stderr.readline()
    resumed = await bare("resume", "--json")
    assert resumed.code == 20, resumed
    assert resumed.rows[0]["kind"] == "engine_started"
    assert resumed.rows[0]["resumed"]
    closed = resumed.rows[-1]
    assert closed["outcome"] == "exhausted"
    assert "all 1 iterations" in closed["reason"]
    (measured,) = [row for row in resumed.rows if row["kind"] == "phase_finished"]
    assert measured["command"] == variables["LOKI_TEST_COMMAND"]
    ended = await bare("resume", resumed.rows[0]["run"])
    assert ended.code == 2
    assert "has ended: exhausted" in ended.err


async def test_a_run_is_paused_steered_and_resumed_from_elsewhere(waiting: Program) -> None:
    async with waiting.started("start") as engine:
        await line_with(engine, "until [ -e go ]")
        async with waiting.started("logs", "-f") as following, waiting.started("status", "--watch", "--json") as watch:
            await line_with(following, "until [ -e go ]")
            assert (await waiting("pause", "--reason", "lunch")).code == 0
            await line_with(following, "PAUSED: lunch")
            following.send_signal(SIGINT)
            left = await done(following)
            assert (left.code, left.err) == (130, "")
            (waiting.workspace / "go").touch()
            assert (await waiting("steer", "Mind the gap")).code == 0
            poked = await waiting("resume")
            assert poked.code == 0
            assert str(engine.pid) in poked.err
            run = await done(engine)
            assert run.code == 0, run
            statuses = [row["status"] for row in (await done(watch)).rows]
    assert statuses[0] == "running"
    assert "paused" in statuses
    assert statuses[-1] == "completed"
    assert waiting.view().state.notes_delivered == 1


async def test_words_to_nobody_are_refused(loki: Program) -> None:
    for command in (["stop"], ["resume"]):
        told = await loki(*command)
        assert told.code == 2
        assert "no unfinished run" in told.err


async def test_a_budget_that_is_used_up_pauses_until_it_is_raised(waiting: Program) -> None:
    (waiting.workspace / "go").touch()
    async with waiting.started("start", "--budget", "0.01") as engine:
        await line_with(engine, "PAUSED: the budget of $0.01")
        status = await waiting.status()
        assert status["status"] == "paused"
        assert float(status["needed"]) > 0.01
        assert (await waiting("resume", "--budget", "20")).code == 0
        run = await done(engine)
    assert run.code == 0, run


async def test_the_run_at_work_is_the_one_that_is_meant(waiting: Program) -> None:
    async with waiting.started("start") as older:
        await line_with(older, "until [ -e go ]")
        await kill(older)
    old = waiting.view().state.run
    async with waiting.started("start") as newer:
        await line_with(newer, "until [ -e go ]")
        await kill(newer)
    new = waiting.view().state.run
    assert new != old
    async with waiting.started("resume", old) as engine:
        await line_with(engine, "takes the run up again")
        assert (await waiting.status())["run"] == old
        ambiguous = await waiting("status", "2")
        assert ambiguous.code == 2
        assert old in ambiguous.err
        unknown = await waiting("logs", "nobody")
        assert unknown.code == 2
        assert "loki runs" in unknown.err
        elsewhere = await waiting("pause", new)
        assert elsewhere.code == 2
        assert "No engine is at work" in elsewhere.err
        (waiting.workspace / "go").touch()
        run = await done(engine)
    assert run.code == 0, run
    listed = (await waiting("runs", "--json")).rows
    assert [row["outcome"] for row in listed] == [None, "completed"]
    assert git(waiting.workspace, "show", f"loki/{old}:made") == "1"


async def test_a_reader_that_goes_away_is_no_crash(loki: Program) -> None:
    async with loki.started("start", "--json") as engine:
        assert engine.stdout is not None
        await engine.stdout.readline()
        engine.stdout._transport.close()  # type: ignore[attr-defined]
        async with asyncio.timeout(60):
            await engine.wait()
        assert engine.stderr is not None
        said = (await engine.stderr.read()).decode()
    assert engine.returncode == 0
    assert "the run goes on" in said
    assert "Traceback" not in said


async def test_a_crashed_run_can_be_ended_without_taking_it_up(waiting: Program) -> None:
    async with waiting.started("start") as engine:
        await line_with(engine, "until [ -e go ]")
        await kill(engine)
    stopped = await waiting("stop", "--reason", "enough")
    assert stopped.code == 0, stopped
    status = await waiting.status()
    assert (status["outcome"], status["reason"]) == ("stopped", "enough")


async def test_a_run_does_not_go_on_in_another_project_that_is_found_where_its_own_was(waiting: Program) -> None:
    """As of containers, which all have their project at one path, and share a volume of state."""
    async with waiting.started("start") as engine:
        await line_with(engine, "until [ -e go ]")
        engine.send_signal(SIGTERM)
        await done(engine)
    own = waiting.workspace.rename(waiting.workspace.with_name("own"))
    project(waiting.workspace)
    (waiting.workspace / "go").touch()
    refused = await waiting("resume")
    assert refused.code == 1, refused
    assert "did not begin in this repository" in refused.err
    assert "a volume of its own" in refused.err
    assert not (waiting.workspace / "made").exists()
    assert git(waiting.workspace, "branch", "--list", "loki/*") == ""

    waiting.workspace.rename(waiting.workspace.with_name("other"))
    own.rename(waiting.workspace)
    (waiting.workspace / "go").touch()
    resumed = await waiting("resume")
    assert resumed.code == 0, resumed
