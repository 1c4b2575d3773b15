"""Staged autonomy: nothing happens before a person decided on exactly that."""

from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.vocabulary import Purpose, Status
from loki_tui.engine.ports import ModelAnswer
from loki_tui.store.blobs import BlobStore
from tests.support.approving import MAKES, approve_the_plan, asked, decide, staged, told, waiting
from tests.support.scripted import call, finishes, plans, says


async def test_the_plan_then_each_action_waits(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    async with bench.going() as run:
        plan = await waiting(bench, "plan")
        assert plan.request.detail == "R1: It works"
        assert bench.state().planned is None
        decide(bench, plan, "approved")
        action = await waiting(bench)
        assert action.request.detail.endswith(MAKES)
        assert bench.state().status is Status.WAITING
        assert not (bench.workspace / "made").exists()
        decide(bench, action, "approved")
        assert await run == "exhausted"
    assert (bench.workspace / "made").exists()


async def test_reading_waits_for_nobody(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("list_files"), call("read_file", path="README.md")), finishes())
    async with bench.going() as run:
        await approve_the_plan(bench)
        await run
    assert len(bench.of(ev.ApprovalRequested)) == 1


async def test_a_refusal_reaches_the_model_with_its_reason(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await waiting(bench), "denied", reason="not on my machine")
        assert await run == "exhausted"
    assert told(bench) == "Refused by ada: not on my machine"
    assert not (bench.workspace / "made").exists()
    assert bench.of(ev.ActionStarted) == []


async def test_a_refused_plan_is_made_anew(tmp_path: Path) -> None:
    bench = staged(tmp_path, finishes(claims_done=False))
    bench.model.turns[Purpose.PLAN] = [plans("Too little"), plans("Everything")]
    async with bench.going() as run:
        first = await waiting(bench, "plan")
        decide(bench, first, "denied", reason="think bigger")
        second = (await bench.until(lambda state: "p2" in state.undecided)).approvals["p2"]
        assert second.request.digest != first.request.digest
        decide(bench, second, "approved")
        assert await run == "exhausted"
    assert bench.state().requirements["R1"].requirement.title == "Everything"
    assert "think bigger" in str(bench.model.sent(Purpose.PLAN)[1].messages[-1])


@pytest.mark.parametrize("digest", ["0" * 64, "another"])
async def test_a_decision_on_another_action_counts_for_nothing(tmp_path: Path, digest: str) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    async with bench.going() as run:
        await approve_the_plan(bench)
        approval = await waiting(bench)
        decide(bench, approval, "approved", digest=digest)
        await bench.until(lambda state: bool(state.warnings))
        state = bench.state()
        assert "was about another action" in state.warnings[-1]
        assert state.waiting_approvals[0].request == approval.request
        assert [warned.approval for warned in bench.of(ev.Warned)] == [approval.request.approval]
        decide(bench, approval, "denied")
        assert await run == "exhausted"
    assert not (bench.workspace / "made").exists()


async def test_the_first_decision_stands(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    async with bench.going() as run:
        await approve_the_plan(bench)
        approval = await waiting(bench)
        decide(bench, approval, "denied")
        decide(bench, approval, "approved")
        assert await run == "exhausted"
    assert "came for nothing that waits" in bench.state().warnings[-1]
    assert bench.of(ev.Warned)[-1].approval == "p2"
    assert not (bench.workspace / "made").exists()


async def test_a_decision_is_for_one_call_not_for_all_like_it(tmp_path: Path) -> None:
    turns = [says(call("shell", command=MAKES)), says(call("shell", command=MAKES)), finishes(claims_done=False)]
    bench = staged(tmp_path, *turns)
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await waiting(bench), "approved")
        again = (await bench.until(lambda state: "p3" in state.undecided)).approvals["p3"]
        decide(bench, again, "denied", reason="once is enough")
        assert await run == "exhausted"
    assert told(bench, turn=2) == "Refused by ada: once is enough"


async def test_nobody_there_is_a_refusal_in_the_end(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False), approval_timeout=600)
    bench.model.turns[Purpose.PLAN] = [says("no plan"), says("still none")]
    async with bench.going() as run:
        assert await run == "exhausted"
    assert bench.clock.slept == [600]
    assert told(bench) == "Refused by time limit: nobody decided within 600 s"
    assert [decided.decision for decided in bench.of(ev.ApprovalDecided)] == ["expired"]


async def test_a_stop_does_not_wait_for_a_decision(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)))
    async with bench.going() as run:
        await approve_the_plan(bench)
        await waiting(bench)
        bench.post(rq.Stop(by="ada"))
        assert await run == "stopped"
    assert bench.state().waiting_approvals == []


