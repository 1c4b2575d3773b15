"""What is proven, found and judged, in events: by tools, by reviewers and by a council."""

from __future__ import annotations

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Check, Finding, Proof, Verdict

MEMBERS: tuple[tuple[str, str], ...] = (
    ("requirements", "every requirement is met"),
    ("tests", "the tests prove what they say"),
    ("advocate", "a reason why it is not complete"),
)
"""Of a council, each with what it looks for."""

FOUND = (
    Finding(
        severity="high", file="notes/export.py", line=31, message="HTML is put together from text that is not escaped"
    ),
    Finding(severity="low", file="notes/store.py", line=12, message="a temporary file has a name that can be guessed"),
)


def shown_by(number: int) -> str:
    """The test that shows a requirement."""
    return f"tests/test_store.py::test_{number}"


def judged(number: int, proof: Proof, *, tree: str) -> ev.RequirementJudged:
    """What is known of a requirement."""
    test = shown_by(number)
    evidence = {
        Proof.PROVEN: f"{test} passes, and fails without the code it is about",
        Proof.FAILING: f"{test} fails: assert 3 == 4",
        Proof.UNPROVEN: "the agent has named no test for it",
        Proof.STALE: f"{test} passed",
    }[proof]
    return ev.RequirementJudged(
        id=f"R{number}", proof=proof, evidence=evidence, tests=() if proof is Proof.UNPROVEN else (test,), tree=tree
    )


def secured(fact: ev.PhaseFinished) -> ev.PhaseFinished:
    """The security phase with its tools, and what they found where it failed."""
    failed = fact.verdict is Verdict.FAILED
    checks = (
        Check(
            name="bandit",
            verdict=fact.verdict,
            why="1 high finding" if failed else "nothing found",
            command="bandit -r notes -f json",
            exit_code=1 if failed else 0,
            seconds=1.9,
        ),
        Check(name="secrets", verdict=Verdict.PASSED, why="no secret in 12 files", seconds=0.1),
        Check(name="pip-audit", verdict=Verdict.NOT_RUN, why="the network is off"),
    )
    why = "bandit: 1 high finding" if failed else "nothing found by bandit and secrets; pip-audit not run"
    update = {"checks": checks, "findings": FOUND if failed else (), "why": why, "counts": None, "output": None}
    return fact.model_copy(update=update)


def calibrated(sitting: int, member: str, *, caught: bool) -> ev.MemberCalibrated:
    """A member was shown a planted defect."""
    return ev.MemberCalibrated(
        sitting=sitting,
        member=member,
        charge=dict(MEMBERS).get(member, ""),
        defect="notes/search.py:14: the comparison is turned round",
        caught=caught,
        said="Search misses the last note.",
    )
