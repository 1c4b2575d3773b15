"""Claude Code as the agent of a run: its real program, a scripted API, and everything of ours real."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from loki_tui.core.events import (
    ActionFinished,
    ActionStarted,
    EngineStarted,
    ModelAnswered,
    ModelRequested,
    RequirementsPlanned,
)
from loki_tui.hands.rungs import trouble_with_bwrap
from tests.support.answers import PLANS, reply
from tests.support.claude import FINISH, PROGRAM, finishes, needs_claude, results, script, uses
from tests.support.git import git
from tests.support.messages_rules import Body
from tests.support.messages_server import MessagesServer, Reply, Turn, say
from tests.support.processes import await_none_in
from tests.support.program import Program, kill, line_with, project
from tests.support.runs import FACTS_ALONE_HERE

pytestmark = [needs_claude]

KEY = "sk-ant-api03-not-a-key-of-anybody"


@asynccontextmanager
async def served(
    tmp_path: Path, answer: Callable[[Body], Turn], **variables: str
) -> AsyncIterator[tuple[Program, MessagesServer]]:
    """The program in a project, with a key for a server that plays a script to Claude Code."""
    async with MessagesServer(answer, lenient=True) as server:
        yield (
            Program(
                project(tmp_path / "project"),
                Path(os.environ["HOME"]),
                {
                    "LOKI_PROVIDER": "claude",
                    "LOKI_CLAUDE_COMMAND": PROGRAM,
                    "ANTHROPIC_BASE_URL": server.url,
                    "ANTHROPIC_API_KEY": KEY,
                    "LOKI_RETRY_BASE_SECONDS": "0.01",
                    **FACTS_ALONE_HERE,
                    **variables,
                },
            ),
            server,
        )


async def test_it_writes_a_file_through_the_guard_and_its_usage_is_in_the_ledger(tmp_path: Path) -> None:
    target = tmp_path / "project" / "new.py"
    answer = script(
        Reply((say("I write it."), uses("Write", file_path=str(target), content="x = 1\n"))),
        Reply((uses("Bash", command="cat new.py && exit 3"),)),
        finishes("Write it"),
        others=[reply(PLANS)],
    )
    async with served(tmp_path, answer) as (loki, server):
        run = await loki("start", "--budget", "5")
        assert run.code == 0, (run.out, run.err)
    state = loki.view().state
    assert state.branch is not None
    assert git(loki.workspace, "show", f"{state.branch.branch}:new.py") == "x = 1"
    assert [started.tool for started in loki.events(ActionStarted)] == ["write_file", "shell"]
    assert loki.events(ActionStarted)[0].input["path"] == "new.py"
    written, ran = loki.events(ActionFinished)[:2]
    assert written.ok
    assert written.diff is not None
    assert "+x = 1" in written.diff.text
    assert ran.exit_code == 3
    assert ran.seconds > 0
    # Every request that the API saw is in the ledger, with what it was billed.
    assert len(loki.events(ModelRequested)) == len(loki.events(ModelAnswered)) == server.served == 4
    # Loki signs in as its SDK does, Claude Code as it would itself; the key was in neither of their hands.
    assert all(
        KEY in (seen.headers.get("x-api-key"), seen.headers.get("authorization", "")[7:]) for seen in server.requests
    )
    assert KEY not in str([seen.body for seen in server.requests])
    billed = sum(seen.usage["output_tokens"] for seen in server.requests)
    assert sum(answered.usage.output_tokens for answered in loki.events(ModelAnswered)) == billed
    assert 0 < state.books.spent < 5
    assert state.books.committed == state.books.spent


async def test_a_subscription_works_without_a_key_and_its_token_stays_outside_of_the_hands(tmp_path: Path) -> None:
    token = "sk-ant-oat01-not-a-token-of-anybody"
    login = Path(os.environ["HOME"]) / ".claude" / ".credentials.json"
    login.parent.mkdir(parents=True)
    later = (time.time() + 3600) * 1000
    login.write_text(json.dumps({"claudeAiOauth": {"accessToken": token, "refreshToken": "r", "expiresAt": later}}))
    looked: list[str] = []

    def look(body: Body) -> Turn:
        looked.extend(results(body))
        return finishes()

    plan = {"requirements": [{"id": "R1", "title": "It works", "criteria": []}]}
    answer = script(
        Reply((uses(FINISH, **plan),)),
        Reply((uses("Bash", command=f"env; cat {login}; echo 1 > a"),)),
        look,
    )
    async with served(tmp_path, answer) as (loki, server):
        run = await loki.without("ANTHROPIC_API_KEY")("start", "--budget", "5")
        assert run.code == 0, (run.out, run.err)
    assert [requirement.title for requirement in loki.events(RequirementsPlanned)[0].requirements] == ["It works"]
    assert all(seen.headers["authorization"] == f"Bearer {token}" for seen in server.requests)
    assert all("oauth-2025-04-20" in seen.headers["anthropic-beta"] for seen in server.requests)
    assert token not in "".join(looked)
    assert "ANTHROPIC_AUTH_TOKEN" in looked[0]
    (started,) = loki.events(EngineStarted)
    assert any("subscription" in gap for gap in started.confinement.uncovered)
    assert loki.view().state.books.spent > 0


@pytest.mark.parametrize(
    "variables",
    [
        {"LOKI_NETWORK": "off"},
        {"LOKI_NETWORK": "example.org"},
        {"LOKI_CONFINEMENT": "landlock"},
        {"LOKI_CONFINEMENT": "none"},
    ],
)
async def test_it_works_however_its_hands_are_confined(tmp_path: Path, variables: dict[str, str]) -> None:
    if "LOKI_NETWORK" in variables and trouble_with_bwrap():
        pytest.skip(f"bubblewrap: {trouble_with_bwrap()}")
    answer = script(Reply((uses("Bash", command="echo 1 > a"),)), finishes(), others=[reply(PLANS)])
    async with served(tmp_path, answer, **variables) as (loki, server):
        run = await loki("start", "--budget", "5")
        assert run.code == 0, (run.out, run.err)
    assert server.served == 3


@pytest.mark.parametrize("key", [True, False])
async def test_the_plan_alone_is_made_with_a_key_by_loki_and_without_one_by_it(tmp_path: Path, key: bool) -> None:
    login = Path(os.environ["HOME"]) / ".claude" / ".credentials.json"
    login.parent.mkdir(parents=True)
    later = (time.time() + 3600) * 1000
    login.write_text(json.dumps({"claudeAiOauth": {"accessToken": "t", "refreshToken": "r", "expiresAt": later}}))
    plan = {"requirements": [{"id": "R1", "title": "It works", "criteria": []}]}
    answer = script(others=[reply(PLANS)]) if key else script(Reply((uses(FINISH, **plan),)))
    async with served(tmp_path, answer) as (loki, server):
        made = await (loki if key else loki.without("ANTHROPIC_API_KEY"))("plan", "--json", "--budget", "5")
        assert made.code == 0, (made.out, made.err)
        assert server.served >= 1
    row = json.loads(made.out)
    assert [each["title"] for each in row["requirements"]] == ["It works"]
    assert not row["fallback"]
    assert float(row["spent"]) > 0
    assert (await loki("runs", "--all")).out == ""


async def test_what_cannot_be_honoured_is_refused_at_the_start(tmp_path: Path) -> None:
    async with served(tmp_path, script()) as (loki, server):
        for variables, why in (
            ({"LOKI_NETWORK": "off", "LOKI_CONFINEMENT": "landlock"}, "can only close every port"),
            ({"LOKI_CONFINEMENT": "docker"}, "which no container's image has"),
            ({"LOKI_CLAUDE_COMMAND": "/nowhere/claude"}, "there is no program '/nowhere/claude'"),
            ({"ANTHROPIC_API_KEY": ""}, "There is nothing to sign Claude Code in with"),
        ):
            run = await loki.with_(**variables)("start")
            assert run.code == 2, run
            assert why in run.err
    assert server.served == 0


async def test_a_run_whose_engine_was_killed_goes_on(tmp_path: Path) -> None:
    answer = script(
        Reply((uses("Bash", command="echo 1 > begun; sleep 1000"),)),
        Reply((uses("Bash", command="echo 1 > a"),)),
        finishes(),
        others=[reply(PLANS)],
    )
    async with served(tmp_path, answer) as (loki, server):
        async with loki.started("start", "--budget", "5", "--json") as process:
            await line_with(process, "action_started")
            await kill(process)
        await asyncio.to_thread(await_none_in, loki.workspace)
        run = await loki("resume")
        assert run.code == 0, (run.out, run.err)
    assert server.served == 4
    interrupted, _ = loki.events(ActionFinished)
    assert interrupted.interrupted
    assert loki.view().state.books.committed < 5
