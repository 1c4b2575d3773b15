"""Reviewers and council in whole runs: what they say ends a run, or becomes the next iteration's work."""

from __future__ import annotations

from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Purpose
from tests.support.panels import PRODUCT, Chorus, script
from tests.support.runs import Bench, make_bench
from tests.support.scripted import ScriptedModel, Turn, call, finishes, reviews, says, votes

APPROVE = votes("approve", "All is there", evidence=("clip.py:1",))
REJECT = votes("reject", "R1: low above high is not refused", evidence=("clip.py:2",), unmet=("R1",))
FINE = reviews("pass", ("low", "clip.py", "a name"))


def bench_of(tmp_path: Path, *, vote: Turn, review: Turn = FINE, iterations: int = 1, **settings: object) -> Bench:
    turns = [
        turn
        for number in range(iterations)
        for turn in (says(call("write_file", path="clip.py", content=f"{PRODUCT}# {number}\n")), finishes())
    ]
    model = ScriptedModel(*turns)
    bench = make_bench(tmp_path, model, **{"council_enabled": True, "phase_code_review": True, **settings})
    script(bench, Purpose.VOTE, vote)
    script(bench, Purpose.REVIEW, review)
    return bench


async def test_a_run_that_the_council_approves_is_completed(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, vote=Chorus(APPROVE), review=Chorus(FINE))
    assert await bench.go() == "completed"
    kinds = bench.kinds()
    assert kinds.count("vote_cast") == 4
    assert kinds.index("review_submitted") < kinds.index("council_convened") < kinds.index("run_closed")
    books = bench.state().books
    assert books.by_purpose[Purpose.VOTE] > 0
    assert books.by_purpose[Purpose.REVIEW] > 0


async def test_what_the_council_rejects_is_the_next_iterations_work(tmp_path: Path) -> None:
    vote = Chorus(APPROVE, Go=[REJECT, APPROVE], Judge=[REJECT, APPROVE])
    bench = bench_of(tmp_path, vote=vote, review=Chorus(FINE), iterations=2)
    assert await bench.go() == "completed"
    assert [decided.approved for decided in bench.of(ev.CouncilDecided)] == [False, True]
    assert "low above high is not refused" in bench.model.sent()[2].messages[0].text


async def test_a_council_that_never_approves_never_completes_a_run(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, vote=Chorus(REJECT), review=Chorus(FINE), iterations=2, max_iterations=2)
    assert await bench.go() == "exhausted"


async def test_grave_findings_keep_the_council_from_sitting(tmp_path: Path) -> None:
    grave = reviews("fail", ("critical", "clip.py", "it is exploitable"))
    bench = bench_of(tmp_path, vote=Chorus(APPROVE), review=Chorus(grave, Design=[FINE]), max_iterations=1)
    assert await bench.go() == "exhausted"
    assert not bench.of(ev.CouncilConvened)
