"""What a run amounts to, in a screen."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.fold import fold
from loki_tui.core.vocabulary import Confinement, Excerpt, Purpose, Requirement, Risk, Verdict
from loki_tui.engine.receipt import Receipt
from loki_tui.headless.linear_states import view_in_words
from loki_tui.headless.summary import closing_lines, no_run, parting_lines, summary_lines
from loki_tui.runtime.client import RunView
from loki_tui.store.lock import Holder
from loki_tui.wording.summary_row import summarise
from tests.headless.runs import CREATED, STARTED, recorded
from tests.support import scenes
from tests.support.life import approval

BRANCH = ev.BranchOpened(branch="loki/r1", base="b" * 40, origin="main", dirty=())
ASKED = ev.ModelRequested(request="m1", purpose=Purpose.WORK, agent="agent", model="a-model", reserved=Decimal(1))


def view(*events: Event, at_work: bool = True) -> RunView:
    """A run, and whether an engine is at work on it."""
    return RunView(fold(recorded(*events), run="r1"), Holder(pid=7, run="r1") if at_work else None)


def text(given: RunView) -> str:
    """All lines of its summary."""
    return "\n".join(line.text for line in summary_lines(given))


def test_a_run_at_work_says_what_it_does_and_how_to_end_it() -> None:
    action = ev.ActionStarted(
        action="a1", call="c1", agent="agent", tool="shell", input={"command": "make"}, risk=Risk.RUN
    )
    shown = text(view(CREATED, STARTED, BRANCH, ASKED, action))
    assert shown.startswith("RUNNING\n")
    assert "now        shell make" in shown
    assert "now        asks a-model" in shown
    assert "spent      $0.00 of $5.00" in shown
    assert shown.endswith("at work in process 7; to end it: loki stop")


def test_a_run_without_its_engine_has_crashed() -> None:
    crashed = view(CREATED, STARTED, at_work=False)
    assert text(crashed).startswith("CRASHED: its engine is gone")
    assert summarise(crashed)["status"] == "crashed"
    assert summarise(crashed)["pid"] is None
    assert summarise(crashed)["elapsed_seconds"] == 1


def test_a_wait_says_until_when() -> None:
    until = datetime(2026, 3, 1, 12, 0, 45, tzinfo=UTC)
    waits = ev.RunWaiting(on="rate_limit", reason="no answer: HTTP 429; attempt 2 follows", until=until)
    waiting, clock = view(CREATED, STARTED, waits), f"{until.astimezone():%H:%M:%S}"
    assert text(waiting).startswith(f"WAITING until {clock}: no answer: HTTP 429; attempt 2 follows\n")
    said = next(view_in_words(waiting, until))
    assert said == f"Waiting until {clock}: no answer: HTTP 429; attempt 2 follows."


def test_a_check_of_long_ago_was_not_just_now_and_nobody_worked_since() -> None:
    passed = ev.PhaseFinished(
        phase="unit tests", checkpoint="c1", tree="t1", verdict=Verdict.PASSED, why="1 test passes"
    )
    ended = view(CREATED, STARTED, passed, ev.RunClosed(outcome="stopped", reason="by ada"))
    crashed = view(CREATED, STARTED, passed, at_work=False)
    for seen in (ended, crashed):
        said = list(view_in_words(seen, seen.state.at + timedelta(hours=3)))
        assert any(line.startswith("Check unit tests") and "3 h ago" in line for line in said)
        assert any(line.startswith("Run r1") and line.endswith(" s.") for line in said)


def test_a_pause_for_money_names_the_amount() -> None:
    paused = ev.RunPaused(by="budget", reason="the budget does not cover it", needed=Decimal("7.5"))
    assert "(needs $7.50: loki resume --budget AMOUNT)" in text(view(CREATED, STARTED, paused))


def test_no_confinement_is_said_aloud() -> None:
    bare = STARTED.model_copy(update={"confinement": Confinement(rung="none", uncovered=("everything",))})
    lines = {line.text: line.tone for line in summary_lines(view(CREATED, bare))}
    assert lines["NOT CONFINED"] == "bad"
    assert "open to    everything" in lines


def test_the_end_says_where_the_work_is_and_the_way_back() -> None:
    closed = ev.RunClosed(outcome="completed", reason="done")
    committed = ev.WorkCommitted(branch="loki/r1", commit="c" * 40, subject="Work")
    ended = view(CREATED, STARTED, BRANCH, committed, closed, at_work=False)
    assert text(ended).endswith("not running; back from loki/r1 to your own: git switch main")
    (line,) = closing_lines(ended.state)
    assert line.text == "The work is on loki/r1, which is checked out. Back to your own: git switch main"
    detached = BRANCH.model_copy(update={"origin": "b" * 40})
    (line,) = closing_lines(view(CREATED, STARTED, detached, closed).state)
    assert line.text.startswith("Nothing was committed.")
    assert line.text.endswith(f"git switch --detach {'b' * 40}")
    assert closing_lines(view(CREATED, STARTED, BRANCH).state) == []


def test_who_leaves_the_screen_is_told_what_became_of_the_run() -> None:
    closed = ev.RunClosed(outcome="exhausted", reason="the budget\nis used up")
    committed = ev.WorkCommitted(branch="loki/r1", commit="c" * 40, subject="Work")
    first, figures, work, again = parting_lines(view(CREATED, STARTED, BRANCH, committed, closed, at_work=False))
    assert (first.text, first.tone) == ("EXHAUSTED: the budget is used up", "bad")
    assert figures.text.startswith("run r1, iteration 0 of ")
    assert "$0.00" in figures.text
    assert "loki/r1" in work.text
    assert again.text == "Look at it again: loki attach r1, or loki status"
    first, *_, again = parting_lines(view(CREATED, STARTED, BRANCH, at_work=False))
    assert first.text.startswith("CRASHED")
    assert again.text.startswith("Go on: loki resume.")


def test_the_summary_is_json() -> None:
    planned = ev.RequirementsPlanned(requirements=(Requirement(id="R1", title="It works"),), fallback=False)
    summary = json.loads(json.dumps(summarise(view(CREATED, STARTED, planned, ASKED))))
    assert summary["reserved"] == "1"
    assert summary["budget"] == "5"
    assert summary["requirements"] == {"R1": "unproven"}
    assert summary["last_seq"] == 4


def test_what_was_proven_measured_and_judged_is_said_with_what_it_is_about() -> None:
    state = fold(scenes.records(scenes.full()), run="r1")
    shown = text(RunView(state, Holder(pid=7, run="r1")))
    for said in (
        "proven     3 of 6 requirements, 1 unproven, 1 failing, 1 stale",
        "regression failed: 2 tests that passed at the base fail, 1 was taken away (the same 3 times in a row)",
        "test strength stale, was passed: all named tests fail",
        "reviewer design gave no usable review: it called no tool",
        "council    sitting 1, on the work as it is now",
        "did not approve: 1 of 3 approve, 2 needed",
    ):
        assert said in shown, said
    tones = {line.text: line.tone for line in summary_lines(RunView(state, None))}
    assert "good" not in {tone for line, tone in tones.items() if "stale" in line or "not run" in line}
    summary = json.loads(json.dumps(summarise(RunView(state, None))))
    assert summary["proven"] == 3
    assert summary["phases"]["regression"]["repeated"] == 3
    assert summary["phases"]["security"]["findings"] == 2
    assert summary["council"]["approved"] is False
    assert summary["council"]["stale"] is False
    assert summary["receipt"] is None


def test_the_end_names_the_headline_each_gap_and_how_to_check_it() -> None:
    state = fold(scenes.records(scenes.ended()), run="r1")
    receipt = Receipt.model_validate_json(scenes.RECEIPT)
    lines = [line.text for line in closing_lines(state, receipt)]
    assert lines[:2] == ["receipt    VERIFIED WITH GAPS", "  gap: E2E tests: not run: there is no browser here"]
    assert lines[2] == "The receipt is in the journal: loki receipt show r1"
    assert lines[3] == "To check it: loki receipt verify r1"
    assert "The work is on loki/r1" in lines[4]
    unreadable = [line.text for line in closing_lines(state)]
    assert unreadable[0] == lines[0]
    many = receipt.model_copy(update={"gaps": tuple(f"gap {number}" for number in range(20))})
    assert "  and 12 more: loki receipt show r1" in [line.text for line in closing_lines(state, many)]


def test_standing_still_is_said() -> None:
    begun: list[Event] = [ev.CheckpointTaken(checkpoint="c0", tree="t0", label="", iteration=0, files=1, changed=1)]
    for number in (1, 2):
        begun += [
            ev.IterationStarted(number=number, brief=Excerpt(text="go")),
            ev.IterationFinished(number=number, ended_by="agent", summary="", tree="t0"),
        ]
    assert "no change for 2 iterations; the run ends as stagnated at 5" in text(view(CREATED, STARTED, *begun))


def test_a_project_without_a_run_is_a_sentence() -> None:
    assert no_run(Path("/p")).text == "Loki is not running: there is no run in /p yet. Begin one: loki start PRD"


def test_what_was_refused_and_how_much_was_asked() -> None:
    refused = ev.ActionRefused(
        call="c1", agent="agent", tool="shell", input={"command": "rm -rf /"}, risk=Risk.DESTRUCTIVE, rule="rm -rf /"
    )
    asked: list[Event] = []
    for number in range(20):
        asked.append(approval(f"p{number}", call=f"call_{number}"))
        asked.append(ev.ApprovalDecided(approval=f"p{number}", decision="approved", by="ada"))
    # A run stands still without its engine, so that the hour is that of its last event.
    given = view(CREATED, STARTED, refused, *asked, at_work=False)
    shown = text(given)
    assert "refused    1 action, the last: shell rm -rf /" in shown
    assert "approvals  20 asked in the last hour, 100 % approved" in shown
    assert "Approvals are waved through: 20 of 20 answers in the last hour came within 3 seconds." in shown
    summary = summarise(given)
    assert summary["refusals"] == 1
    assert summary["approval_fatigue"] == {"asked_last_hour": 20, "approved_share": 1.0, "waved_through": True}


def test_a_run_in_which_nobody_was_asked_says_nothing_of_it() -> None:
    given = view(CREATED, STARTED)
    assert "asked" not in text(given)
    assert summarise(given)["approval_fatigue"] == {
        "asked_last_hour": 0,
        "approved_share": None,
        "waved_through": False,
    }
