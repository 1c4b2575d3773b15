"""Questions typed at a run, and what is asked of its engine."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.events import Event
from loki_tui.core.messages import TextPart, Usage
from loki_tui.core.vocabulary import Excerpt, Purpose, Risk
from loki_tui.store.project import Project
from tests.headless.desks import make_project, typing_at
from tests.support import scenes
from tests.support.life import created, started


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without a run."""
    return make_project(tmp_path)


def acted(name: str, command: str, output: str) -> list[Event]:
    call = f"call_{name}"
    started = ev.ActionStarted(
        action=name, call=call, agent="agent", tool="shell", input={"command": command}, risk=Risk.RUN
    )
    ended = ev.ActionFinished(action=name, call=call, output=Excerpt(text=output), ok=False, exit_code=3, seconds=2)
    return [started, ended]


def test_the_status_says_what_the_panes_show(project: Project) -> None:
    with typing_at(project, scenes.full()) as typist:
        said = typist.types("status")
        for words in ("Waiting:", "Iteration 4 of", "Requirements:", "Budget:", "Check ", "Council,", "Resources:",
                      "Waiting for you: p1", "At work in process"):  # fmt: skip
            assert words in said
        assert "R1" in typist.types("requirements")
        assert "for the agent's work" in typist.types("costs")


def test_each_of_many_waiting_calls_once_and_can_be_heard_again(project: Project) -> None:
    with typing_at(project, scenes.full()) as typist:
        assert typist.bells == 2
        said = typist.types("approvals")
        assert said.count("waits for you") == 2
        assert typist.bells == 2
        assert "git push origin main --force" in typist.types("show p1")
        assert "does not wait" in typist.types("show p9")


def test_a_line_can_be_shown_whole_from_either_end_of_an_action(project: Project) -> None:
    output = "\n".join(f"row {number}" for number in range(50))
    with typing_at(project) as typist:
        typist.happens(*acted("a1", "make all", output))
        for words in ("Agent runs: make all", "Exit code 3"):
            said = typist.types(f"show {typist.number_of(words)}")
            assert "make all" in said
            assert "row 0\n" in said
            assert "Exit code 3 after 2.0 s" in said
        assert "about no event" in typist.types(f"show {typist.desk.paper.number}0")


def test_a_long_answer_is_told_whole_though_the_journal_keeps_it_apart(project: Project) -> None:
    whole = "It is so. " * 400
    with typing_at(project) as typist:
        blob = typist.journal.put_blob(f'[{{"type":"text","text":"{whole}"}}]'.encode())
        asked = ev.ModelRequested(request="m9", purpose=Purpose.WORK, agent="agent", model="m")
        answer = ev.ModelAnswered(
            request="m9", parts=(TextPart(text="It is so. …"),), blob=blob, stop="end", usage=Usage(output_tokens=9)
        )
        said = typist.happens(asked, answer)
        assert " ".join(said.split()).count("It is so.") == 400
        assert "9 out, for a price nobody knows" in typist.types(f"show {typist.number_of('Agent says')}")


def test_searching_goes_further_back_each_time(project: Project) -> None:
    notes = [ev.Warned(message=f'a "needle" {number}') for number in range(13)]
    with typing_at(project, [*scenes.empty(), *notes]) as typist:
        assert "Nothing was searched for yet" in typist.types("search")
        said = typist.types('search "NEEDLE"')
        assert said.index('needle" 12') < said.index('needle" 3')
        assert 'needle" 2' not in said
        assert 'needle" 0' in typist.types("search")
        assert "no further back" in typist.types("search")
        found = typist.number_of("Event")
        assert "As it was then" in typist.types(f"at line {found}")


