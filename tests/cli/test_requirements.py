"""`loki requirements`: the PRD line by line, of runs that go on and of runs that are over."""

from __future__ import annotations

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Proof, Verdict
from tests.support.journaled import checkpoint, created, iteration, journal_of, planned, write
from tests.support.program import Program


def _phase(verdict: Verdict, tree: str) -> ev.PhaseFinished:
    return ev.PhaseFinished(phase="unit tests", verdict=verdict, why="all pass", checkpoint="c2", tree=tree)


async def test_each_requirement_is_shown_with_the_fact_it_rests_on(loki: Program) -> None:
    assert (await loki("requirements")).code == 2
    write(loki, [created(loki)])
    early = await loki("requirements")
    assert (early.code, early.out) == (0, "")
    assert "no plan yet" in early.err
    proven = ev.RequirementJudged(
        id="R1", proof=Proof.PROVEN, evidence="1 of 1 tests passes", tests=("test_it.py::test_a",), tree="t1"
    )
    failing = ev.RequirementJudged(id="R2", proof=Proof.FAILING, evidence="no such test", tree="t1")
    events = [planned("It works", "It is \x1b[31mfast\n"), checkpoint(1, "t0"), *iteration(1, "t1")]
    with journal_of(loki, *events, _phase(Verdict.PASSED, "t1"), proven, failing):
        shown = await loki("requirements")
        one, two = (await loki("requirements", "--json")).rows
    assert shown.code == 0, shown
    lines = shown.out.splitlines()
    assert lines[0] == "1 of 2 requirements proven on the work as it is"
    assert lines[1].startswith("R1  proven")
    assert "fact: unit tests passed at c2" in shown.out
    assert "stale" not in shown.out
    assert "\x1b" not in shown.out
    assert (one["id"], one["state"], one["stale"], one["tests"]) == ("R1", "proven", False, ["test_it.py::test_a"])
    assert one["facts"][0]["verdict"] == "passed"
    assert (two["state"], two["facts"]) == ("failing", [])


async def test_what_was_proven_is_stale_once_the_work_changed(loki: Program) -> None:
    proven = ev.RequirementJudged(id="R1", proof=Proof.PROVEN, tests=("a", "unit tests"), tree="t1")
    events = [created(loki), planned("It works"), checkpoint(1, "t0"), *iteration(1, "t1")]
    write(loki, [*events, _phase(Verdict.PASSED, "t1"), proven, *iteration(2, "t2")])
    shown = await loki("requirements")
    assert shown.out.splitlines()[0] == "0 of 1 requirement proven on the work as it is"
    assert "stale: the work has changed since" in shown.out
    (row,) = (await loki("requirements", "--json")).rows
    assert (row["state"], row["stale"], row["facts"][0]["stale"]) == ("stale", True, True)
    write(loki, [ev.RunClosed(outcome="stopped", reason="by a person")])
    assert (await loki("requirements", "r1")).out == shown.out
