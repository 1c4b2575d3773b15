"""Staged autonomy: nothing happens before a person decided on exactly that."""

from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.messages import ToolResult
from loki_tui.core.state import Approval, RunState
from loki_tui.core.tools import EditFile, ReadFile, Shell, ToolInput, WriteFile
from loki_tui.core.vocabulary import Purpose, Risk, Status
from loki_tui.engine.approvals import propose_action
from tests.support.runs import Bench, make_bench
from tests.support.scripted import ScriptedModel, call, finishes, plans, says

MAKES = "echo 1 > made"


def staged(tmp_path: Path, *turns: object, **settings: object) -> Bench:
    """A run in which everything waits for a person."""
    return make_bench(tmp_path, ScriptedModel(*turns), staged_autonomy=True, max_iterations=1, **settings)  # type: ignore[arg-type]


async def waiting(bench: Bench, subject: str = "action") -> Approval:
    """What waits for a decision, once it does."""

    def there(state: RunState) -> bool:
        return any(approval.request.subject == subject for approval in state.waiting_approvals)

    (approval,) = (await bench.until(there)).waiting_approvals
    return approval


def decide(bench: Bench, approval: Approval, decision: str, *, digest: str = "", reason: str = "") -> None:
    """Post a decision."""
    asked = approval.request
    bench.post(
        rq.Decide.model_validate(
            {
                "by": "ada",
                "approval": asked.approval,
                "digest": digest or asked.digest,
                "decision": decision,
                "reason": reason,
            }
        )
    )


async def approve_the_plan(bench: Bench) -> None:
    decide(bench, await waiting(bench, "plan"), "approved")


def told(bench: Bench, turn: int = 1) -> str:
    """What the model was told came of its call."""
    (result,) = (part for part in bench.model.sent()[turn].messages[-1].parts if isinstance(part, ToolResult))
    return result.content


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


def digest(tool_input: ToolInput, *, call: str = "c1", workspace: str = "/w") -> str:
    return propose_action(tool_input, call=call, risk=Risk.RUN, workspace=workspace).digest


def test_any_difference_makes_another_digest() -> None:
    inputs: list[ToolInput] = [
        Shell(command="ls"),
        Shell(command="ls "),
        Shell(command="ls", timeout_seconds=5),
        Shell(command="ls", background=True),
        WriteFile(path="ls", content=""),
        WriteFile(path="l", content="s"),
        EditFile(path="a", old_string="b", new_string="c"),
        EditFile(path="a", old_string="b", new_string="c", replace_all=True),
    ]
    digests = {digest(tool_input) for tool_input in inputs} | {digest(inputs[0], workspace="/elsewhere")}
    assert len(digests) == len(inputs) + 1
    assert digest(Shell(command="ls"), call="c2") == digest(inputs[0])


def test_a_person_sees_the_whole_of_it() -> None:
    long = "echo begin\n" + "x" * 5000 + "\necho end"
    shown = propose_action(Shell(command=long), call="c1", risk=Risk.RUN, workspace="/w")
    assert shown.title == "run echo begin"
    assert shown.detail == f"in /w:\n{long}"
    edit = EditFile(path="a.py", old_string="x = 1\ny = 2", new_string="x = 1\ny = 3")
    detail = propose_action(edit, call="c1", risk=Risk.EDIT, workspace="/w").detail
    assert "-y = 2" in detail
    assert "+y = 3" in detail
    assert (
        "a" * 9000
        in propose_action(WriteFile(path="b", content="a" * 9000), call="c1", risk=Risk.EDIT, workspace="/w").detail
    )
    assert "a.txt" in propose_action(ReadFile(path="a.txt"), call="c1", risk=Risk.READ, workspace="/w").detail
