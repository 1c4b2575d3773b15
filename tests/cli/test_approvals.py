"""Staged autonomy from the command line: what waits is listed, shown, approved and denied."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from tests.cli.conftest import replaying
from tests.support.answers import cassette
from tests.support.program import Program, done, line_with
from tests.support.scripted import call, finishes, says


async def test_nothing_happens_before_a_person_says_so(loki: Program, tmp_path: Path) -> None:
    turns = (
        says(call("shell", command="touch denied")),
        says(call("write_file", path="approved", content="yes\n")),
        finishes(),
    )
    recording = cassette(tmp_path / "staged.jsonl", *turns)
    staged = loki.with_(**replaying(recording), LOKI_STAGED_AUTONOMY="true")
    async with staged.started("start") as engine:
        await line_with(engine, "approval p1 wanted")
        assert "loki approvals show p1" in (await staged("status")).out
        listed = await staged("approvals", "list")
        assert listed.out.startswith("p1  ")
        assert "It works" in (await staged("approvals", "show", "p1")).out
        assert (await staged("approvals", "approve", "p1")).code == 0
        await line_with(engine, "approval p2 wanted")
        assert "touch denied" in (await staged("approvals", "show", "p2")).out
        assert not (loki.workspace / "denied").exists()
        assert (await staged("approvals", "deny", "p2", "--reason", "no litter")).code == 0
        await line_with(engine, "approval p3 wanted")
        twice = await staged("approvals", "approve", "p2")
        assert twice.code == 2
        assert "denied already" in twice.err
        unknown = await staged("approvals", "approve", "p9")
        assert unknown.code == 2
        assert "loki approvals list" in unknown.err
        assert (await staged("approvals", "approve", "p3")).code == 0
        run = await done(engine)
    assert run.code == 0, run
    assert not (loki.workspace / "denied").exists()
    assert (loki.workspace / "approved").read_text() == "yes\n"
    # Who comes in the morning reads of the run that is over.
    after = await staged("approvals", "list")
    assert (after.code, after.out) == (0, "")
    assert "has ended: completed" in after.err
    assert (await staged("approvals", "rules", "list")).code == 0
    over = await staged("approvals", "approve", "p1")
    assert over.code == 2
    assert "no unfinished run" in over.err


CONTENT = "".join(f"x{number} = {number}\n" for number in range(3000))


async def test_an_action_is_changed_widened_and_taken_together_with_others(loki: Program, tmp_path: Path) -> None:
    tasks: list[JsonValue] = [{"role": "writer", "task": name} for name in ("x", "y")]
    turns = (
        says(call("shell", command="touch one")),
        says(call("write_file", path="src/a.py", content=CONTENT)),
        says(call("write_file", path="src/b.py", content="b = 1\n")),
        says(call("delegate", tasks=tasks)),
        finishes(),
    )
    subs = (*(says(call("shell", command=f"touch {name}")) for name in ("x", "y")), finishes(), finishes())
    recording = cassette(tmp_path / "staged.jsonl", *turns, delegates=subs)
    staged = loki.with_(**replaying(recording), LOKI_STAGED_AUTONOMY="true")

    async def refused(*arguments: str) -> str:
        refusal = await staged("approvals", "approve", *arguments)
        assert refusal.code == 2, refusal
        return refusal.err

    async with staged.started("start") as engine:
        await line_with(engine, "approval p1 wanted")
        assert "Name approvals, or say --all" in await refused()
        assert "Name approvals, or say --all" in await refused("p1", "--all")
        assert "suggests no pattern for p1" in await refused("p1", "--for-run")
        assert "p1 is no command" in await refused("p1", "--command", "x")
        assert (await staged("approvals", "approve", "p1")).code == 0

        await line_with(engine, "approval p2 wanted")
        shown = (await staged("approvals", "show", "p2")).out
        assert f"in: {loki.workspace}" in shown
        assert "such actions: touch * (loki approvals approve p2 --for-run)" in shown
        assert "only exactly this command" in await refused("p2", "--pattern", "bash *")
        assert "does not cover the action" in await refused("p2", "--pattern", "mkdir *")
        assert "command: String should have" in await refused("p2", "--command", "")
        changed = await staged("approvals", "approve", "p2", "--command", "touch two")
        assert "p2 is approved, changed." in changed.err

        await line_with(engine, "approval p3 wanted")
        shown = (await staged("approvals", "show", "p3")).out
        assert "+++ b/src/a.py" in shown
        assert "[the rest of the diff is not shown]" in shown
        assert all(f"  x{number} = {number}\n" in shown for number in range(3000))
        assert "cannot be decided so: only the suggested" in await refused("p3", "--pattern", "src/*.py")
        widened = await staged("approvals", "approve", "p3", "--for-run")
        assert "p3 is approved, and in this run: src/**." in widened.err

        await line_with(engine, "approval p4 approved by rule src/**")
        await line_with(engine, "approval p6 wanted")
        assert "about one approval" in await refused("p5", "p6", "--command", "true")
        assert (await staged("approvals", "approve", "p5", "--all")).code == 2
        both = await staged("approvals", "approve", "--all")
        assert both.err.splitlines() == ["p5 is approved.", "p6 is approved."]
        run = await done(engine)
    assert run.code == 0, run
    assert not (loki.workspace / "one").exists()
    assert all((loki.workspace / name).exists() for name in ("two", "src/b.py", "x", "y"))
    assert (loki.workspace / "src/a.py").read_text() == CONTENT
