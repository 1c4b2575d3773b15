"""An agent of the Agent Client Protocol as the agent of a run: a real process by the SDK's own agent side."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import UsageError
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Status
from loki_tui.engine.outside.working import ATTEMPTS
from tests.support.git import git
from tests.support.processes import await_none_in
from tests.support.runs import Bench, make_bench
from tests.support.scripted import ScriptedModel

BLOCKS: dict[str, object] = {"blocked_commands": ["touch blocked"]}
ROOT = Path(__file__).parents[2]
Step = dict[str, Any]


def finish(summary: str = "Write it", *, claims_done: bool = True) -> Step:
    """The agent ends the iteration."""
    proofs = [{"requirement": "R1", "tests": ["test_it"]}]
    given = {"summary": summary, "claims_done": claims_done, "handover": "", "proofs": proofs}
    return {"do": "say", "text": f"That is all. <finish_iteration>{json.dumps(given)}</finish_iteration>"}


def bench(tmp_path: Path, *turns: list[Step], **settings: object) -> Bench:
    """A project in which such an agent plays a script; its planner is scripted as ever."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"": turns}))
    start = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); sys.argv = [0, {str(script)!r}, 'answers.json']; "
    start += "runpy.run_module('tests.support.acp_agent', run_name='__main__')"
    given: dict[str, object] = {
        "provider": "acp",
        "cassette": None,
        "acp_command": shlex.join([sys.executable, "-c", start]),
        "read_paths": [str(ROOT), str(script)],
    }
    return make_bench(tmp_path, ScriptedModel(), **{**given, **settings})


async def test_its_files_and_terminals_are_actions_of_the_run(tmp_path: Path) -> None:
    there = tmp_path / "project"
    run = bench(
        tmp_path,
        [
            {"do": "say", "text": "I look first."},
            {"do": "read", "path": str(there / "README.md")},
            {"do": "write", "path": str(there / "new.py"), "content": "x = 1\n"},
            {"do": "run", "command": "cat new.py; exit 3"},
            {"do": "ask", "command": "touch asked"},
            {"do": "usage"},
            finish(),
        ],
    )
    assert await run.go() == "completed", run.state().reason
    state = run.state()
    assert state.status is Status.COMPLETED
    assert state.branch is not None
    assert git(run.workspace, "show", f"{state.branch.branch}:new.py") == "x = 1"
    assert "asked" in git(run.workspace, "ls-tree", "--name-only", state.branch.branch)
    started = run.of(ev.ActionStarted)
    assert [each.tool for each in started] == ["read_file", "write_file", "shell", "shell"]
    assert [each.input["path"] for each in started[:2]] == ["README.md", "new.py"]
    read, written, ran, asked = run.of(ev.ActionFinished)
    assert read.output.text == "hello\n"
    assert written.diff is not None
    assert (ran.output.text.splitlines()[0], ran.exit_code) == ("x = 1", 3)
    assert asked.ok
    (answered,) = [event for event in run.of(ev.ModelAnswered) if event.usage.input_tokens == 10]
    assert answered.cost is None


async def failing(tmp_path: Path, *steps: Step, **settings: object) -> Bench:
    """A run whose agent never gets further than this."""
    run = bench(tmp_path, list(steps), **BLOCKS, **settings)
    assert await run.go() == "exhausted"
    return run


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ({"do": "die"}, "ended before its work did. (exit code 7)"),
        ({"do": "hang"}, "has not said anything for 2 s"),
        ({"do": "babble", "lines": 30}, "says what nobody understands"),
        ({"do": "flood", "size": 17_000_000}, "says more than anybody can take in"),
        ({"do": "ask", "command": "touch blocked", "obeys": False}, "did what it was refused"),
    ],
)
async def test_one_that_fails_is_started_again_a_few_times(tmp_path: Path, step: Step, why: str) -> None:
    # Only where it is to be seen that one hangs: on a busy machine a program takes seconds to start.
    impatient: dict[str, object] = {"command_timeout": 1, "stream_idle_timeout": 1} if step["do"] == "hang" else {}
    run = await failing(tmp_path, step, **impatient)
    warned = [warning.message for warning in run.of(ev.Warned) if "is started again" in warning.message]
    assert len(warned) == ATTEMPTS - 1
    assert why in warned[0]
    assert why in run.state().reason
    assert run.clock.slept[-3:] == [2, 4, 8]
    await asyncio.to_thread(await_none_in, run.workspace)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("no program at all", "cannot be started: Exec format error."),
        ("#!/nowhere/python\n", "It names an interpreter that is not here."),
        ("#!/usr/bin/env no-such-program\n", "no-such-program"),
    ],
)
async def test_a_program_that_cannot_be_executed_is_not_tried_again(tmp_path: Path, content: str, why: str) -> None:
    program = tmp_path / "bin" / "agent"
    program.parent.mkdir()
    program.write_text(content)
    program.chmod(0o755)
    run = bench(tmp_path, acp_command=str(program))
    with pytest.raises(UsageError, match="cannot be executed: ") as failed:
        await run.go()
    assert why in failed.value.message
    assert run.clock.slept == []


