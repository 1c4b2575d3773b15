"""Rules hold whatever the model, the face or an approval says; what is unsure is asked where a person is there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import JsonValue

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.vocabulary import Purpose, Risk, Ruling, Status
from loki_tui.engine.gating import UNSURE_SECONDS
from tests.support.approving import approve_the_plan, asked, decide, staged, told, waiting, warned
from tests.support.policies import ScriptedPolicy
from tests.support.runs import Bench, make_bench
from tests.support.scripted import FakeClock, ScriptedModel, call, finishes, says

MAKES = "echo 1 > made"
WIPES = "wipe > made"
UNSURE = "echo $X > made"


def free(tmp_path: Path, *commands: str, attended: bool = False, **settings: object) -> Bench:
    """A run in which nothing waits unless a rule says so."""
    turns = [says(call("shell", command=command)) for command in commands]
    model = ScriptedModel(*turns, finishes(claims_done=False))
    bench = make_bench(tmp_path, model, **{"max_iterations": 1, **settings})
    bench.policy, bench.attended = ScriptedPolicy(), attended
    return bench


class StandingClock(FakeClock):
    """Time that does not pass: no limit ever comes."""

    async def sleep(self, seconds: float) -> None:
        """Wait for ever."""
        self.slept.append(seconds)
        await asyncio.Event().wait()


def made(bench: Bench) -> bool:
    return (bench.workspace / "made").exists()


# -- what is blocked ----------------------------------------------------------------------------


async def test_what_a_rule_blocks_is_not_done_and_the_model_hears_why(tmp_path: Path) -> None:
    bench = free(tmp_path, WIPES)
    assert await bench.go() == "exhausted"
    assert not made(bench)
    (refused,) = bench.of(ev.ActionRefused)
    assert (refused.tool, refused.input["command"], refused.by) == ("shell", WIPES, "policy")
    assert (refused.rule, refused.source) == ("wipe", "LOKI_BLOCKED_COMMANDS")
    assert told(bench).startswith("Refused by the limits of this run, and not done: it would wipe everything.")
    assert "The rule: wipe (LOKI_BLOCKED_COMMANDS)." in told(bench)
    assert bench.of(ev.ActionStarted) == []
    state = bench.state()
    assert (state.refusals, state.last_refused) == (1, refused)


async def test_a_person_is_not_asked_about_what_is_blocked(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=WIPES)), finishes(claims_done=False))
    bench.policy = ScriptedPolicy()
    async with bench.going() as run:
        await approve_the_plan(bench)
        assert await run == "exhausted"
    assert len(bench.of(ev.ApprovalRequested)) == 1
    assert len(bench.of(ev.ActionRefused)) == 1


async def test_a_block_cannot_be_edited_around(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    bench.policy = ScriptedPolicy()
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await waiting(bench), "approved", edited={"command": WIPES})
        assert await run == "exhausted"
    assert not made(bench)
    assert bench.of(ev.ActionStarted) == []
    assert bench.of(ev.ActionRefused)[0].input["command"] == WIPES
    assert told(bench).startswith("The person in charge changed this call before approving it.")
    assert "it would wipe everything" in told(bench)


async def test_a_rule_for_the_run_is_no_way_around_a_block(tmp_path: Path) -> None:
    commands = ["./check one", "./check wipe"]
    bench = staged(tmp_path, *(says(call("shell", command=one)) for one in commands), finishes(claims_done=False))
    bench.policy = ScriptedPolicy()
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await waiting(bench), "approved", pattern="./check *")
        assert await run == "exhausted"
    assert [refused.input["command"] for refused in bench.of(ev.ActionRefused)] == ["./check wipe"]


async def test_what_was_approved_before_the_rule_came_is_blocked_after_it(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    bench.policy = ScriptedPolicy({})
    async with bench.going():
        await approve_the_plan(bench)
        approval = await waiting(bench)
    decide(bench, approval, "approved")
    bench.post(rq.Resume(by="ada"))
    bench.policy = ScriptedPolicy({"made": Ruling(verdict="block", rule="made", why="it makes something")})
    async with bench.going() as run:
        assert await run == "exhausted"
    assert not made(bench)
    assert len(bench.of(ev.ActionRefused)) == 1


async def test_a_rule_with_a_secret_is_not_written_down(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    bench = free(tmp_path, f"echo {token}")
    bench.policy = ScriptedPolicy({token: Ruling(verdict="block", rule=token, why=f"{token} is in it")})
    assert await bench.go() == "exhausted"
    assert len(bench.of(ev.ActionRefused)) == 1
    assert all(token not in event.model_dump_json() for event in bench.events() if event.kind != "model_answered")


# -- what nobody can tell -----------------------------------------------------------------------


async def test_an_unsure_command_is_asked_where_a_person_is_there(tmp_path: Path) -> None:
    bench = free(tmp_path, UNSURE, MAKES, attended=True)
    bench.clock = StandingClock()
    async with bench.going() as run:
        approval = await waiting(bench)
        assert approval.request.unsure
        assert "what $X stands for is not known (rule wipe, LOKI_BLOCKED_COMMANDS)" in approval.request.reason
        decide(bench, approval, "approved")
        assert await run == "exhausted"
    assert made(bench)
    assert len(bench.of(ev.ApprovalRequested)) == 1


@pytest.mark.parametrize(
    ("settings", "attended"), [({}, False), ({"unsure_commands": "block"}, True)], ids=["nobody", "set so"]
)
async def test_and_refused_with_an_explanation_where_not(
    tmp_path: Path, settings: dict[str, object], *, attended: bool
) -> None:
    bench = free(tmp_path, UNSURE, attended=attended, **settings)
    assert await bench.go() == "exhausted"
    assert not made(bench)
    assert bench.of(ev.ApprovalRequested) == []
    assert "what $X stands for is not known; nobody is there to ask" in bench.of(ev.ActionRefused)[0].why
    assert "plain commands that say what they do" in told(bench)


async def test_the_night_is_not_held_up_by_a_question(tmp_path: Path) -> None:
    bench = free(tmp_path, UNSURE, attended=True)
    assert await bench.go() == "exhausted"
    assert bench.clock.slept == [UNSURE_SECONDS]
    assert told(bench) == "Refused by time limit: nobody decided within 900 s"


@pytest.mark.parametrize("attended", [True, False])
async def test_unless_it_is_set_otherwise(tmp_path: Path, *, attended: bool) -> None:
    bench = free(tmp_path, UNSURE, attended=attended, unsure_commands="ask", approval_timeout=60)
    assert await bench.go() == "exhausted"
    assert bench.clock.slept == [60]


async def test_a_person_who_writes_an_unsure_command_has_been_asked(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    bench.policy = ScriptedPolicy()
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await waiting(bench), "approved", edited={"command": UNSURE})
        assert await run == "exhausted"
    assert made(bench)


async def test_nothing_wider_than_itself_is_approved_of_an_unsure_command(tmp_path: Path) -> None:
    ask = Ruling(verdict="ask", why="it runs a script")
    commands = ["./check one", "./check two", "./check one", "./check two"]
    bench = staged(tmp_path, *(says(call("shell", command=one)) for one in commands), finishes(claims_done=False))
    bench.policy = ScriptedPolicy({"one": ask})
    async with bench.going() as run:
        await approve_the_plan(bench)
        first = await asked(bench, "p2")
        assert first.request.pattern == "./check one"
        decide(bench, first, "approved", pattern="./check *")
        await warned(bench, "only exactly this can be approved for a run")
        decide(bench, first, "approved")
        # Of the other, which is sure, the wide pattern is taken; it does not cover the first.
        decide(bench, await asked(bench, "p3"), "approved", pattern="./check *")
        again = await asked(bench, "p4")
        decide(bench, again, "approved", pattern="./check one")
        assert await run == "exhausted"
    assert [decided.by for decided in bench.of(ev.ApprovalDecided)] == ["ada"] * 4 + ["rule ./check *"]


# -- classes of risk ----------------------------------------------------------------------------


async def test_a_class_can_be_refused(tmp_path: Path) -> None:
    bench = free(tmp_path, "rm -f README.md", MAKES, risk_rules="destructive=block")
    assert await bench.go() == "exhausted"
    assert (bench.workspace / "README.md").exists()
    assert made(bench)
    (refused,) = bench.of(ev.ActionRefused)
    assert (refused.rule, refused.source, refused.risk) == (
        "destructive=block",
        "LOKI_RISK_RULES",
        Risk.DESTRUCTIVE,
    )


async def test_a_class_can_be_asked_about_in_a_run_that_is_not_staged(tmp_path: Path) -> None:
    bench = free(tmp_path, MAKES, "rm -f README.md", risk_rules="destructive=ask")
    async with bench.going() as run:
        approval = await waiting(bench)
        assert made(bench)
        assert approval.request.reason == "LOKI_RISK_RULES, destructive: actions of risk destructive wait"
        decide(bench, approval, "denied", reason="no")
        assert await run == "exhausted"
    assert (bench.workspace / "README.md").exists()
    assert bench.clock.slept == []


async def test_a_class_can_be_let_through_in_a_staged_run(tmp_path: Path) -> None:
    write = call("write_file", path="a.txt", content="a\n")
    bench = staged(tmp_path, says(write), says(call("shell", command=MAKES)), finishes(claims_done=False))
    bench.settings = bench.settings.model_copy(update={"risk_rules": {Risk.EDIT: "allow"}})
    async with bench.going() as run:
        await approve_the_plan(bench)
        approval = await waiting(bench)
        assert (bench.workspace / "a.txt").exists()
        assert approval.request.tool == "shell"
        decide(bench, approval, "denied")
        assert await run == "exhausted"


async def test_reading_can_be_asked_about_too(tmp_path: Path) -> None:
    model = ScriptedModel(says(call("read_file", path="README.md")), finishes(claims_done=False))
    bench = make_bench(tmp_path, model, max_iterations=1, risk_rules={"read": "ask"})
    async with bench.going() as run:
        approval = await waiting(bench)
        assert (approval.request.tool, approval.request.pattern) == ("read_file", "")
        decide(bench, approval, "approved")
        assert await run == "exhausted"
    assert "hello" in told(bench)


async def test_an_edit_into_a_refused_class_is_refused(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    bench.settings = bench.settings.model_copy(update={"risk_rules": {Risk.DESTRUCTIVE: "block"}})
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await waiting(bench), "approved", edited={"command": "rm -f README.md"})
        assert await run == "exhausted"
    assert (bench.workspace / "README.md").exists()


# -- decisions on what is not there -------------------------------------------------------------


@pytest.mark.parametrize("about", ["what expired", "another run's", "nothing there is"])
async def test_a_decision_on_what_does_not_wait_changes_nothing(tmp_path: Path, about: str) -> None:
    bench = free(tmp_path, UNSURE, "rm -f README.md", attended=True, risk_rules="destructive=ask")
    async with bench.going() as run:
        current = await asked(bench, "p2")
        expired = bench.of(ev.ApprovalRequested)[0]
        name, digest = {
            "what expired": ("p1", expired.digest),
            "another run's": ("p2", expired.digest),
            "nothing there is": ("p99", current.request.digest),
        }[about]
        bench.post(rq.Decide(by="ada", approval=name, digest=digest, decision="approved"))
        state = await bench.until(lambda state: bool(state.warnings))
        assert "about another action" in state.warnings[-1] or "came for nothing that waits" in state.warnings[-1]
        assert list(state.undecided) == ["p2"]
        decide(bench, current, "denied")
        assert await run == "exhausted"
    assert not made(bench)
    assert (bench.workspace / "README.md").exists()


# -- taking a rule back -------------------------------------------------------------------------


async def test_what_is_revoked_is_asked_about_again_at_once(tmp_path: Path) -> None:
    turns = [says(call("shell", command=f"touch {name}")) for name in ("one", "two")]
    bench = staged(tmp_path, *turns, says(call("shell", command="make")), finishes(claims_done=False))
    bench.model.turns[Purpose.WORK].insert(3, says(call("shell", command="touch three")))
    async with bench.going() as run:
        await approve_the_plan(bench)
        decide(bench, await asked(bench, "p2"), "approved", pattern="touch *")
        held = await asked(bench, "p4")
        (learned,) = bench.state().learned
        assert (learned.rule.pattern, learned.rule.by, learned.uses) == ("touch *", "ada", 1)
        assert learned.used_at is not None
        assert learned.since < learned.used_at
        bench.post(rq.Revoke(by="bob", pattern="touch *"))
        decide(bench, held, "denied")
        again = await asked(bench, "p5")
        assert bench.state().rules == []
        decide(bench, again, "denied")
        assert await run == "exhausted"
    assert (bench.workspace / "two").exists()
    assert not (bench.workspace / "three").exists()
    assert [(one.pattern, one.by) for one in bench.of(ev.RuleRevoked)] == [("touch *", "bob")]


async def test_what_a_rule_approved_and_a_pause_held_is_asked_about_once_it_is_revoked(tmp_path: Path) -> None:
    """Two agents wait; a rule made for one lets the other go, in a pause, in which the rule is taken back."""
    tasks: list[JsonValue] = [{"role": "maker", "task": word} for word in ("one", "two")]
    bench = staged(tmp_path, says(call("delegate", tasks=tasks)), finishes(claims_done=False))
    bench.model.turns[Purpose.DELEGATE] = [
        *(says(call("shell", command=f"touch {word}")) for word in ("one", "two")),
        finishes(),
        finishes(),
    ]
    async with bench.going() as run:
        await approve_the_plan(bench)
        first, _ = (await bench.until(lambda state: len(state.undecided) == 2)).waiting_approvals
        bench.post(rq.Pause(by="ada"))
        await bench.until(lambda state: state.status is Status.PAUSED)
        decide(bench, first, "approved", pattern="touch *")
        await bench.until(lambda state: not state.undecided)
        bench.post(rq.Revoke(by="ada", pattern="touch *"))
        await bench.until(lambda state: not state.learned)
        assert bench.of(ev.ActionStarted)[1:] == []
        bench.post(rq.Resume(by="ada"))
        again = await asked(bench, "p4")
        decide(bench, again, "denied")
        assert await run == "exhausted"
    assert len([name for name in ("one", "two") if (bench.workspace / name).exists()]) == 1


async def test_revoking_what_is_no_rule_is_said(tmp_path: Path) -> None:
    bench = staged(tmp_path, says(call("shell", command=MAKES)), finishes(claims_done=False))
    async with bench.going() as run:
        plan = await waiting(bench, "plan")
        bench.post(rq.Revoke(by="ada", pattern="make *"))
        await warned(bench, "is no rule of this run")
        decide(bench, plan, "approved")
        decide(bench, await waiting(bench), "denied")
        assert await run == "exhausted"
    assert bench.of(ev.RuleRevoked) == []
