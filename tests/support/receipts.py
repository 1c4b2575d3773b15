"""Receipts for tests: one of a run that went well, and as many others as a test makes out of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from loki_tui.core.vocabulary import Check, Confinement, Counts, Finding, Proof, Verdict
from loki_tui.engine.headline import headline
from loki_tui.engine.qa.phase import API_TESTS, REGRESSION, SECURITY, UNIT_TESTS
from loki_tui.engine.receipt import (
    Calibrated,
    Cost,
    Delivery,
    Effort,
    Facts,
    JournalMark,
    Limits,
    Opinions,
    PhaseFact,
    Receipt,
    RequirementFact,
    Review,
    Sitting,
    Software,
    Source,
    Vote,
)

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
TREE = "3c4fff37c976fe1fa2ea256af521c1d1a7d5d440"
BASE_TREE = "bcd370c27965f404545f15a71867b9295ae193b8"
BASE = "202e2411943bb6c9421ceb9168d082cb400a7cfe"
COMMIT = "93e171fd598d2f1ff34ef313bb1246ac1163f42a"
DIGEST = "b1a7a533fbe11a910b3aaf0f12d1f2833ef68bbbcdabd6dc45f9e351a5a7e632"


def delivery(**other: object) -> Delivery:
    """What was delivered is what was measured."""
    given: dict[str, object] = {
        "branch": "loki/r1",
        "origin": "main",
        "base": BASE,
        "base_tree": BASE_TREE,
        "commit": COMMIT,
        "tree": TREE,
        "measured": TREE,
        "object_format": "sha1",
        "diff": DIGEST,
        "changed": 4,
        "descends": True,
    }
    return Delivery.model_validate({**given, **other})


def phase(name: str, verdict: Verdict = Verdict.PASSED, why: str = "all is well", **other: object) -> PhaseFact:
    """A phase that was measured on what was delivered."""
    given = {"name": name, "verdict": verdict, "why": why, "tree": TREE}
    return PhaseFact.model_validate({**given, **other})


def unit_tests(verdict: Verdict = Verdict.PASSED, why: str = "42 tests pass", **other: object) -> PhaseFact:
    """Tests as a run measures them."""
    measured: dict[str, object] = {
        "command": "python3 -m pytest -q --junit-xml=/tmp/report.xml",
        "exit_code": 0,
        "counts": Counts(passed=42),
        "seconds": 3.25,
        "at": AT,
        "output": DIGEST,
        "tests": DIGEST,
        "required": True,
    }
    return phase(UNIT_TESTS, verdict, why, **{**measured, **other})


def requirement(name: str = "R1", proof: Proof = Proof.PROVEN, **other: object) -> RequirementFact:
    """A requirement that a test shows."""
    given: dict[str, object] = {
        "id": name,
        "title": "Notes are kept in plain files",
        "criteria": ("one file a topic", "any editor opens it"),
        "proof": proof,
        "tests": ("tests/test_store.py::test_plain_files",),
        "tree": TREE,
    }
    return RequirementFact.model_validate({**given, **other})


def facts(**other: object) -> Facts:
    """Facts that nothing is missing from."""
    given: dict[str, object] = {
        "outcome": "completed",
        "reason": "all facts are fine, and the council approves",
        "delivery": delivery(),
        "phases": (unit_tests(), phase(REGRESSION, why="40 tests that passed before pass now")),
        "requirements": (requirement(), requirement("R2", title="Search finds a word in every note")),
    }
    return Facts.model_validate({**given, **other})


def receipt(about: Facts | None = None, **other: object) -> Receipt:
    """A receipt of these facts, with every kind of opinion."""
    about = about or facts()
    concluded = headline(about)
    given: dict[str, object] = {
        "run": "r1",
        "made_at": AT,
        "software": Software(loki="0.1.0", python="3.11.7", tools={"git": "2.39.5"}),
        "source": Source(name="prd.md", prd=DIGEST),
        "facts": about,
        "opinions": opinions(),
        "effort": Effort(
            iterations=5,
            actions=61,
            requests=70,
            seconds=1234.5,
            cost=Cost(
                spent=Decimal("3.1415"),
                unconfirmed=Decimal("0.02"),
                limit=Decimal(10),
                by_purpose={"plan": Decimal("0.1415"), "work": Decimal(3)},
            ),
            provider="anthropic",
            models={"work": "claude-sonnet-5-5", "planning": "claude-opus-5-5"},
        ),
        "limits": Limits(
            settings={"network": "off"},
            max_iterations=100,
            confinement=Confinement(rung="bwrap", detail="Landlock ABI 7", network=("off",), writable=("/x",)),
            refused=2,
        ),
        "journal": JournalMark(events=912, digest=DIGEST),
        "headline": concluded.headline,
        "gaps": concluded.gaps,
        "against": concluded.against,
    }
    return Receipt.model_validate({**given, **other})


def opinions() -> Opinions:
    """What reviewers and a council thought."""
    found = Finding(
        severity="low", file="notes/store.py", line=12, message="the lock is held longer than it needs to be"
    )
    return Opinions(
        review=phase("code review", why="3 of 3 reviewers pass it"),
        reviews=(
            Review(reviewer="reviewer-1", charge="correctness", verdict="pass", findings=(found,), tree=TREE),
            Review(reviewer="reviewer-2", charge="security", verdict="fail", void="it cites a file that is not there"),
        ),
        council=Sitting(
            number=1,
            trigger="claim",
            reason="completion was claimed",
            tree=TREE,
            votes=(
                Vote(
                    member="member-1",
                    charge="requirements",
                    verdict="approve",
                    reasons=("each requirement has a test",),
                    evidence=("tests/test_store.py:10",),
                ),
                Vote(member="member-2", charge="devil's advocate", verdict="reject", reasons=("no limit on size",)),
            ),
            approved=True,
            approving=2,
            needed=2,
            decision="2 of 3 approve",
        ),
        calibration=(Calibrated(member="member-1", shown=3, caught=2),),
    )


def mixed() -> Facts:
    """Facts of every kind: found, missing, old and red."""
    checks = (
        Check(
            name="bandit", verdict=Verdict.FAILED, why="1 finding of high severity", command="bandit -r .", exit_code=1
        ),
        Check(name="secret scan", verdict=Verdict.PASSED, why="no secret in 61 files"),
    )
    found = Finding(severity="high", file="notes/cli.py", line=88, message="subprocess call with shell=True")
    return facts(
        delivery=delivery(differing=("my notes.txt", "docs/"), measured="f" * 40),
        phases=(
            unit_tests(tree="f" * 40),
            phase(API_TESTS, Verdict.NOT_APPLICABLE, "no OpenAPI document", tree="f" * 40),
            phase(SECURITY, Verdict.FAILED, "bandit: 1 finding", checks=checks, findings=(found,), tree="f" * 40),
            phase(REGRESSION, tree="e" * 40),
        ),
        requirements=(
            requirement(tree="f" * 40),
            requirement("R2", Proof.FAILING, evidence="tests/test_search.py::test_all fails", tests=(), tree="f" * 40),
        ),
    )
