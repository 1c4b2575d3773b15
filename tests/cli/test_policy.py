"""`loki policy`: the rules shown, tried and explained."""

from __future__ import annotations

import asyncio
import json

from loki_tui.core.blocking import DEFAULT_BLOCKED
from tests.support.program import LOKI, PATIENCE, Done, Program


async def fed(loki: Program, *arguments: str, stdin: bytes) -> Done:
    """Run a command that reads something."""
    process = await asyncio.create_subprocess_exec(
        *LOKI,
        *arguments,
        cwd=loki.workspace,
        env=loki.environ,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate(stdin)
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def test_the_rules_are_shown_with_their_source(loki: Program) -> None:
    told = await loki("policy", "show", "--json")
    assert [row["rule"] for row in told.rows] == list(DEFAULT_BLOCKED)
    assert {row["source"] for row in told.rows} == {"default"}
    told = await loki.with_(LOKI_BLOCKED_COMMANDS="npm publish,rm -rf /")("policy")
    assert told.out == "npm publish  from LOKI_BLOCKED_COMMANDS\nrm -rf /  from default\n"
    assert "Loki's own rules" in told.err


async def test_a_command_is_tried_and_not_run(loki: Program) -> None:
    told = await loki("policy", "test", "touch x; rm -rf /")
    assert (told.code, told.out) == (
        1,
        "block: It would run `rm -rf /`, which the rule `rm -rf /` blocks. (from default)\n",
    )
    assert not (loki.workspace / "x").exists()
    told = await loki("policy", "test", "git push --force", "--json")
    assert (told.code, told.rows[0]["verdict"], told.rows[0]["rule"]) == (1, "block", "git push --force")
    assert (await loki("policy", "test", "ls")).code == 0
    assert (await loki("policy", "test", "rm -rf $x")).code == 3


async def test_many_are_tried_in_their_order(loki: Program) -> None:
    commands = [*(f"echo {number} | cat" for number in range(150)), "rm -rf /", "", "a\nb", "$x", "\udcff"]
    data = b"".join(command.encode(errors="surrogateescape") + b"\0" for command in commands)
    told = await fed(loki, "policy", "test", "--json", "-", stdin=data)
    assert told.code == 0
    assert [row["command"] for row in told.rows] == commands
    assert [row["verdict"] for row in told.rows] == [*["allow"] * 150, "block", "allow", "allow", "ask", "ask"]
    assert set(told.rows[0]) == {"command", "verdict", "rule", "why", "source"}
    told = await fed(loki, "policy", "test", "--json", "-", stdin=b"ls")
    assert json.loads(told.out)["command"] == "ls"


async def test_a_rule_is_explained(loki: Program) -> None:
    told = await loki("policy", "explain", "rm -rf /")
    assert told.out.startswith("rm -rf /: in force, from default\nRuns of rm that have all of these")
    told = await loki("policy", "explain", "npm publish")
    assert told.out.startswith("npm publish: not in force\n")
    told = await loki("policy", "explain", "a | b")
    assert told.code == 2
    assert "a rule is one program with its words" in told.err


async def test_a_wrong_rule_stops_the_start(loki: Program) -> None:
    told = await loki.with_(LOKI_BLOCKED_COMMANDS="rm -rf /,,dd")("start", "--headless", "prd.md")
    assert told.code == 2
    assert "one of the rules is empty" in told.err