async def test_what_waits_outlives_the_engine_and_so_does_a_decision(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    async with bench.going():
        await approve_the_plan(bench)
        approval = await waiting(bench)
    decide(bench, approval, "approved")
    bench.post(rq.Resume(by="ada"))
    async with bench.going() as run:
        assert await run == "exhausted"
    assert [asked.approval for asked in bench.of(ev.ApprovalRequested)] == ["p1", "p2"]
    assert (bench.workspace / "made").exists()
    assert len(bench.model.sent()) == 2


async def test_what_a_lost_sub_agent_asked_for_is_withdrawn(tmp_path: Path) -> None:
    bench = staged(
        tmp_path, says(call("delegate", tasks=[{"role": "writer", "task": "do"}])), finishes(claims_done=False)
    )
    bench.model.turns[Purpose.DELEGATE] = [says(call("shell", command=MAKES))]
    async with bench.going():
        await approve_the_plan(bench)
        await waiting(bench)
    bench.post(rq.Resume(by="ada"))
    async with bench.going() as run:
        assert await run == "exhausted"
    assert bench.of(ev.ApprovalDecided)[-1].decision == "expired"
    assert not (bench.workspace / "made").exists()


async def test_a_pause_holds_what_was_approved_meanwhile(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    async with bench.going() as run:
        await approve_the_plan(bench)
        approval = await waiting(bench)
        bench.post(rq.Pause(by="ada"))
        await bench.until(lambda state: state.status is Status.PAUSED)
        bench.post(rq.Resume(by="ada"))
        await bench.until(lambda state: state.paused_by is None)
        assert bench.state().status is Status.WAITING, "it waits again, and says so"
        bench.post(rq.Pause(by="ada"))
        decide(bench, approval, "approved")
        await bench.until(lambda state: not state.undecided)
        assert bench.of(ev.ActionStarted) == []
        bench.post(rq.Resume(by="ada"))
        assert await run == "exhausted"
    assert (bench.workspace / "made").exists()


# -- what a person is shown ---------------------------------------------------------------------


async def test_a_person_sees_the_difference_to_the_file_as_it_is(tmp_path: Path) -> None:
    turns = [says(call("edit_file", path="README.md", old_string="hello", new_string="goodbye"))]
    bench = staged(tmp_path, *turns, finishes(claims_done=False))
    (bench.workspace / "README.md").write_text("one\nhello\nthree\n")
    async with bench.going() as run:
        await approve_the_plan(bench)
        request = (await waiting(bench)).request
        decide(bench, await waiting(bench), "approved")
        assert await run == "exhausted"
    assert request.diff is not None
    assert request.diff.text.endswith("@@ -1,3 +1,3 @@\n one\n-hello\n+goodbye\n three\n")
    assert request.tool == "edit_file"
    assert request.input == {
        "path": "README.md", "old_string": "hello", "new_string": "goodbye", "replace_all": False
    }  # fmt: skip
    assert (request.cwd, request.agent) == (str(bench.workspace), "agent")
    assert request.editable
    assert request.pattern == "README.md"
    assert (bench.workspace / "README.md").read_text() == "one\ngoodbye\nthree\n"


async def test_what_would_fail_is_answered_and_nobody_is_asked(tmp_path: Path) -> None:
    turns = [
        says(call("edit_file", path="README.md", old_string="missing", new_string="x")),
        says(call("write_file", path="/nowhere/x", content="x")),
        finishes(claims_done=False),
    ]
    bench = staged(tmp_path, *turns)
    async with bench.going() as run:
        await approve_the_plan(bench)
        assert await run == "exhausted"
    assert "does not occur" in told(bench)
    assert "outside what this run may write" in told(bench, turn=2)
    assert len(bench.of(ev.ApprovalRequested)) == 1
    assert bench.of(ev.ActionStarted) == []


TOKEN = "ghp_" + "a1B2" * 9


async def test_no_secret_is_written_down_and_the_action_is_what_it_was(tmp_path: Path) -> None:
    turns = [
        says(call("write_file", path=f"{TOKEN}.txt", content=f"token = {TOKEN}\n")),
        says(call("shell", command=f"echo {TOKEN} > made")),
        finishes(claims_done=False),
    ]
    bench = staged(tmp_path, *turns)
    async with bench.going() as run:
        await approve_the_plan(bench)
        for name in ("p2", "p3"):
            decide(bench, await asked(bench, name), "approved")
        assert await run == "exhausted"
    _, write, shell = bench.of(ev.ApprovalRequested)
    for request in (write, shell):
        assert TOKEN not in request.model_dump_json()
        assert not request.editable
        assert request.pattern == ""
    assert write.input == {"path": "[redacted:github_token].txt", "content": "token = [redacted:github_token]\n"}
    assert write.diff is not None
    assert "+token = [redacted:github_token]" in write.diff.text
    assert (bench.workspace / f"{TOKEN}.txt").read_text() == f"token = {TOKEN}\n"
    assert (bench.workspace / "made").read_text() == f"{TOKEN}\n"


async def test_what_is_long_is_cut_and_whole_elsewhere(tmp_path: Path) -> None:
    content = "".join(f"line {number}\n" for number in range(5000))
    bench = staged(tmp_path, says(call("write_file", path="long", content=content)), finishes(claims_done=False))
    async with bench.going() as run:
        await approve_the_plan(bench)
        request = (await waiting(bench)).request
        decide(bench, await waiting(bench), "approved")
        assert await run == "exhausted"
    assert len(request.model_dump_json()) < 20_000
    assert not request.editable
    assert request.detail_blob is not None
    assert "line 4999" in request.detail
    assert BlobStore(bench.around.project.state.blobs).get(request.detail_blob).decode() == content
    assert (bench.workspace / "long").read_text() == content


# -- what changes meanwhile ---------------------------------------------------------------------


def rewrites() -> ModelAnswer:
    return says(call("write_file", path="README.md", content="mine\n"))


async def test_a_file_that_changed_meanwhile_is_asked_about_anew(tmp_path: Path) -> None:
    bench = staged(tmp_path, rewrites(), finishes(claims_done=False))
    async with bench.going() as run:
        await approve_the_plan(bench)
        first = await asked(bench, "p2")
        (bench.workspace / "README.md").write_text("someone else's\n")
        decide(bench, first, "approved")
        second = await asked(bench, "p3")
        assert (bench.workspace / "README.md").read_text() == "someone else's\n"
        assert second.request.digest != first.request.digest
        assert second.request.diff is not None
        assert "-someone else's\n+mine\n" in second.request.diff.text
        decide(bench, second, "approved")
        assert await run == "exhausted"
    assert (bench.workspace / "README.md").read_text() == "mine\n"


async def test_a_refusal_holds_whatever_the_file_has_become(tmp_path: Path) -> None:
    bench = staged(tmp_path, rewrites(), finishes(claims_done=False))
    async with bench.going() as run:
        await approve_the_plan(bench)
        first = await asked(bench, "p2")
        (bench.workspace / "README.md").write_text("someone else's\n")
        decide(bench, first, "denied", reason="keep it")
        assert await run == "exhausted"
    assert told(bench) == "Refused by ada: keep it"


async def test_an_edit_that_fits_no_more_is_answered_so(tmp_path: Path) -> None:
    turns = [
        says(call("edit_file", path="README.md", old_string="hello", new_string="bye")),
        finishes(claims_done=False),
    ]
    bench = staged(tmp_path, *turns)
    async with bench.going() as run:
        await approve_the_plan(bench)
        first = await asked(bench, "p2")
        (bench.workspace / "README.md").unlink()
        decide(bench, first, "approved")
        assert await run == "exhausted"
    assert told(bench) == "README.md does not exist."
    assert bench.of(ev.ActionStarted) == []


async def test_what_was_asked_about_another_file_is_withdrawn_and_may_come_back(tmp_path: Path) -> None:
    bench = staged(tmp_path, rewrites(), finishes(claims_done=False))
    async with bench.going():
        await approve_the_plan(bench)
        await asked(bench, "p2")
    (bench.workspace / "README.md").write_text("someone else's\n")
    bench.post(rq.Resume(by="ada"))
    async with bench.going():
        assert list((await bench.until(lambda state: "p3" in state.undecided)).undecided) == ["p3"]
    (bench.workspace / "README.md").write_text("hello\n")
    bench.post(rq.Resume(by="ada"))
    async with bench.going() as run:
        fourth = await asked(bench, "p4")
        assert fourth.request.digest == bench.of(ev.ApprovalRequested)[1].digest
        decide(bench, fourth, "approved")
        assert await run == "exhausted"
    assert [decided.decision for decided in bench.of(ev.ApprovalDecided)] == [
        "approved",
        "expired",
        "expired",
        "approved",
    ]
    assert (bench.workspace / "README.md").read_text() == "mine\n"
