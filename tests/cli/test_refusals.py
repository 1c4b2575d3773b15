"""The limits on commands hold in the program as it is started, and everybody is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core import events as ev
from tests.cli.conftest import replaying
from tests.support.answers import cassette
from tests.support.program import Program, done, line_with
from tests.support.scripted import call, finishes, says


async def test_what_is_blocked_and_what_is_unsure_is_refused_where_nobody_is_there(
    loki: Program, tmp_path: Path
) -> None:
    commands = ("rm -rf /", "cd / && r''m -rf *", 'eval "$(cat README.md)"', "rm -rf ./build; touch made")
    turns = (*(says(call("shell", command=command)) for command in commands), finishes())
    program = loki.with_(**replaying(cassette(tmp_path / "bad.jsonl", *turns)))
    async with program.started("start") as engine:
        line = await line_with(engine, "REFUSED shell rm -rf /")
        assert "rule rm -rf / (default)" in line
        await line_with(engine, "REFUSED shell cd /")
        assert "nobody is there to ask" in await line_with(engine, "REFUSED shell eval")
        assert (await done(engine)).code == 0
    assert (loki.workspace / "made").exists()
    assert len(program.events(ev.ActionRefused)) == 3
    assert "refused    3 actions, the last: shell eval" in (await program("status")).out
    assert (await program.status())["refusals"] == 3


async def test_classes_of_risk_hold_as_they_are_set(loki: Program, tmp_path: Path) -> None:
    turns = (says(call("shell", command="rm -f prd.md")), says(call("shell", command="touch made")), finishes())
    recording = cassette(tmp_path / "classes.jsonl", *turns)
    program = loki.with_(**replaying(recording), LOKI_RISK_RULES="destructive=block")
    run = await program("start")
    assert run.code == 0, run
    assert "rule destructive=block (LOKI_RISK_RULES)" in run.out
    assert (loki.workspace / "prd.md").exists()
    wrong = await loki.with_(LOKI_RISK_RULES="destructive=never")("start")
    assert wrong.code == 2
    assert "LOKI_RISK_RULES" in wrong.err


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"LOKI_CONFINEMENT": "docker", "DOCKER_HOST": "unix:///nowhere"}, "bwrap or landlock"),
        ({"LOKI_ALLOWED_PATHS": "/nowhere/at/all"}, "LOKI_ALLOWED_PATHS"),
        ({"LOKI_BLOCKED_COMMANDS": "'"}, "LOKI_BLOCKED_COMMANDS"),
    ],
)
async def test_what_cannot_be_had_is_refused_before_there_is_a_run(
    loki: Program, asked: dict[str, str], told: str
) -> None:
    refused = await loki.with_(**asked)("--headless", "start", "prd.md")
    assert refused.code == 2, refused
    assert told in refused.err
    assert "run on" not in refused.out
    listed = await loki("runs", "--json")
    assert (listed.code, listed.rows) == (0, [])
