"""A run from its PRD to its branch, with everything real but the model."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelFault
from loki_tui.core.vocabulary import Counts, Purpose, Status, Verdict
from loki_tui.engine.qa.phase import UNIT_TESTS
from tests.support.git import git
from tests.support.runs import make_bench
from tests.support.scripted import ScriptedModel, call, fails, finishes, plans, says


def writes(path: str, content: str) -> ScriptedModel:
    """A model that writes one file and says it is done."""
    return ScriptedModel(says(call("write_file", path=path, content=content)), finishes("Write it"))


async def test_a_run_delivers_a_branch(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, writes("new.py", "x = 1\n"))
    assert await bench.go() == "completed"
    state = bench.state()
    assert state.status is Status.COMPLETED
    assert state.branch is not None
    assert git(bench.workspace, "show", f"{state.branch.branch}:new.py") == "x = 1"
    assert git(bench.workspace, "log", "--format=%s", "main") == "Begin"
    assert git(bench.workspace, "status", "--porcelain") == ""
    assert state.phases[UNIT_TESTS].counts == Counts(passed=1)


async def test_a_claim_against_failing_tests_is_not_believed(tmp_path: Path) -> None:
    broken = "import unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.fail('no')\n"
    model = ScriptedModel(
        says(call("write_file", path="test_it.py", content=broken)),
        finishes("All done"),
        says(call("shell", command="git checkout -q HEAD~1 -- test_it.py && echo 1 > made.txt")),
        finishes("Now it is"),
    )
    bench = make_bench(tmp_path, model)
    assert await bench.go() == "completed"
    assert [fact.verdict for fact in bench.of(ev.PhaseFinished)] == [Verdict.FAILED, Verdict.PASSED]
    told = model.sent()[2].messages[0].text
    assert "1 of 1 tests fail" in told
    assert "AssertionError: no" in told


async def test_iterations_end_where_the_limit_is(tmp_path: Path) -> None:
    model = ScriptedModel(
        says(call("shell", command="echo 1 > a")),
        finishes(claims_done=False, handover="go on"),
        says(call("shell", command="echo 2 > a")),
        finishes(claims_done=False),
    )
    bench = make_bench(tmp_path, model, max_iterations=2)
    assert await bench.go() == "exhausted"
    assert bench.state().iterations_begun == 2
    assert "go on" in model.sent()[2].messages[0].text


async def test_iterations_that_change_nothing_stagnate(tmp_path: Path) -> None:
    idle = [finishes(claims_done=False) for _ in range(2)]
    bench = make_bench(tmp_path, ScriptedModel(*idle), council_stagnation_limit=2)
    assert await bench.go() == "stagnated"


async def test_perpetual_mode_ignores_completion(tmp_path: Path) -> None:
    turns = [says(call("shell", command="date +%s%N > a")), finishes()] * 2
    bench = make_bench(tmp_path, ScriptedModel(*turns), perpetual_mode=True, max_iterations=2)
    assert await bench.go() == "exhausted"


async def test_a_wrong_key_ends_the_run_without_retries(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(fails(ModelFault.AUTH)))
    assert await bench.go() == "failed"
    assert bench.clock.slept == []


async def test_failures_are_retried_and_counted_apart_from_iterations(tmp_path: Path) -> None:
    model = ScriptedModel(
        fails(ModelFault.OVERLOADED),
        fails(ModelFault.RATE_LIMITED, retry_after=30),
        says(call("shell", command="echo 1 > a")),
        finishes(),
    )
    bench = make_bench(tmp_path, model)
    assert await bench.go() == "completed"
    assert bench.clock.slept[1] == 30
    assert bench.state().failures == 0
    assert len(bench.of(ev.RunWaiting)) == 2


async def test_too_many_failures_in_a_row_exhaust(tmp_path: Path) -> None:
    model = ScriptedModel(*[fails(ModelFault.SERVER) for _ in range(5)])
    bench = make_bench(tmp_path, model, max_retries=3)
    assert await bench.go() == "exhausted"
    assert len(bench.of(ev.ModelFailed)) == 4


async def test_bad_calls_are_answered_with_what_is_wrong(tmp_path: Path) -> None:
    model = ScriptedModel(
        says(call("fly", where="moon"), call("read_file"), call("edit_file", path="a", old_string="", new_string="")),
        finishes(claims_done=False),
    )
    bench = make_bench(tmp_path, model, max_iterations=1)
    await bench.go()
    results = [part for part in model.sent()[1].messages[-1].parts if part.type == "tool_result"]
    assert [result.is_error for result in results] == [True, True, True]
    assert "no tool 'fly'" in results[0].content
    assert "path: Field required" in results[1].content


async def test_prose_about_rate_limits_is_prose(tmp_path: Path) -> None:
    model = ScriptedModel(says("I saw: 429 rate limit exceeded", call("list_files")), finishes(claims_done=False))
    bench = make_bench(tmp_path, model, max_iterations=1)
    await bench.go()
    assert bench.of(ev.RunWaiting) == []


async def test_an_agent_that_only_talks_is_nudged_then_ended(tmp_path: Path) -> None:
    model = ScriptedModel(*[says("Hm.", stop="end") for _ in range(3)])
    bench = make_bench(tmp_path, model, max_iterations=1)
    await bench.go()
    ended = bench.of(ev.IterationFinished)[0]
    assert ended.ended_by == "silence"


async def test_turns_are_bounded(tmp_path: Path) -> None:
    model = ScriptedModel(*[says(call("list_files")) for _ in range(5)])
    bench = make_bench(tmp_path, model, max_turns=3, max_iterations=1)
    await bench.go()
    assert len(model.sent()) == 3


async def test_a_malformed_plan_is_asked_for_once_more_then_given_up(tmp_path: Path) -> None:
    model = ScriptedModel(finishes(claims_done=False))
    model.turns[Purpose.PLAN] = [says(call("submit_plan", requirements=[])), says("Here is my plan.", stop="end")]
    bench = make_bench(tmp_path, model, max_iterations=1)
    await bench.go()
    planned = bench.state().planned
    assert planned is not None
    assert planned.fallback
    assert list(bench.state().requirements) == ["R1"]


async def test_the_second_plan_may_be_the_good_one(tmp_path: Path) -> None:
    model = ScriptedModel(finishes(claims_done=False))
    model.turns[Purpose.PLAN] = [says("Let me think.", stop="end"), plans("One", "Two")]
    bench = make_bench(tmp_path, model, max_iterations=1)
    await bench.go()
    assert list(bench.state().requirements) == ["R1", "R2"]


async def test_guidance_of_the_project_is_given(tmp_path: Path) -> None:
    model = ScriptedModel(finishes(claims_done=False))
    bench = make_bench(tmp_path, model, max_iterations=1)
    (bench.workspace / "AGENTS.md").write_text("Use tabs.\n")
    await bench.go()
    assert "Use tabs." in model.sent()[0].messages[0].text


async def test_sub_agents_report_back(tmp_path: Path) -> None:
    tasks: JsonValue = [{"role": "tester", "task": "write a"}, {"role": "writer", "task": "write b"}]
    model = ScriptedModel(says(call("delegate", tasks=tasks)), finishes(claims_done=False))
    model.turns[Purpose.DELEGATE] = [finishes("first report"), finishes("second report")]
    bench = make_bench(tmp_path, model, max_iterations=1)
    await bench.go()
    (result,) = [part for part in model.sent()[1].messages[-1].parts if part.type == "tool_result"]
    assert "first report" in result.content
    assert "second report" in result.content
    names = {request.conversation for request in model.sent(Purpose.DELEGATE)}
    assert names == {"agent/a1.1#0", "agent/a1.2#0"}


async def test_a_full_context_is_condensed(tmp_path: Path) -> None:
    full = says(call("list_files"), usage=says("").usage.model_copy(update={"input_tokens": 90_000}))
    model = ScriptedModel(full, finishes(claims_done=False))
    model.turns[Purpose.COMPACT] = [says("I listed the files.", stop="end")]
    bench = make_bench(tmp_path, model, max_iterations=1, context_window=100_000)
    await bench.go()
    assert len(model.sent(Purpose.COMPACT)) == 1
    again = model.sent()[1]
    assert again.conversation == "agent#1"
    assert len(again.messages) == 1
    assert "I listed the files." in again.messages[0].text


async def test_a_conversation_too_long_for_its_model_is_condensed_by_another(tmp_path: Path) -> None:
    model = ScriptedModel(says("First.", call("list_files")), fails(ModelFault.TOO_LONG), finishes(claims_done=False))
    model.turns[Purpose.COMPACT] = [says("It listed the files.", stop="end")]
    bench = make_bench(tmp_path, model, max_iterations=1)
    await bench.go()
    (asked,) = model.sent(Purpose.COMPACT)
    assert asked.model == bench.settings.models["fast"]
    assert "assistant: First." in asked.messages[0].text
    assert "It listed the files." in model.sent()[-1].messages[0].text


async def test_a_conversation_too_long_for_every_model_goes_on_with_its_end(tmp_path: Path) -> None:
    model = ScriptedModel(says("First.", call("list_files")), fails(ModelFault.TOO_LONG), finishes(claims_done=False))
    model.turns[Purpose.COMPACT] = [fails(ModelFault.TOO_LONG)]
    bench = make_bench(tmp_path, model, max_iterations=1)
    await bench.go()
    assert "assistant: First." in model.sent()[-1].messages[0].text


async def test_uncommitted_work_is_neither_lost_nor_committed(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, writes("new.py", "x = 1\n"))
    (bench.workspace / "README.md").write_text("mine\n")
    (bench.workspace / "notes.txt").write_text("private\n")
    assert await bench.go() == "completed"
    branch = bench.state().branch
    assert branch is not None
    assert git(bench.workspace, "show", f"{branch.branch}:README.md") == "hello"
    assert "notes.txt" not in git(bench.workspace, "ls-tree", "--name-only", branch.branch)
    assert (bench.workspace / "README.md").read_text() == "mine\n"
    assert (bench.workspace / "notes.txt").read_text() == "private\n"
