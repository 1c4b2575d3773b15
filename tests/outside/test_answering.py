"""An outside agent that answers planner and council, since Loki has no key to ask with."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Status
from tests.support.processes import await_none_in
from tests.support.program import Program, done, line_with, project
from tests.support.runs import FACTS_ALONE_HERE

ROOT = Path(__file__).parents[2]


def ends(**given: object) -> dict[str, Any]:
    return {"do": "say", "text": f"So: <finish_iteration>\n```json\n{json.dumps(given)}\n```\n</finish_iteration>"}


def person(tmp_path: Path, script: dict[str, list[list[dict[str, Any]]]], **variables: str) -> Program:
    """A person with an agent that plays a script, and no key."""
    file = tmp_path / "script.json"
    file.write_text(json.dumps(script))
    start = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); sys.argv = [0, {str(file)!r}, 'answers.json']; "
    start += "runpy.run_module('tests.support.acp_agent', run_name='__main__')"
    given = {
        "LOKI_PROVIDER": "acp",
        "LOKI_ACP_COMMAND": shlex.join([sys.executable, "-c", start]),
        "LOKI_READ_PATHS": f"{ROOT},{file}",
        "LOKI_RETRY_BASE_SECONDS": "0.01",
        **FACTS_ALONE_HERE,
    }
    return Program(project(tmp_path / "project"), Path(os.environ["HOME"]), {**given, **variables})


PLAN = {"requirements": [{"id": "R1", "title": "It works", "criteria": []}]}
WORK = [
    [
        {"do": "write", "path": "new.py", "content": "x = 1\n"},
        ends(summary="Write it", claims_done=True, handover="", proofs=[{"requirement": "R1", "tests": ["test_it"]}]),
    ]
]


async def test_it_plans_and_votes_and_nothing_is_permitted_to_it_meanwhile(tmp_path: Path) -> None:
    voting = [
        {"do": "run", "command": "touch voted"},
        {"do": "ask", "command": "touch voted"},
        ends(tool="cast_vote", input={"verdict": "approve", "reasons": ["I looked"], "evidence": ["new.py:1"]}),
    ]
    script = {"submit_plan": [[ends(**PLAN)]], "cast_vote": [voting], "": WORK}
    loki = person(tmp_path, script, LOKI_COUNCIL_ENABLED="true", LOKI_COUNCIL_MIN_ITERATIONS="1")
    run = await loki("start")
    assert run.code == 0, (run.out, run.err)
    (planned,) = loki.events(ev.RequirementsPlanned)
    assert not planned.fallback
    assert {vote.verdict for vote in loki.events(ev.VoteCast)} == {"approve"}
    assert [action.tool for action in loki.events(ev.ActionStarted)] == ["write_file"]
    assert {answered.cost for answered in loki.events(ev.ModelAnswered)} == {None}
    assert {asked.model for asked in loki.events(ev.ModelRequested)} == {"the agent's own"}
    assert "unknown" in run.out or "not known" in run.out or "no known price" in run.out


async def test_answers_that_are_none_are_asked_for_again_and_then_do_without(tmp_path: Path) -> None:
    script = {"submit_plan": [[{"do": "say", "text": "I would rather not."}]] * 9, "": WORK}
    loki = person(tmp_path, script)
    run = await loki("start")
    assert run.code == 0, (run.out, run.err)
    (planned,) = loki.events(ev.RequirementsPlanned)
    assert planned.fallback


async def test_one_that_cannot_begin_ends_the_run_with_the_reason(tmp_path: Path) -> None:
    loki = person(tmp_path, {"": [[{"do": "die"}]]}, LOKI_MAX_RETRIES="1")
    run = await loki("start")
    assert run.code == 20, run
    assert "ended before its work did" in run.out
    missing = await loki.with_(LOKI_ACP_COMMAND="/nowhere/agent --acp")("start")
    assert missing.code == 2
    assert "LOKI_ACP_COMMAND: there is no program '/nowhere/agent' here" in missing.err
    unnamed = await loki.with_(LOKI_ACP_COMMAND="")("start")
    assert unnamed.code == 2
    recorded = await loki("start", "--record", tmp_path / "recording")
    assert recorded.code == 2
    assert "cannot be recorded" in recorded.err


async def test_a_stop_ends_it_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    loki = person(tmp_path, {"submit_plan": [[{"do": "say", "text": "Well"}, {"do": "hang"}]], "": WORK})
    async with loki.started("start", "--json") as process:
        await line_with(process, "model_requested")
        stopped = await loki("stop")
        assert stopped.code == 0, stopped
        await done(process)
    assert loki.view().state.status is Status.STOPPED
    await asyncio.to_thread(await_none_in, loki.state)


async def test_it_makes_the_plan_alone_with_streams_where_they_are_asked_for(tmp_path: Path) -> None:
    requirements = [{"id": f"R{number}", "title": f"Part {number}", "criteria": []} for number in (1, 2)]
    streams = [
        {"name": name, "requirements": [key], "files": [f"{name}.py"], "after": after}
        for name, key, after in (("base", "R1", []), ("top", "R2", ["base"]))
    ]
    divided = ends(requirements=requirements, streams=streams)
    loki = person(tmp_path, {"submit_plan": [[{"do": "run", "command": "touch planned"}, divided]]})
    made = await loki("plan", "--parallel", "--json")
    assert made.code == 0, (made.out, made.err)
    row = json.loads(made.out)
    assert [each["title"] for each in row["requirements"]] == ["Part 1", "Part 2"]
    assert {each["name"]: each["after"] for each in row["streams"]} == {"base": [], "top": ["base"]}
    # What it cost nobody knows, and that is said.
    assert row["unpriced"] == 1
    assert not (loki.workspace / "planned").exists()
    assert (await loki("runs", "--all")).out == ""
    await_none_in(loki.workspace)


async def test_a_plan_that_does_not_come_is_no_success(tmp_path: Path) -> None:
    silent = person(tmp_path, {"submit_plan": [[{"do": "say", "text": "I would rather not."}]] * 9})
    made = await silent("plan")
    assert made.code == 1, (made.out, made.err)
    assert "no plan that can be used" in made.err


async def test_a_plan_of_one_that_cannot_begin_says_why(tmp_path: Path) -> None:
    dying = person(tmp_path, {"": [[{"do": "die"}]]}, LOKI_MAX_RETRIES="1")
    made = await dying("plan")
    assert made.code not in {0, 2}, (made.out, made.err)
    assert made.out == ""
    name = Path(sys.executable).name
    assert f"Waiting: {name} ended before its work did. (exit code 7); attempt 2 follows" in made.err
    assert "LOKI_MAX_RETRIES" in made.err.splitlines()[-1]


async def test_a_plan_of_a_program_that_is_not_here_is_refused(tmp_path: Path) -> None:
    loki = person(tmp_path, {}, LOKI_ACP_COMMAND="no-such-agent")
    for variables, named in (({}, "LOKI_ACP_COMMAND"), ({"LOKI_PROVIDER": "claude"}, "LOKI_CLAUDE_COMMAND")):
        made = await loki.with_(**variables, LOKI_CLAUDE_COMMAND="no-such-claude", ANTHROPIC_API_KEY="k")("plan")
        assert made.code == 2, (made.out, made.err)
        assert named in made.err
        assert not loki.state.exists()
