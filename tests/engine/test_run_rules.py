"""What a person approved for the whole run happens without waiting, and nothing else does."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.vocabulary import Purpose, Risk, Rule
from tests.support.approving import approve_the_plan, asked, decide, staged, waiting, warned
from tests.support.scripted import call, finishes, says

RULE = "./check *"


def checks(*words: str) -> str:
    return " ".join(("./check", *words))


def with_check(workspace: Path) -> None:
    program = workspace / "check"
    program.write_text('#!/bin/sh\necho "$@" >> checked\n')
    program.chmod(0o755)


def checked(workspace: Path) -> list[str]:
    return (workspace / "checked").read_text().splitlines()


async def test_such_actions_are_done_and_journaled_without_waiting(tmp_path: Path) -> None:
    turns = [says(call("shell", command=checks(word))) for word in ("one", "two")]
    bench = staged(tmp_path, *turns, finishes(claims_done=False))
    with_check(bench.workspace)
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await waiting(bench), "approved", pattern=RULE)
        assert await run == "exhausted"
    assert checked(bench.workspace) == ["one", "two"]
    assert bench.state().rules == [Rule(pattern=RULE, tool="shell", risk=Risk.RUN, by="ada")]
    assert [decided.by for decided in bench.of(ev.ApprovalDecided)] == ["ada", "ada", f"rule {RULE}"]
    assert [decided.pattern for decided in bench.of(ev.ApprovalDecided)] == ["", RULE, ""]
    third = bench.of(ev.ApprovalRequested)[2]
    assert (third.approval, third.input) == ("p3", {"command": "./check two", "background": False})
    assert bench.kinds().count("run_waiting") == 2


async def test_anything_else_waits_as_before(tmp_path: Path) -> None:
    commands = ["./check one", "./check one; ./check two", "./check --more", "./check /etc"]
    turns = [says(call("shell", command=command)) for command in commands]
    bench = staged(tmp_path, *turns, finishes(claims_done=False))
    with_check(bench.workspace)
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await asked(bench, "p2"), "approved", pattern=RULE)
        for name in ("p3", "p4", "p5"):
            decide(bench, await asked(bench, name), "denied")
        assert await run == "exhausted"
    assert checked(bench.workspace) == ["one"]


async def test_a_rule_outlives_the_engine(tmp_path: Path) -> None:
    turns = [says(call("shell", command=checks(word))) for word in ("one", "two", "three")]
    turns.insert(1, says(call("shell", command="true")))
    bench = staged(tmp_path, *turns, finishes(claims_done=False))
    with_check(bench.workspace)
    async with bench.going():
        await approve_the_plan(bench)
        decide(bench, await asked(bench, "p2"), "approved", pattern=RULE)
        await asked(bench, "p3")
    bench.post(rq.Resume(by="ada"))
    async with bench.going() as run:
        decide(bench, await asked(bench, "p3"), "approved")
        assert await run == "exhausted"
    assert checked(bench.workspace) == ["one", "two", "three"]


async def test_what_waits_already_is_let_go_too(tmp_path: Path) -> None:
    tasks: list[JsonValue] = [{"role": "checker", "task": word} for word in ("one", "two")]
    bench = staged(tmp_path, says(call("delegate", tasks=tasks)), finishes(claims_done=False))
    bench.model.turns[Purpose.DELEGATE] = [
        *(says(call("shell", command=checks(word))) for word in ("one", "two")),
        finishes(),
        finishes(),
    ]
    with_check(bench.workspace)
    async with bench.going() as run:
        await approve_the_plan(bench)
        both = (await bench.until(lambda state: len(state.undecided) == 2)).waiting_approvals
        assert {approval.request.agent for approval in both} == {"agent/a1.1", "agent/a1.2"}
        decide(bench, both[1], "approved", pattern=RULE)
        assert await run == "exhausted"
    assert sorted(checked(bench.workspace)) == ["one", "two"]
    assert sorted(decided.by for decided in bench.of(ev.ApprovalDecided)) == ["ada", "ada", f"rule {RULE}"]


async def test_a_pattern_that_is_none_is_turned_down_and_it_waits_on(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command="./check one")), finishes(claims_done=False))
    with_check(bench.workspace)
    async with bench.going() as run:
        await approve_the_plan(bench)
        approval = await waiting(bench)
        decide(bench, approval, "approved", pattern="bash *")
        await warned(bench, "runs what its arguments say")
        decide(bench, approval, "approved", pattern="other *")
        state = await warned(bench, "does not cover the action itself")
        assert (list(state.undecided), state.rules) == (["p2"], [])
        decide(bench, approval, "denied")
        assert await run == "exhausted"


async def test_files_are_covered_where_they_really_are(tmp_path: Path) -> None:
    bench = staged(tmp_path)
    workspace = bench.workspace
    (workspace / "src").mkdir()
    (workspace / "src/hooks").symlink_to("../.git/hooks")
    (workspace / "src/other").symlink_to("..")
    paths = ["src/a.py", "src/deep/b.py", str(workspace / "src/c.py"), "src/hooks/pre-commit", "src/other/x", "x"]
    turns = [says(call("write_file", path=path, content="x\n")) for path in paths]
    edit = call("edit_file", path="src/a.py", old_string="x", new_string="y")
    bench.model.turns[Purpose.WORK] = [*turns, says(edit), finishes(claims_done=False)]
    async with bench.going() as run:
        await approve_the_plan(bench)
        first = await asked(bench, "p2")
        assert first.request.pattern == "src/**"
        decide(bench, first, "approved", pattern="src/**")
        # What lies in .git is not even asked about; what else a link leads out to is.
        for name in ("p5", "p6"):
            decide(bench, await asked(bench, name), "denied")
        assert await run == "exhausted"
    by_rule = [decided.approval for decided in bench.of(ev.ApprovalDecided) if decided.by == "rule src/**"]
    assert by_rule == ["p3", "p4", "p7"]
    assert (workspace / "src/a.py").read_text() == "y\n"
    assert not (workspace / ".git/hooks/pre-commit").exists()


async def test_nothing_graver_is_covered(tmp_path: Path) -> None:
    turns = [says(call("shell", command=command)) for command in ("git status", "git status -f")]
    bench = staged(tmp_path, *turns, finishes(claims_done=False))
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await asked(bench, "p2"), "approved", pattern="git status *")
        second = await asked(bench, "p3")
        assert second.request.risk is Risk.DESTRUCTIVE
        decide(bench, second, "denied")
        assert await run == "exhausted"
