"""Approvals for those who are not there: waiting for them, deciding after a crash, taking rules back."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from signal import SIGKILL

import pytest

from loki_tui.cli.waiting import Came
from tests.cli.conftest import replaying
from tests.support.answers import cassette
from tests.support.program import WAITS, Program, done, line_with
from tests.support.scripted import call, finishes, says


def staged(loki: Program, tmp_path: Path, *commands: str) -> Program:
    """A run in which everything waits for a person, with these commands."""
    turns = (*(says(call("shell", command=command)) for command in commands), finishes())
    recording = cassette(tmp_path / "staged.jsonl", *turns)
    return loki.with_(**replaying(recording), LOKI_STAGED_AUTONOMY="true")


async def test_a_decision_is_waited_for_from_both_sides(loki: Program, tmp_path: Path) -> None:
    program = staged(loki, tmp_path, "touch one", "touch two")
    async with program.started("start") as engine:
        await line_with(engine, "run on")
        waiting = await program("approvals", "list", "--wait", "--timeout", "50", "--json")
        assert waiting.code == 0, waiting
        assert [row["approval"] for row in waiting.rows] == ["p1"]
        shown = await program("approvals", "show", "p1", "--json")
        (row,) = shown.rows
        assert row["detail"].startswith("R1: ")
        assert row["digest"]
        approved = await program("approvals", "approve", "p1", "--wait", "--json")
        assert (approved.code, approved.rows) == (
            0,
            [{"approval": "p1", "decision": "approved", "taken": True, "why": ""}],
        )
        assert (await program("approvals", "list", "--wait", "--timeout", "50")).out.startswith("p2  ")
        assert (await program("approvals", "approve", "p2", "--wait")).code == 0
        assert (await program("approvals", "list", "--wait", "--timeout", "50")).out.startswith("p3  ")
        denied = await program("approvals", "deny", "p3", "--reason", "no", "--wait")
        assert denied.code == 0, denied
        run = await done(engine)
    assert run.code == 0, run
    over = await program("approvals", "list", "--wait", "--run", (await program("runs", "--json")).rows[0]["run"])
    assert over.code == 20, over
    assert (loki.workspace / "one").exists()
    assert not (loki.workspace / "two").exists()


async def test_waiting_has_an_end_of_its_own(loki: Program, tmp_path: Path) -> None:
    slow = cassette(tmp_path / "slow.jsonl", says(call("shell", command=WAITS)), finishes())
    program = loki.with_(**replaying(slow))
    async with program.started("start") as engine:
        await line_with(engine, "until")
        nothing = await program("approvals", "list", "--wait", "--timeout", "0.2")
        assert (nothing.code, nothing.out) == (1, "")
        assert "Nothing waits for you." in nothing.err
        (loki.workspace / "go").touch()
        assert (await done(engine)).code == 0


async def test_what_waits_survives_the_engine_and_so_does_the_decision(loki: Program, tmp_path: Path) -> None:
    """The engine is killed while an action waits; a person decides meanwhile; the run goes on from there."""
    program = staged(loki, tmp_path, "touch one", "touch two")
    async with program.started("start") as engine:
        await line_with(engine, "approval p1 wanted")
        assert (await program("approvals", "approve", "p1", "--wait")).code == 0
        await line_with(engine, "approval p2 wanted")
        os.kill(engine.pid, SIGKILL)
        await engine.wait()
    assert not (loki.workspace / "one").exists()
    listed = await program("approvals", "list", "--json")
    assert [row["approval"] for row in listed.rows] == ["p2"]
    decided = await program("approvals", "approve", "p2", "--wait")
    assert decided.code == 1
    assert "no engine is at work; it is taken when the run goes on" in decided.err
    async with program.started("resume") as engine:
        await line_with(engine, "approval p2 approved by")
        await line_with(engine, "approval p3 wanted")
        assert (loki.workspace / "one").exists()
        assert (await program("approvals", "deny", "p3", "--wait")).code == 0
        assert (await done(engine)).code == 0
    assert not (loki.workspace / "two").exists()


async def test_of_two_who_decide_the_first_is_taken_and_the_other_is_told(loki: Program, tmp_path: Path) -> None:
    program = staged(loki, tmp_path, "touch one")
    async with program.started("start") as engine:
        await line_with(engine, "approval p1 wanted")
        assert (await program("approvals", "approve", "p1", "--wait")).code == 0
        await line_with(engine, "approval p2 wanted")
        # Both come while the engine stands still: neither knows of the other.
        assert (await program("pause")).code == 0
        await line_with(engine, "PAUSED")
        first, second = await asyncio.gather(
            program("approvals", "approve", "p2", "--wait", "--json"),
            program("approvals", "deny", "p2", "--wait", "--json"),
        )
        codes = sorted((first.code, second.code))
        assert codes in ([0, 1], [0, 2]), (first, second)
        assert (await program("resume")).code == 0
        await done(engine)


async def test_a_stopped_run_takes_what_waits_with_it(loki: Program, tmp_path: Path) -> None:
    program = staged(loki, tmp_path, "touch one")
    async with program.started("start") as engine:
        await line_with(engine, "approval p1 wanted")
        assert (await program("approvals", "approve", "p1", "--wait")).code == 0
        await line_with(engine, "approval p2 wanted")
        waiter = asyncio.create_task(program("stop"))
        assert (await done(engine)).code == 20
        assert (await waiter).code == 0
    run = (await program("runs", "--json")).rows[0]["run"]
    late = await program("approvals", "approve", "p2", "--run", run)
    assert late.code == 2
    assert "has ended" in late.err
    assert not (loki.workspace / "one").exists()


async def test_rules_are_listed_tried_and_taken_back(loki: Program, tmp_path: Path) -> None:
    program = staged(loki, tmp_path, "touch one", "touch two", "true", "touch three")
    async with program.started("start") as engine:
        await line_with(engine, "approval p1 wanted")
        assert "Nothing is approved for this run beforehand." in (await program("approvals", "rules")).err
        assert (await program("approvals", "approve", "p1")).code == 0
        await line_with(engine, "approval p2 wanted")
        assert (await program("approvals", "approve", "p2", "--pattern", "touch *")).code == 0
        await line_with(engine, "approval p4 wanted")
        (rule,) = (await program("approvals", "rules", "list", "--json")).rows
        assert (rule["pattern"], rule["tool"], rule["risk"], rule["uses"]) == ("touch *", "shell", "run", 1)
        assert "used 1 time" in (await program("approvals", "rules")).out
        tried = await program("approvals", "rules", "try", "touch *")
        assert tried.out == "touch * would have allowed 2 actions of 2 actions in 1 run; none of them is risky.\n"
        (figures,) = (await program("approvals", "rules", "try", "touch *", "--json")).rows
        assert (figures["allowed"], figures["risky"], figures["named"]) == (2, 0, [])
        assert (await program("approvals", "rules", "try", "bash *")).code == 2
        unknown = await program("approvals", "rules", "revoke", "cargo *")
        assert unknown.code == 2
        assert "There are: touch *." in unknown.err
        assert (await program("approvals", "rules", "revoke", "touch *", "--wait")).code == 0
        await line_with(engine, "touch * is asked about again")
        assert (await program("approvals", "deny", "p4", "--wait")).code == 0
        await line_with(engine, "approval p5 wanted")
        summary = (await program("status", "--json")).rows[0]
        assert (summary["rules"], summary["approval_fatigue"]["asked_last_hour"]) == ([], 4)
        assert (await program("approvals", "deny", "p5")).code == 0
        assert (await done(engine)).code == 0
    assert not (loki.workspace / "three").exists()


@pytest.mark.parametrize(
    "arguments", [("list", "--timeout", "0"), ("list", "--timeout", "-1"), ("rules", "try"), ("rules", "revoke")]
)
async def test_what_makes_no_sense_is_refused(loki: Program, arguments: tuple[str, ...]) -> None:
    assert (await loki("approvals", *arguments)).code == 2


def test_json_is_what_it_says() -> None:
    assert json.loads(Came("p1", False, 'he said "no"').as_json("denied"))["why"] == 'he said "no"'
