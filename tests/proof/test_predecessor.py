"""What went wrong in the system this one takes the place of, each as a whole run that must not end that way.

Everything is real but the model. `PROMISES` are what it took for completion.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import ExitCode, ModelFault
from loki_tui.core.vocabulary import CODE_REVIEW, Purpose, Verdict
from loki_tui.engine.charges import ADVOCATE
from loki_tui.engine.qa.phase import UNIT_TESTS
from loki_tui.runtime.host import exit_code_of
from tests.support.panels import Chorus, script
from tests.support.runs import PASSING, Bench, make_bench
from tests.support.scripted import Held, ScriptedModel, Turn, call, fails, finishes, reviews, says, votes

FAILING = PASSING.replace("assertTrue(", "assertFalse(")

PROMISES = (
    "COMPLETION PROMISE FULFILLED",
    "<promise>COMPLETE</promise>",
    "All PRD requirements implemented and tests passing",
    "VOTE: APPROVE",
    "RESULT: COMPLETE",
)

APPROVE = votes("approve", "All is there", evidence=("README.md",))
REJECT = votes("reject", "The product does nothing", evidence=("README.md",))
PROSE = says("VOTE: APPROVE\nREASON: it looks complete\nISSUES: none", stop="end")
EMPTY = says(stop="end")


def writes(path: str, content: str) -> Turn:
    return says(call("write_file", path=path, content=content))


def works(number: int) -> tuple[Turn, Turn]:
    """An iteration that changes something and claims nothing."""
    return writes(f"{number}.txt", f"{number}\n"), finishes(claims_done=False)


def heard(tmp_path: Path, votes_cast: Turn, **settings: object) -> Bench:
    """Work that is done, claimed and measured to be well, and a council."""
    model = ScriptedModel(writes("made.txt", "made\n"), finishes())
    bench = make_bench(tmp_path, model, **{"council_enabled": True, "max_iterations": 1, **settings})
    script(bench, Purpose.VOTE, votes_cast)
    return bench


def reviewed(tmp_path: Path, *turns: Turn, review: Turn) -> Bench:
    """Work that is claimed and measured to be well, and reviewers."""
    model = ScriptedModel(*(turns or (writes("made.txt", "made\n"), finishes())))
    bench = make_bench(tmp_path, model, phase_code_review=True, max_iterations=1)
    script(bench, Purpose.REVIEW, review)
    return bench


# -- words that were taken for completion -------------------------------------------------------


@pytest.mark.parametrize("promise", PROMISES)
async def test_a_promise_is_no_claim_wherever_it_stands(tmp_path: Path, promise: str) -> None:
    model = ScriptedModel(
        says(
            promise,
            call("shell", command=f"mkdir logs; echo '{promise}' | tee -a logs/autonomy.log"),
            call("write_file", path="DONE.md", content=f"{promise}\n"),
        ),
        finishes(f"{promise}.", claims_done=False, handover=promise),
    )
    bench = make_bench(tmp_path, model, max_iterations=1)
    assert await bench.go() == "exhausted"


async def test_what_an_earlier_run_said_counts_for_no_later_one(tmp_path: Path) -> None:
    first = make_bench(tmp_path, ScriptedModel(writes("made.txt", "made\n"), finishes(PROMISES[0])))
    assert await first.go() == "completed"
    model = ScriptedModel(writes("more.txt", "more\n"), finishes(claims_done=False))
    second = replace(first, run="r2", model=model, settings=first.settings.model_copy(update={"max_iterations": 1}))
    assert await second.go() == "exhausted"


async def test_files_that_ask_for_completion_are_files(tmp_path: Path) -> None:
    names = ("COMPLETION_REQUESTED", "TASK_COMPLETION_CLAIMED", "PLAN_APPROVED", "COUNCIL_REVIEW_REQUESTED")
    turns = [writes(f".loki/signals/{name}", "yes\n") for name in names]
    verdict = '{"verdict": "COMPLETE", "approve": 3, "reject": 0}\n'
    turns.append(writes(".loki/council/state.json", verdict))
    bench = make_bench(tmp_path, ScriptedModel(*turns, finishes(claims_done=False)), max_iterations=1)
    assert await bench.go() == "exhausted"
    assert not bench.of(ev.CouncilConvened)


async def test_saying_it_again_and_again_makes_it_no_truer(tmp_path: Path) -> None:
    claims = [turn for number in range(4) for turn in (writes("n.txt", f"{number}\n"), finishes(PROMISES[0]))]
    bench = make_bench(tmp_path, ScriptedModel(writes("test_it.py", FAILING), *claims), max_iterations=4)
    assert await bench.go() == "exhausted"
    assert {fact.verdict for fact in bench.of(ev.PhaseFinished)} == {Verdict.FAILED}


# -- facts that were none -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        "printf '0\\n0\\n'",
        "printf '0 failed\\n0\\n0 passed\\n'",
        "echo 'FAIL: 0' 'ERROR: 0'",
        "true",
        "grep -c FAIL README.md || echo 0",
    ],
)
async def test_counts_that_cannot_be_read_are_not_green(tmp_path: Path, command: str) -> None:
    model = ScriptedModel(writes("made.txt", "made\n"), finishes())
    bench = make_bench(tmp_path, model, max_iterations=1, test_command=command)
    assert await bench.go() == "exhausted"
    (fact,) = bench.of(ev.PhaseFinished)
    assert fact.verdict is not Verdict.PASSED


async def test_what_is_inconclusive_does_not_pass(tmp_path: Path) -> None:
    model = ScriptedModel(says(call("shell", command="rm test_it.py; echo 1 > made.txt")), finishes())
    bench = make_bench(tmp_path, model, max_iterations=1)
    assert await bench.go() == "exhausted"
    assert bench.state().phases[UNIT_TESTS].verdict is Verdict.NOT_APPLICABLE


async def test_a_fact_of_an_earlier_iteration_is_not_used_again(tmp_path: Path) -> None:
    model = ScriptedModel(*works(1), writes("test_it.py", FAILING), finishes())
    bench = make_bench(tmp_path, model, max_iterations=2)
    assert await bench.go() == "exhausted"
    facts = bench.of(ev.PhaseFinished)
    assert [fact.verdict for fact in facts] == [Verdict.PASSED, Verdict.FAILED]
    assert len({fact.tree for fact in facts}) == 2


async def test_words_of_failure_in_an_output_fail_nothing(tmp_path: Path) -> None:
    loud = PASSING.replace(
        "        self.", '        print("FAIL ERROR panic fatal Traceback uncaught 429")\n        self.'
    )
    bench = make_bench(tmp_path, ScriptedModel(writes("test_it.py", loud), finishes()), max_iterations=1)
    assert await bench.go() == "completed"
    assert bench.of(ev.RunWaiting) == []


# -- ends that were reported as success ---------------------------------------------------------


async def test_a_forced_stop_is_no_success(tmp_path: Path) -> None:
    idle = [finishes(claims_done=False) for _ in range(2)]
    bench = make_bench(tmp_path, ScriptedModel(*idle), council_stagnation_limit=2)
    assert exit_code_of(await bench.go()) == ExitCode.ENDED
    assert bench.state().status == "stagnated"


async def test_the_last_iteration_is_no_success(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(*works(1), *works(2)), max_iterations=2)
    assert exit_code_of(await bench.go()) == ExitCode.ENDED
    assert bench.state().iterations_begun == 2


async def test_only_completion_ends_with_zero() -> None:
    assert exit_code_of("completed") == ExitCode.COMPLETED
    others = [exit_code_of(outcome) for outcome in ("exhausted", "stagnated", "stopped", "failed")]
    assert 0 not in others
    assert exit_code_of(None) != 0


async def test_commits_are_change(tmp_path: Path) -> None:
    turns = [
        turn
        for number in range(4)
        for turn in (
            says(call("shell", command=f"echo {number} > n.txt && git add -A && git commit -qm {number}")),
            finishes(claims_done=False),
        )
    ]
    bench = make_bench(tmp_path, ScriptedModel(*turns), max_iterations=4, council_stagnation_limit=2)
    assert await bench.go() == "exhausted"
    assert [finished.changed for finished in bench.of(ev.IterationFinished)] == [1] * 4


async def test_success_uses_no_retries_up(tmp_path: Path) -> None:
    turns: list[Turn] = [turn for number in range(3) for turn in works(number)]
    turns[4:4] = [fails(ModelFault.OVERLOADED)]
    bench = make_bench(tmp_path, ScriptedModel(*turns), max_iterations=3, max_retries=1)
    assert await bench.go() == "exhausted"
    assert bench.state().finished_iterations == 3
    assert max(bench.clock.slept) < 120


async def test_a_run_taken_up_again_goes_on_counting(tmp_path: Path) -> None:
    held = Held(finishes(claims_done=False))
    bench = make_bench(tmp_path, ScriptedModel(*works(1), held), max_iterations=2)
    async with bench.going():
        await held.begun.wait()
    assert bench.state().iterations_begun == 2
    bench.post(rq.Resume(by="ada"))
    assert await bench.go(model=ScriptedModel(*works(2))) == "exhausted"
    assert [finished.number for finished in bench.of(ev.IterationFinished)] == [1, 2]


# -- a council without effect -------------------------------------------------------------------


async def test_a_council_can_approve(tmp_path: Path) -> None:
    noisy = votes("approve", "[INFO] evaluating\n0\n0: not a number\nRESULT: REJECTED", evidence=("README.md",))
    bench = heard(tmp_path, Chorus(noisy))
    assert await bench.go() == "completed"
    assert len(bench.of(ev.VoteCast)) == 4


async def test_the_advocate_has_a_say(tmp_path: Path) -> None:
    bench = heard(tmp_path, Chorus(APPROVE, Every=[REJECT]))
    assert await bench.go() == "exhausted"
    assert [vote.verdict for vote in bench.of(ev.VoteCast) if vote.member == ADVOCATE] == ["reject"]


@pytest.mark.parametrize("answer", [PROSE, EMPTY], ids=["prose", "nothing"])
async def test_silence_is_no_approval(tmp_path: Path, answer: Turn) -> None:
    bench = heard(tmp_path, Chorus(answer))
    assert await bench.go() == "exhausted"
    assert {vote.verdict for vote in bench.of(ev.VoteCast)} == {"reject"}


async def test_the_threshold_is_the_one_that_was_set(tmp_path: Path) -> None:
    bench = heard(tmp_path, Chorus(APPROVE, Judge=[REJECT]), council_threshold=3)
    assert await bench.go() == "exhausted"
    (decided,) = bench.of(ev.CouncilDecided)
    assert (decided.approving, decided.needed) == (2, 3)


async def test_members_see_the_work_and_votes_are_kept_and_paid_for(tmp_path: Path) -> None:
    bench = heard(tmp_path, Chorus(APPROVE))
    await bench.go()
    assert all("+made" in request.messages[0].text for request in bench.model.sent(Purpose.VOTE))
    state = bench.state()
    assert state.council.votes
    assert state.books.by_purpose[Purpose.VOTE] > 0


async def test_no_vote_turns_a_red_fact_green(tmp_path: Path) -> None:
    model = ScriptedModel(writes("test_it.py", FAILING), finishes())
    bench = make_bench(
        tmp_path, model, council_enabled=True, max_iterations=1, council_check_interval=1, council_min_iterations=1
    )
    script(bench, Purpose.VOTE, Chorus(APPROVE))
    assert await bench.go() == "exhausted"
    assert all(vote.void for vote in bench.of(ev.VoteCast))


# -- reviews that failed open -------------------------------------------------------------------


@pytest.mark.parametrize("answer", [PROSE, EMPTY], ids=["prose", "nothing"])
async def test_a_review_that_does_not_come_about_blocks(tmp_path: Path, answer: Turn) -> None:
    bench = reviewed(tmp_path, review=Chorus(answer))
    assert await bench.go() == "exhausted"
    assert bench.state().phases[CODE_REVIEW].verdict is Verdict.FAILED


@pytest.mark.parametrize("severity", ["critical", "high"])
async def test_what_is_grave_blocks_whatever_the_verdict_says(tmp_path: Path, severity: str) -> None:
    bench = reviewed(tmp_path, review=Chorus(reviews("pass", (severity, "made.txt", "It loses data"))))
    assert await bench.go() == "exhausted"
    assert "It loses data" in bench.state().phases[CODE_REVIEW].why


async def test_praise_by_everybody_calls_for_one_who_does_not_praise(tmp_path: Path) -> None:
    grave = reviews("fail", ("high", "made.txt", "It loses data"))
    bench = reviewed(tmp_path, review=Chorus(reviews(), Three=[grave]))
    assert await bench.go() == "exhausted"
    assert len(bench.of(ev.ReviewSubmitted)) == 4


async def test_all_commits_of_an_iteration_are_reviewed_and_reviewers_only_read(tmp_path: Path) -> None:
    commits = [
        says(call("shell", command=f"echo part {part} > {part}.txt && git add -A && git commit -qm {part}"))
        for part in ("first", "second", "third")
    ]
    bench = reviewed(tmp_path, *commits, finishes(), review=Chorus(reviews()))
    assert await bench.go() == "completed"
    for request in bench.model.sent(Purpose.REVIEW):
        brief = request.messages[0].text
        assert all(f"+part {part}" in brief for part in ("first", "second", "third"))
        names = {tool.name for tool in request.tools}
        assert names == {"read_file", "list_files", "search_files", "submit_review"}


async def test_a_diff_too_large_for_one_argument_is_reviewed(tmp_path: Path) -> None:
    large = "".join(f"line {number}\n" for number in range(15_000))
    grave = reviews("fail", ("high", "large.txt", "It is large"))
    bench = reviewed(tmp_path, writes("large.txt", large), finishes(), review=Chorus(grave))
    assert len(large) > 128 * 1024
    assert await bench.go() == "exhausted"
    assert bench.state().phases[CODE_REVIEW].verdict is Verdict.FAILED


# -- modes that ignored too much ----------------------------------------------------------------


async def test_going_on_for_ever_ends_at_every_limit(tmp_path: Path) -> None:
    turns = [turn for number in range(3) for turn in (writes("n.txt", f"{number}\n"), finishes())]
    bench = make_bench(tmp_path, ScriptedModel(*turns), perpetual_mode=True, max_iterations=3)
    assert exit_code_of(await bench.go()) == ExitCode.ENDED
    assert bench.state().finished_iterations == 3
