"""`loki start`: from the command line to a run, and to what the process exits with."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from loki_tui.core.events import RunCreated
from tests.support.answers import cassette
from tests.support.git import git
from tests.support.program import WAITS, Program, done, line_with
from tests.support.scripted import call, finishes, says

WAITING = (says(call("shell", command=WAITS)), says(call("shell", command="echo 1 > made")), finishes())
"""Turns of an agent that works once it is let go on."""


async def test_a_run_from_below_the_workspace_prints_only_events_on_stdout(loki: Program) -> None:
    below = loki.workspace / "src"
    below.mkdir()
    run = await loki("--headless", "start", "../prd.md", "--json", cwd=below)
    assert run.code == 0, run
    assert [row["seq"] for row in run.rows] == list(range(1, len(run.rows) + 1))
    assert run.rows[0]["kind"] == "run_created"
    assert run.rows[0]["workspace"] == str(loki.workspace)
    assert run.rows[-1]["kind"] == "run_closed"
    assert run.rows[-1]["outcome"] == "completed"
    name = run.rows[0]["run"]
    assert "loki stop" in run.err
    assert f"loki/{name}" in run.err
    assert git(loki.workspace, "show", f"loki/{name}:new.py") == "x = 1"


async def test_options_set_the_limits_and_no_completion_is_no_success(loki: Program, tmp_path: Path) -> None:
    idle = cassette(tmp_path / "idle.jsonl", finishes("Nothing to do", claims_done=False))
    run = await loki.with_(LOKI_CASSETTE=str(idle), LOKI_MAX_ITERATIONS="9")(
        "start", "--max-iterations", "1", "--budget", "$5", "--model", "claude-haiku-5-5"
    )
    assert run.code == 20, run.err
    assert "EXHAUSTED" in run.out
    (created,) = loki.events(RunCreated)
    assert created.max_iterations == 1
    assert created.budget == 5
    assert created.models["work"] == "claude-haiku-5-5"


async def test_without_a_key_the_way_out_is_named_and_nothing_is_left_behind(loki: Program) -> None:
    told = await loki.without("LOKI_PROVIDER", "LOKI_CASSETTE")("start")
    assert told.code == 2
    assert "ANTHROPIC_API_KEY" in told.err
    assert "loki demo" in told.err
    assert told.out == ""
    assert not loki.state.exists()
    assert git(loki.workspace, "status", "--porcelain") == ""


async def test_a_parallel_run_that_has_no_commit_to_begin_at_is_refused_before_there_is_a_run(loki: Program) -> None:
    git(loki.workspace, "update-ref", "-d", "HEAD")
    for arguments in (
        ("start", "--parallel"),
        ("start", "--parallel", "--detach"),
        ("--headless", "start", "--parallel"),
    ):
        told = await loki(*arguments)
        assert told.code == 2, told
        assert "no commit yet" in told.err
        assert "git commit" in told.err
        assert told.out == ""
        assert not loki.state.exists()


async def test_a_recording_plays_the_same_run_again(loki: Program, tmp_path: Path) -> None:
    recording = tmp_path / "new.jsonl"
    first = await loki("start", "--record", recording)
    assert first.code == 0, first
    git(loki.workspace, "switch", "--quiet", "main")
    again = await loki.with_(LOKI_CASSETTE=str(recording))("start", "--provider", "replay")
    assert again.code == 0, again.err
    one, other = git(loki.workspace, "for-each-ref", "--format=%(tree)", "refs/heads/loki").splitlines() or ("", "")
    assert one == other
    refused = await loki("start", "--record", recording)
    assert refused.code == 2
    assert "not empty" in refused.err


@pytest.fixture
def waiting(loki: Program, tmp_path: Path) -> Program:
    """An agent that waits to be let go on."""
    return loki.with_(LOKI_CASSETTE=str(cassette(tmp_path / "waiting.jsonl", *WAITING)))


async def test_of_two_starts_at_once_one_is_turned_away(waiting: Program) -> None:
    (waiting.workspace / "go").touch()
    runs = await asyncio.gather(waiting("start"), waiting("start"))
    winner, loser = sorted(runs, key=lambda run: run.code)
    assert winner.code == 0, winner.err
    assert loser.code == 2
    assert "already at work" in loser.err
    assert "loki stop" in loser.err
    assert len(waiting.client().project.runs()) == 1


async def test_a_detached_run_goes_on_by_itself_until_it_is_stopped(waiting: Program) -> None:
    for module in ("pydantic", "platformdirs", "loki_tui"):
        (waiting.workspace / f"{module}.py").write_text("raise SystemExit('a module of the workspace was imported')\n")
    sent = await waiting("start", "--detach", "--max-iterations", "3")
    assert sent.code == 0, sent.err
    name = sent.out.strip()
    assert "loki stop" in sent.err
    status = await waiting.status()
    assert status["run"] == name
    assert status["max_iterations"] == 3
    assert status["pid"]
    turned_away = await waiting("start", "--detach")
    assert turned_away.code == 2
    assert "already at work" in turned_away.err
    async with waiting.started("logs", "-f") as following:
        await line_with(following, "until [ -e go ]")
        stopped = await waiting("stop", "--reason", "enough")
        assert stopped.code == 0
        assert "STOPPED: enough" in (await done(following)).out
    assert "STOPPED" in (await waiting("status")).out
