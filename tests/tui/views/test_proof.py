"""The panes of proof: which fact shows what, who judged what, and that unknown and stale never look like success."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Confinement, Excerpt, Finding, Proof, Verdict
from loki_tui.tui.painter import VIEWS
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, text_of
from loki_tui.tui.views import header
from tests.support.life import created, started
from tests.support.working import plan
from tests.tui.views.pictures import picture_of, pictured

BEGUN: list[Event] = [created(max_iterations=40), started(), plan(3)]


def at(tree: str) -> ev.CheckpointTaken:
    """The workspace is in this state."""
    return ev.CheckpointTaken(checkpoint=tree, tree=tree, label="", iteration=0, files=1, changed=1)


def found(phase: str, verdict: Verdict, tree: str = "t1", **fields: object) -> ev.PhaseFinished:
    """A fact."""
    given = {"phase": phase, "verdict": verdict, "why": "so it is", "checkpoint": "c1", "tree": tree}
    return ev.PhaseFinished.model_validate(given | fields)


def rows(pane: str, picture: Picture, width: int = 100, *, closely: bool = False) -> list[Row]:
    """What a pane shows."""
    return list(VIEWS[pane].made(picture, width, closely=closely)[0])


def text(pane: str, picture: Picture, width: int = 100, *, closely: bool = False) -> str:
    """The same without tones."""
    return "\n".join(map(text_of, rows(pane, picture, width, closely=closely)))


def good(lines: list[Row]) -> str:
    """All that sounds good."""
    return " ".join(span for line in lines for span, tone in line if tone == "good")


# -- header -------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 100, 139, 160])
def test_that_something_is_open_is_never_cut_off_the_header(width: int) -> None:
    held = Confinement(rung="bwrap", detail="0.8.0, Landlock ABI 7", uncovered=("what it costs", "the network"))
    events = created(max_iterations=40), started().model_copy(update={"confinement": held}), plan(3)
    shown = pictured(*events, ev.ReceiptWritten(digest="d", headline="VERIFIED WITH GAPS"))
    lines = header.rows(replace(shown, now=shown.now + timedelta(minutes=59)), width)
    assert re.search("2 open|open to what it costs, the network", text_of(lines[1]))


# -- checks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verdict", "stale"), product(Verdict, [True, False]), ids=str)
def test_only_what_passed_and_holds_is_green(verdict: Verdict, stale: bool) -> None:
    shown = pictured(*BEGUN, at("t1"), found("security", verdict, "t0" if stale else "t1"))
    for closely in (True, False):
        green = good(rows("checks", shown, closely=closely))
        assert bool(green) == (verdict is Verdict.PASSED and not stale)
    word = verdict.replace("_", " ")
    assert f"security stale, was {word}" if stale else f"security {word}" in text("checks", shown)


def test_a_review_of_other_files_and_one_that_is_none_are_not_green() -> None:
    review = ev.ReviewSubmitted(reviewer="design", verdict="pass", tree="t1", charge="whether it can be maintained")
    fresh = pictured(*BEGUN, at("t1"), review)
    assert "✔" in good(rows("checks", fresh))
    for other in (review.model_copy(update={"tree": "t0"}), review.model_copy(update={"void": "prose"})):
        assert not good(rows("checks", pictured(*BEGUN, at("t1"), other), closely=True))
    assert "looked for whether it can be maintained" in text("checks", fresh, closely=True)


def test_tools_and_findings_are_named_where_there_is_room_and_counted_where_not() -> None:
    findings = tuple(Finding(severity="high", file="a.py", line=n, message=f"bad {n}") for n in range(1, 31))
    shown = pictured(*BEGUN, at("t1"), found("security", Verdict.FAILED, findings=findings))
    assert "30 findings, 30 of them grave: a.py:1 bad 1" in text("checks", shown)
    closely = text("checks", shown, closely=True)
    assert "high a.py:8 bad 8" in closely
    assert "bad 9" not in closely
    assert "and 22 findings more: enter" in closely


def test_what_runs_says_for_how_long_and_what_goes_on_failing_how_often() -> None:
    failures = [found("security", Verdict.FAILED) for _ in range(3)]
    shown = pictured(*BEGUN, at("t1"), *failures, ev.PhaseStarted(phase="API tests", checkpoint="c1"), at("t1"))
    seen = text("checks", shown)
    assert seen.startswith("▶ API tests is being measured")
    assert text_of(rows("checks", shown)[0]).endswith(" 1 s")
    assert "the same 3 times in a row: so it is" in seen
    assert "API tests" not in next(line for line in seen.splitlines() if "never measured" in line)


def test_what_is_off_and_what_was_never_measured_is_named() -> None:
    off = created(settings={"phase_performance": False})
    seen = text("checks", pictured(off, started(), plan(1), at("t1"), found("security", Verdict.PASSED)))
    assert "? never measured: unit tests, regression" in seen
    assert "- off: performance" in seen
    assert VIEWS["checks"].title(pictured(*BEGUN, at("t1"), found("security", Verdict.PASSED))) == "Checks 1 of 1 pass"


# -- requirements -------------------------------------------------------------------------------


def test_a_requirement_is_green_only_while_it_is_proven_on_the_work_as_it_is() -> None:
    proven = ev.RequirementJudged(id="R1", proof=Proof.PROVEN, evidence="test_a passes", tests=("test_a",), tree="t1")
    fresh = pictured(*BEGUN, at("t1"), proven)
    assert "✔" in good(rows("requirements", fresh))
    stale = pictured(*BEGUN, at("t1"), proven, at("t2"))
    # Its line and its evidence, under the bar, which is empty now.
    lines = rows("requirements", stale)[1:3]
    assert not good(lines)
    assert text_of(lines[0]).startswith("~ R1 ")
    assert text_of(lines[0]).endswith(" stale")
    assert "the files have changed since; it was test_a passes" in text_of(lines[1])


def test_which_tests_show_a_requirement_is_said_where_there_is_room() -> None:
    tests = tuple(f"tests/test_a.py::test_{number}" for number in range(9))
    judged = ev.RequirementJudged(id="R1", proof=Proof.PROVEN, evidence="word " * 60, tests=tests, tree="t1")
    shown = pictured(*BEGUN, at("t1"), judged)
    short, whole = text("requirements", shown, 60), text("requirements", shown, 60, closely=True)
    assert "shown by" not in short
    assert "shown by tests/test_a.py::test_3" in whole
    assert "and 5 tests more" in whole
    assert whole.count("word ") + whole.count("word\n") >= 60
    assert "no test is named for it yet" in whole


# -- the council --------------------------------------------------------------------------------


def sat(*votes: ev.VoteCast, tree: str = "t1", approved: bool | None = True) -> list[Event]:
    """A sitting."""
    members = tuple(vote.member for vote in votes)
    events: list[Event] = [
        ev.CouncilConvened(sitting=2, reason="it was time", members=members, trigger="interval", iteration=5, tree=tree)
    ]
    events += votes
    if approved is not None:
        decided = {"sitting": 2, "approved": approved, "reason": "so be it", "approving": 2, "needed": 2, "tree": tree}
        events.append(ev.CouncilDecided.model_validate(decided))
    return events


def vote(member: str, verdict: str = "approve", **fields: object) -> ev.VoteCast:
    """A vote."""
    return ev.VoteCast.model_validate({"sitting": 2, "member": member, "verdict": verdict, **fields})


def test_a_sitting_says_why_it_is_on_what_and_what_came_of_it() -> None:
    votes = (vote("tests", charge="the tests prove it", evidence=("a.py:3",)), vote("user", "reject", reasons=("no",)))
    shown = pictured(*BEGUN, at("t1"), *sat(*votes))
    seen = text("council", shown, closely=True)
    for words in (
        "called because it was time",
        "2 members, after iteration 5, since it was time again",
        "on the work as it is now (tree t1)",
        "✔ APPROVED 2 approve, 2 needed",
        "✔ tests approves (the tests prove it)",
        "evidence: a.py:3",
        "✘ user rejects",
    ):
        assert words in seen
    assert "evidence" not in text("council", shown)
    assert VIEWS["council"].title(shown) == "Council sitting 2: approved"
    assert VIEWS["council"].title(pictured(*BEGUN, *sat(*votes, approved=None))) == "Council sitting 2: 1 of 2 approve"
    assert VIEWS["council"].title(pictured(*BEGUN, *sat(*votes, approved=False))).endswith(": not approved")


def test_an_approval_of_other_work_is_said_to_be_one() -> None:
    seen = text("council", pictured(*BEGUN, at("t1"), *sat(vote("tests")), at("t2")))
    assert "~ on the work as it was, which has changed since (tree t1)" in seen


def test_a_void_vote_is_not_green_and_says_why() -> None:
    shown = pictured(*BEGUN, at("t1"), *sat(vote("tests", void="contradicts: unit tests failed"), approved=None))
    assert not good(rows("council", shown))
    seen = text("council", shown)
    assert "- tests approve, void" in seen
    assert "void, it does not count: contradicts: unit tests failed" in seen
    assert "… still sitting" in seen
    assert VIEWS["council"].title(shown) == "Council sitting 2: 0 of 1 approve"


def test_how_good_a_member_is_stands_at_its_vote_or_below() -> None:
    calibrations = [
        ev.MemberCalibrated(sitting=1, member=member, defect="d", caught=caught)
        for member, caught in (("tests", True), ("tests", False), ("old", True))
    ]
    seen = text("council", pictured(*BEGUN, at("t1"), *sat(vote("tests")), *calibrations))
    assert next(line for line in seen.splitlines() if "tests approves" in line).endswith(
        "caught 1 of 2 planted defects"
    )
    assert seen.splitlines()[-1] == "old caught 1 of 1 planted defect"


def test_where_none_has_sat_it_says_what_makes_it() -> None:
    seen = " ".join(text("council", picture_of("empty"), 44).split())
    assert "No council has sat." in seen
    assert "It sits next after iteration 5, sooner where completion is claimed and the facts bear it out" in seen


# -- convergence --------------------------------------------------------------------------------


def worked(number: int, tree: str) -> list[Event]:
    """An iteration, and the state it left the workspace in."""
    finished = ev.IterationFinished(number=number, ended_by="agent", summary="Done.", tree=tree)
    return [ev.IterationStarted(number=number, brief=Excerpt(text="go")), at(tree), finished]


def test_standing_still_is_a_warning_in_the_header_and_at_the_iterations() -> None:
    shown = pictured(*BEGUN, at("t0"), *worked(1, "t0"), *worked(2, "t0"))
    assert VIEWS["iterations"].title(shown) == "Iterations 2 ! no change for 2 iterations"
    for width in (80, 120, 200):
        warned = [span for line in header.rows(shown, width) for span, tone in line if tone == "warn"]
        assert "! no change for 2 iterations" in warned
    moving = pictured(*BEGUN, at("t0"), *worked(1, "t1"))
    assert VIEWS["iterations"].title(moving) == "Iterations 1"
    assert "0 of 3 proven" in text_of(header.rows(moving, 120)[1])


@pytest.mark.parametrize(
    ("headline", "tone"), [("VERIFIED", "good"), ("VERIFIED WITH GAPS", "warn"), ("NOT VERIFIED", "bad")]
)
def test_the_headline_of_the_receipt_is_in_the_header(headline: str, tone: str) -> None:
    closed = ev.RunClosed(outcome="completed", reason="done")
    shown = pictured(*BEGUN, ev.ReceiptWritten(digest="d", headline=headline), closed)
    for width in (80, 120, 200):
        assert (headline, tone) in header.rows(shown, width)[1]
