"""Staged autonomy from the command line: what waits is listed, shown, approved and denied."""

from __future__ import annotations

from pathlib import Path

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