def test_looking_back_shows_the_run_as_it_was(project: Project) -> None:
    with typing_at(project) as typist:
        typist.happens(ev.BudgetChanged(limit=Decimal(7), by="ada"), ev.Warned(message="one"))
        typist.happens(ev.BudgetChanged(limit=Decimal(9), by="ada"))
        last = typist.journal.last_seq
        assert "of $7.00" in typist.types("back 2")
        assert f"Event {last - 3}," in typist.types("back")
        assert "of $7.00" in typist.types("forward")
        assert "of $9.00" in typist.types("forward 9")
        # From the newest event on it is the present again.
        assert f"Event {last - 1}," in typist.types("back")
        assert "of $9.00" in typist.types(f"at {last}")
        assert "events 1 to" in typist.types(f"at {last + 1}")
        assert "nothing to look back to" in typist.types("at line 999")


def test_what_went_wrong_is_listed_latest_last(project: Project) -> None:
    with typing_at(project) as typist:
        assert "Nothing went wrong" in typist.types("errors")
        typist.happens(*acted("a1", "make", "no rule"), ev.Warned(message="careful"))
        said = typist.types("errors")
        assert said.index("Exit code 3") < said.index("careful")


def test_many_lines_that_say_nothing_get_one_answer(project: Project) -> None:
    with typing_at(project) as typist:
        said = typist.types(*(f"line {number} of a paste" for number in range(500)), "pause")
        assert said.count("no command here") == 1
        assert "499 more lines" in said
        assert len(typist.asked(rq.Pause)) == 1


def test_the_engine_is_asked_what_is_typed(project: Project) -> None:
    with typing_at(project) as typist:
        typist.types("say use sqlite, not files", "budget 12.50")
        assert [request.note for request in typist.asked(rq.Steer)] == ["use sqlite, not files"]
        assert [request.limit for request in typist.asked(rq.SetBudget)] == [Decimal("12.50")]
        assert "not paused" in typist.types("resume")
        typist.happens(ev.RunPaused(by="budget", reason="too little", needed=Decimal("20.5")))
        assert "$20.50 is needed" in typist.types("resume")
        assert not typist.asked(rq.Resume)
        typist.types("resume 21")
        assert [request.budget for request in typist.asked(rq.Resume)] == [Decimal(21)]
        assert "type: stop r1" in typist.types("stop")
        assert "type: stop r1" in typist.types("stop r")
        assert not typist.asked(rq.Stop)
        typist.types("stop r1")
        assert len(typist.asked(rq.Stop)) == 1
        assert "characters" in typist.types(f"say {'x' * 20_001}")
        typist.types("quit")
        assert [quit_.background for quit_ in typist.left] == [False]


def test_what_is_measured_and_judged_is_told_in_sentences(project: Project) -> None:
    with typing_at(project, scenes.full()) as typist:
        requirements = typist.types("requirements")
        assert "R1, proven: A note has a title and a body." in requirements
        assert "R3, stale:" in requirements
        assert "The files have changed since it was proven." in requirements
        checks = " ".join(typist.types("qa").split())
        for said in (
            "Check regression: failed, 2 tests that passed at the base fail",
            "the same 3 times in a row",
            "High, notes/export.py line 31: HTML is put together",
            "Check test strength: stale, was passed",
            "Bandit failed: 1 high finding.",
            "Reviewer design gave no usable review",
            "Never measured: performance.",
        ):
            assert said in checks, said
        council = " ".join(typist.types("council").split())
        for said in (
            "Council, sitting 1, on the work as it is now",
            "Council member tests (the tests prove what they say) approves.",
            "tests caught 2 of 4 planted defects.",
            "It sits next after iteration 5",
        ):
            assert said in council, said
        assert "no receipt yet" in typist.types("receipt")


def test_the_council_can_be_asked_to_sit_unless_it_is_off(project: Project) -> None:
    with typing_at(project, scenes.full()) as typist:
        assert "Sent: the council sits after this iteration." in typist.types("review")
        assert len(typist.asked(rq.ForceReview)) == 1
        assert "The council is asked for, by ada." in typist.happens(ev.ReviewForced(by="ada"))
        assert "ada asked for it: it sits after this iteration." in typist.types("council")


