"""A phase is as good as its worst check, and says what was left out."""

from __future__ import annotations

import pytest

from loki_tui.core.vocabulary import Check, Finding, TestCase, Verdict
from loki_tui.engine.qa.combining import FINDINGS, combine, counted, exemplified

PASSED, FAILED, ERROR = Verdict.PASSED, Verdict.FAILED, Verdict.ERROR
NOT_RUN, NOT_APPLICABLE = Verdict.NOT_RUN, Verdict.NOT_APPLICABLE


def check(verdict: Verdict, name: str = "tool", why: str = "because") -> Check:
    return Check(name=name, verdict=verdict, why=why, seconds=1.5)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], NOT_APPLICABLE),
        ([NOT_APPLICABLE], NOT_APPLICABLE),
        ([NOT_RUN], NOT_RUN),
        ([NOT_RUN, NOT_APPLICABLE], NOT_RUN),
        ([NOT_RUN, PASSED], PASSED),
        ([PASSED, ERROR, NOT_RUN], ERROR),
        ([PASSED, ERROR, FAILED], FAILED),
    ],
)
def test_the_worst_counts(verdicts: list[Verdict], expected: Verdict) -> None:
    assert combine([check(verdict) for verdict in verdicts], nothing="nothing").verdict is expected


def test_what_was_not_run_is_named_beside_what_was() -> None:
    measured = combine([check(PASSED, "a", "fine"), check(NOT_RUN, "b", "needs the network")], nothing="")
    assert measured.why == "a: fine; not run: b (needs the network)"
    assert measured.seconds == 3.0


def test_where_nothing_ran_only_that_is_said() -> None:
    assert combine([check(NOT_RUN, "b", "it is not installed")], nothing="").why == "b (it is not installed)"
    assert combine([], nothing="no pages").why == "no pages"


def test_red_is_said_and_green_is_not() -> None:
    measured = combine([check(PASSED, "a"), check(FAILED, "b", "1 problem"), check(FAILED, "c", "2")], nothing="")
    assert measured.why == "b: 1 problem; c: 2"


def test_findings_are_bounded_and_the_gravest_are_kept() -> None:
    low = [Finding(severity="low", message=str(number)) for number in range(FINDINGS)]
    measured = combine([check(PASSED)], [*low, Finding(severity="critical", message="!")], nothing="")
    assert len(measured.findings) == FINDINGS
    assert measured.findings[0].severity == "critical"


def test_tests_are_counted() -> None:
    tests = [TestCase(id="a", outcome="passed"), TestCase(id="b", outcome="skipped")]
    counts = combine([check(PASSED)], nothing="", tests=tests).counts
    assert counts
    assert (counts.passed, counts.failed, counts.skipped) == (1, 0, 1)


def test_numbers_are_said_in_words() -> None:
    assert counted(1, "page") == "1 page"
    assert counted(3, "grave advisory") == "3 grave advisories"
    assert exemplified(1, "problem", "x") == "1 problem: x"
    assert exemplified(2, "problem", "x") == "2 problems, such as x"
