"""`loki council`: true while a run is going and afterwards."""

from __future__ import annotations

import json
from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Proof, Verdict
from loki_tui.runtime.surroundings import Surroundings
from tests.support.journaled import RUN, checkpoint, created, iteration, journal_of, planned, write
from tests.support.program import Program, done


def _convened(sitting: int, *, iteration: int = 1, trigger: str = "interval") -> ev.CouncilConvened:
    return ev.CouncilConvened.model_validate(
        {
            "sitting": sitting,
            "reason": "it is time",
            "members": ("requirements", "tests"),
            "trigger": trigger,
            "iteration": iteration,
            "tree": "t1",
        }
    )


def _sitting(sitting: int, *, approved: bool = False) -> list[Event]:
    approves = ev.VoteCast(sitting=sitting, member="requirements", verdict="approve", evidence=("a.py",))
    void = ev.VoteCast(
        sitting=sitting,
        member="tests",
        verdict="approve",
        reasons=("<b>looks</b> | \x1b[31mfine",),
        void="contradicts: unit tests failed",
    )
    decided = ev.CouncilDecided(sitting=sitting, approved=approved, reason="1 of 2 approve, 2 needed", needed=2)
    return [_convened(sitting), approves, void, decided]


def _past(loki: Program) -> list[Event]:
    red = ev.PhaseFinished(phase="unit tests", verdict=Verdict.FAILED, why="1 fails", checkpoint="c2", tree="t1")
    calibrated = ev.MemberCalibrated(sitting=1, member="tests", defect="a test that asserts nothing", caught=False)
    return [
        created(loki, council_threshold=2, council_size=2, council_check_interval=4),
        planned("It works"),
        checkpoint(1, "t0"),
        *iteration(1, "t1"),
        red,
        *_sitting(1),
        calibrated,
    ]


async def test_status_tells_the_rules_the_last_sitting_and_the_next(loki: Program) -> None:
    assert (await loki("council", "status")).code == 2
    with journal_of(loki, *_past(loki)):
        shown = await loki("council", "status")
        (row,) = (await loki("council", "status", "--json")).rows
    assert shown.code == 0, shown
    assert "2 members, 2 votes needed" in shown.out
    assert "after iteration 4: every 4 iterations" in shown.out
    assert "void: contradicts: unit tests failed" in shown.out
    assert "saw 0 of 1 planted defect (0 %)" in shown.out
    assert (row["enabled"], row["next"]["iteration"]) == (True, 4)
    assert row["last"]["approved"] is False
    assert row["calibration"]["tests"] == {"shown": 1, "caught": 0, "rate": 0.0}
    write(loki, [ev.RunClosed(outcome="stopped", reason="by a person")])
    assert (await loki("council", "status", "--json")).rows[0]["next"] == {
        "iteration": None,
        "why": "never: the run has ended",
    }


async def test_a_council_that_is_switched_off_says_so(loki: Program) -> None:
    write(loki, [created(loki, council_enabled=False)])
    shown = await loki("council", "status")
    assert "switched off by LOKI_COUNCIL_ENABLED" in shown.out
    assert (await loki("council", "verdicts")).out == ""


async def test_all_sittings_are_shown_with_their_votes_and_why_some_are_void(loki: Program) -> None:
    write(loki, [*_past(loki), *_sitting(2, approved=True), _convened(3)])
    shown = await loki("council", "verdicts")
    assert shown.code == 0, shown
    heads = [line for line in shown.out.splitlines() if line.startswith("sitting")]
    assert [head.split(" (interval) ")[1].split(":")[0] for head in heads] == ["rejected", "approved", "not decided"]
    assert "tests: approve, void: contradicts: unit tests failed" in shown.out
    assert "tests did not see a planted defect: a test that asserts nothing" in shown.out
    assert "\x1b" not in shown.out
    rows = (await loki("council", "verdicts", "--json")).rows
    assert [row["sitting"] for row in rows] == [1, 2, 3]
    assert rows[0]["votes"][1]["void"] == "contradicts: unit tests failed"
    assert len(rows[0]["calibrations"]) == 1
    assert rows[2]["decided"] is False