def test_a_council_that_is_off_is_not_asked(project: Project) -> None:
    with typing_at(project, [created(settings={"council_enabled": False}), started()]) as typist:
        assert "The council is off" in typist.types("review")
        assert not typist.asked(rq.ForceReview)


def test_the_receipt_is_told_whole(project: Project) -> None:
    with typing_at(project, scenes.ended()) as typist:
        assert "Receipt: VERIFIED WITH GAPS. Type receipt" in typist.types("status")
        receipt = " ".join(typist.types("receipt").split())
        assert "gap: E2E tests: not run: there is no browser here" in receipt
        assert "loki receipt verify r1" in receipt


def test_a_phase_is_shown_with_its_tools_and_findings(project: Project) -> None:
    with typing_at(project, scenes.full()) as typist:
        number = max(int(line.split()[0]) for line in typist.lines if "Security failed" in line)
        said = typist.types(f"show {number}")
        assert "bandit failed: 1 high finding" in said
        assert "high, notes/export.py line 31" in said


def test_a_run_that_is_over_is_asked_nothing(project: Project) -> None:
    with typing_at(project, scenes.ended()) as typist:
        assert "has ended: completed" in typist.types("pause")
        assert "Completed:" in typist.types("status")
        assert not typist.journal.pending_requests()


def test_the_worst_run_stays_on_its_paper(project: Project) -> None:
    with typing_at(project, scenes.worst(), width=80) as typist:
        numbers = 0
        for line in typist.lines:
            if line.startswith("    ") or not line:
                continue
            numbers += 1
            assert line.startswith(f"{numbers}  ")
        assert numbers == typist.desk.paper.number
        assert not [line for line in typist.lines if any(ord(sign) < 32 and sign != "\t" for sign in line)]
        assert typist.bells == 30
        typist.types("status", "requirements", "qa", "council", "receipt", "costs", "errors", "approvals")
        for number in range(1, typist.desk.paper.number, 40):
            typist.types(f"show {number}")


def test_rules_are_told_and_taken_back(project: Project) -> None:
    with typing_at(project, scenes.stream(20)) as typist:
        assert "Nothing is approved for the run" in typist.types("rules")
        request = ev.ApprovalRequested(
            approval="p901", subject="action", digest="d" * 64, title="run make", detail="make", risk=Risk.RUN,
            reason="staged", call="call_901",
        )  # fmt: skip
        typist.happens(request, ev.ApprovalDecided(approval="p901", decision="approved", by="ada", pattern="make *"))
        assert "make *: by ada, " in typist.types("rules")
        assert "not used yet" in typist.types("rules")
        assert "is no rule of this run" in typist.types("revoke cargo *")
        assert "Sent: make * is to be asked about again." in typist.types("revoke make *")
        (revoke,) = typist.asked(rq.Revoke)
        assert revoke.pattern == "make *"
        assert "Asked about again, by ada: make *." in typist.happens(ev.RuleRevoked(pattern="make *", by="ada"))


def test_a_refusal_is_told_once_with_rule_reason_and_command(project: Project) -> None:
    refused = ev.ActionRefused(
        call="c9", agent="agent", tool="shell", input={"command": "rm -rf /"}, risk=Risk.DESTRUCTIVE,
        rule="rm -rf /", why="it would remove everything", source="default",
    )  # fmt: skip
    answer = ev.ActionFinished(action="", call="c9", output=Excerpt(text="Refused, says it."), ok=False, refused=True)
    with typing_at(project, scenes.stream(20)) as typist:
        said = typist.happens(refused, answer)
        assert "Refused to agent, risk destructive: it would remove everything." in " ".join(said.split())
        assert "rm -rf /" in said
        assert "Refused, says it." not in said
        assert "Refused, says it." in typist.types("errors")
        assert "Refused by rules: 1 action, the last: shell rm -rf /." in " ".join(typist.types("status").split())
