"""A person changes an action before approving it: that is done, and the model is told so."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import UsageError
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Risk
from loki_tui.engine.framing import framed
from loki_tui.engine.prompts import EDITED_CHARS, INTERRUPTED
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from tests.support.approving import MAKES, approve_the_plan, asked, decide, staged, told, waiting, warned
from tests.support.runs import Bench
from tests.support.scripted import call, finishes, says

INSTEAD: dict[str, JsonValue] = {"command": "echo 2 > instead; echo said"}


def one_command(tmp_path: Path) -> Bench:
    return staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))


async def test_what_the_person_made_of_it_is_done_and_told(tmp_path: Path) -> None:
    bench = one_command(tmp_path)
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await waiting(bench), "approved", edited=INSTEAD)
        assert await run == "exhausted"
    assert (bench.workspace / "instead").exists()
    assert not (bench.workspace / "made").exists()
    assert bench.of(ev.ApprovalDecided)[-1].edited == {**INSTEAD, "background": False}
    (started,) = bench.of(ev.ActionStarted)
    assert started.input["command"] == INSTEAD["command"]
    assert told(bench).startswith("The person in charge changed this call before approving it.")
    assert "echo 2 > instead" in told(bench)
    assert told(bench).endswith("What came of it:\n" + framed("said\n", source="shell"))


async def test_its_risk_is_that_of_what_is_done(tmp_path: Path) -> None:
    bench = one_command(tmp_path)
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await waiting(bench), "approved", edited={"command": "rm -f README.md"})
        assert await run == "exhausted"
    assert bench.of(ev.ActionStarted)[0].risk is Risk.DESTRUCTIVE


async def test_a_file_is_written_as_the_person_wrote_it(tmp_path: Path) -> None:
    write = call("write_file", path="a.txt", content="theirs\n")
    bench = staged(tmp_path, says(write), finishes(claims_done=False))
    async with bench.going() as run:
        await approve_the_plan(bench)
        content = "mine\n" * EDITED_CHARS
        decide(bench, await waiting(bench), "approved", edited={"path": "b.txt", "content": content})
        assert await run == "exhausted"
    assert (bench.workspace / "b.txt").read_text() == content
    assert not (bench.workspace / "a.txt").exists()
    assert "[cut here]" in told(bench)
    assert "Created b.txt" in told(bench)


@pytest.mark.parametrize("edited", [{"command": 5}, {}, {"command": "x", "more": 1}])
async def test_what_does_not_fit_the_tool_is_turned_down_and_it_waits_on(
    tmp_path: Path, edited: dict[str, JsonValue]
) -> None:
    bench = one_command(tmp_path)
    async with bench.going() as run:
        await approve_the_plan(bench)
        approval = await waiting(bench)
        decide(bench, approval, "approved", edited=edited)
        state = await warned(bench, "it still waits")
        assert list(state.undecided) == ["p2"]
        assert bench.of(ev.ActionStarted) == []
        decide(bench, approval, "approved")
        assert await run == "exhausted"
    assert (bench.workspace / "made").exists()


async def test_a_secret_is_not_taken_down(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    bench = one_command(tmp_path)
    async with bench.going() as run:
        await approve_the_plan(bench)
        approval = await waiting(bench)
        with pytest.raises(UsageError, match="never written down"):
            decide(bench, approval, "approved", edited={"command": f"echo {token}"})
        decide(bench, approval, "denied")
        assert await run == "exhausted"
    assert all(token not in event.model_dump_json() for event in bench.events())


async def test_a_secret_that_only_the_engine_knows_is_not_left_in_the_inbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "known-to-the-engine-alone")
    bench = one_command(tmp_path)
    async with bench.going() as run:
        await approve_the_plan(bench)
        approval = await waiting(bench)
        decide(bench, approval, "approved", edited={"command": "echo known-to-the-engine-alone"})
        await warned(bench, "secret")
        decide(bench, approval, "denied", reason="not known-to-the-engine-alone")
        assert await run == "exhausted"
    assert "redacted:DEPLOY_TOKEN" in told(bench)
    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert [path for path in kept if path.name.startswith("journal")]
    assert not [path for path in kept if b"known-to-the-engine-alone" in path.read_bytes()]


async def test_a_file_that_changed_meanwhile_is_asked_about_anew_all_the_same(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("write_file", path="README.md", content="x")), finishes(claims_done=False))
    async with bench.going() as run:
        await approve_the_plan(bench)
        first = await asked(bench, "p2")
        (bench.workspace / "README.md").write_text("someone else's\n")
        decide(bench, first, "approved", edited={"path": "README.md", "content": "y"})
        decide(bench, await asked(bench, "p3"), "denied")
        assert await run == "exhausted"
    assert (bench.workspace / "README.md").read_text() == "someone else's\n"


# -- an engine that dies ------------------------------------------------------------------------


async def asked_and_left(bench: Bench) -> ev.ApprovalRequested:
    """An engine that is gone while it waited."""
    async with bench.going():
        await approve_the_plan(bench)
        return (await waiting(bench)).request


def journal(bench: Bench, *events: Event) -> None:
    """What the engine before still wrote."""
    with EngineLock.acquire(bench.around.project.state, run=bench.run) as lock, SqliteJournal.open(lock) as opened:
        opened.append(*events)


def edited_decision(request: ev.ApprovalRequested) -> ev.ApprovalDecided:
    return ev.ApprovalDecided(approval=request.approval, decision="approved", by="ada", edited=INSTEAD)


async def test_a_crash_between_decision_and_action_changes_nothing(tmp_path: Path) -> None:
    bench = one_command(tmp_path)
    journal(bench, edited_decision(await asked_and_left(bench)))
    bench.post(rq.Resume(by="ada"))
    async with bench.going() as run:
        assert await run == "exhausted"
    assert len(bench.of(ev.ApprovalRequested)) == 2
    assert (bench.workspace / "instead").exists()
    assert not (bench.workspace / "made").exists()
    assert "changed this call" in told(bench)


async def test_a_crash_in_the_action_is_told_with_the_change(tmp_path: Path) -> None:
    bench = one_command(tmp_path)
    request = await asked_and_left(bench)
    assert request.call
    started = ev.ActionStarted(
        action="a1", call=request.call, agent="agent", tool="shell", input=INSTEAD, risk=Risk.RUN
    )
    journal(bench, edited_decision(request), started)
    bench.post(rq.Resume(by="ada"))
    async with bench.going() as run:
        assert await run == "exhausted"
    assert not (bench.workspace / "instead").exists()
    assert "echo 2 > instead" in told(bench)
    assert told(bench).endswith(INTERRUPTED)