async def test_convergence_says_what_it_means(loki: Program) -> None:
    proven = ev.RequirementJudged(id="R1", proof=Proof.PROVEN, tree="t2")
    write(loki, [*_past(loki), *iteration(2, "t2"), proven, *iteration(3, "t2")])
    shown = await loki("council", "convergence")
    assert shown.code == 0, shown
    assert "unit tests red" in shown.out
    assert "new: R1" in shown.out
    assert "nothing changed" in shown.out
    (row,) = (await loki("council", "convergence", "--json")).rows
    assert [each["newly_proven"] for each in row["iterations"]] == [[], ["R1"], []]
    assert row["iterations"][2]["unchanged_streak"] == 1
    assert row["meaning"] == shown.out.splitlines()[-1]
    assert Decimal(row["spent"]) == 0


async def test_a_report_is_markdown_in_which_foreign_text_means_nothing(loki: Program) -> None:
    write(loki, _past(loki))
    shown = await loki("council", "report")
    assert shown.code == 0, shown
    assert shown.out.startswith("# Completion council of run r1\n")
    assert r"\<b\>looks\</b\> \|" in shown.out
    assert "\x1b" not in shown.out
    assert "void: contradicts: unit tests failed" in shown.out
    written = await loki("council", "report", "--output", "report.md")
    assert (written.code, written.out) == (0, "")
    assert (loki.workspace / "report.md").read_text() == shown.out
    (row,) = (await loki("council", "report", "--json")).rows
    assert set(row) == {"status", "sittings", "convergence"}
    assert (await loki("council", "report", "--output", "no/such/place.md")).code == 2


async def test_nobody_hears_a_call_for_a_sitting_where_no_engine_is(loki: Program) -> None:
    write(loki, _past(loki))
    deaf = await loki("council", "force-review")
    assert deaf.code == 2
    assert "nobody hears this" in deaf.err
    assert "loki resume" in deaf.err
    write(loki, [ev.RunClosed(outcome="stopped", reason="by a person")])
    assert (await loki("council", "force-review", "r1")).code == 2


async def _forced(loki: Program, events: list[Event], *options: str) -> tuple[int, str, str]:
    """What `force-review` ends with where an engine takes the request and these events follow."""
    with journal_of(loki, *_past(loki)) as journal:
        async with loki.started("council", "force-review", *options) as process:
            while not (pending := journal.pending_requests()):
                await journal.wait_for_request()
            ((number, request),) = pending
            assert isinstance(request, rq.ForceReview)
            journal.append(ev.ReviewForced(by=request.by), consumes=number)
            journal.append(*events)
            ended = await done(process)
    return ended.code, ended.out, ended.err


async def test_a_call_for_a_sitting_reaches_the_engine_and_can_be_waited_for(loki: Program) -> None:
    code, out, err = await _forced(loki, [])
    assert (code, out) == (0, "")
    assert "is asked to sit" in err
    project = Surroundings.here(loki.environ, loki.workspace).project
    for approved in (True, False):
        project.state.journal.unlink()
        code, out, _ = await _forced(loki, _sitting(2, approved=approved), "--wait")
        assert code == (0 if approved else 1)
        assert out.startswith("sitting 2 after iteration 1")
    project.state.journal.unlink()
    code, out, _ = await _forced(loki, _sitting(2, approved=True), "--wait", "--json")
    assert (code, json.loads(out)["sitting"], json.loads(out)["run"]) == (0, 2, RUN)


async def test_a_run_that_ends_meanwhile_is_no_approval(loki: Program) -> None:
    code, out, err = await _forced(loki, [ev.RunClosed(outcome="exhausted", reason="x")], "--wait")
    assert (code, out) == (1, "")
    assert "the run has ended: exhausted" in err