async def test_rules_hold_for_what_it_asks(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    run = bench(
        tmp_path,
        [
            {"do": "write", "path": str(outside), "content": "x"},
            {"do": "read", "path": "/etc/shadow"},
            {"do": "run", "command": "touch blocked"},
            {"do": "ask", "command": "touch blocked"},
            {"do": "write", "path": "new.py", "content": "x = 1\n"},
            finish(),
        ],
        **BLOCKS,
    )
    assert await run.go() == "completed", run.state().reason
    assert not outside.exists()
    refused = run.of(ev.ActionRefused)
    assert [refusal.tool for refusal in refused] == ["shell", "shell"]
    _, written, read, ran, asked, *_ = json.loads((run.workspace / "answers.json").read_text())
    assert "error" in written
    assert "error" in read
    assert ran["exit"] == 126
    assert "touch blocked" in ran["output"]
    assert asked == "no"


async def test_one_that_ends_badly_is_told_why_and_one_that_only_talks_ends_in_silence(tmp_path: Path) -> None:
    wrong: Step = {"do": "say", "text": '<finish_iteration>{"summary": 3}</finish_iteration>'}
    idle: Step = {"do": "say", "text": "Hm."}
    run = bench(tmp_path, [wrong], [idle], [idle], [idle], max_iterations=1)
    assert await run.go() == "exhausted"
    (finished,) = run.of(ev.IterationFinished)
    assert finished.ended_by == "silence"
    _, second, third, _ = json.loads((run.workspace / "answers.json").read_text())[::2]
    assert "does not fit its schema" in second["prompt"]
    assert "You called no tool" in third["prompt"]


async def test_nothing_is_known_of_what_it_costs_so_that_a_budget_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="nobody knows what the agent costs"):
        bench(tmp_path, budget_limit="5")
    (tmp_path / "again").mkdir()
    run = bench(tmp_path / "again", [finish()], budget_limit="5", acp_unmetered=True)
    assert await run.go() == "completed"
    assert run.state().books.unpriced > 0
    assert any("no budget holds it" in gap for gap in run.of(ev.EngineStarted)[0].confinement.uncovered)


def decided_beyond(run: Bench, count: int) -> Callable[[RunState], bool]:
    return lambda _: len(run.of(ev.ApprovalDecided)) > count


def waiting(state: RunState) -> bool:
    return any(each.decision is None for each in state.approvals.values())


async def test_an_approval_is_for_one_action_whatever_the_agent_calls_it(tmp_path: Path) -> None:
    again: Step = {"do": "ask", "command": "echo 1 >> a", "name": "one"}
    run = bench(
        tmp_path,
        [again, again, {"do": "run", "command": "echo 2 >> a"}],
        [{"do": "run", "command": "echo 2 >> a"}, finish()],
        staged_autonomy=True,
    )
    decisions = iter([True, True, False, True, False])  # the plan first
    decided = 0
    async with run.going() as going:
        for decision in decisions:
            state = await run.until(waiting)
            (waits,) = [each.request for each in state.approvals.values() if each.decision is None]
            verdict: Literal["approved", "denied"] = "approved" if decision else "denied"
            run.post(rq.Decide(by="test", approval=waits.approval, digest=waits.digest, decision=verdict))
            await run.until(decided_beyond(run, decided))
            decided += 1
        assert await going == "completed"
    assert (run.workspace / "a").read_text() == "1\n2\n"


async def test_what_a_person_made_of_a_request_for_permission_is_not_taken_for_a_yes_to_the_request(
    tmp_path: Path,
) -> None:
    run = bench(tmp_path, [{"do": "ask", "command": "touch asked"}, finish()], staged_autonomy=True)
    async with run.going() as going:
        for decided, edited in enumerate((None, {"command": "touch mine"})):  # the plan first
            state = await run.until(waiting)
            (waits,) = [each.request for each in state.approvals.values() if each.decision is None]
            await run.clock.sleep(30)
            run.post(
                rq.Decide(by="test", approval=waits.approval, digest=waits.digest, decision="approved", edited=edited)
            )
            await run.until(decided_beyond(run, decided))
        assert await going == "completed"
    assert not {"asked", "mine"} & {path.name for path in run.workspace.iterdir()}
    (finished,) = run.of(ev.ActionFinished)
    assert not finished.ok
    assert "Not done: " in finished.output.text
    assert 30 <= run.of(ev.ModelAnswered)[-1].seconds < 60
    assert "no" in json.loads((run.workspace / "answers.json").read_text())
