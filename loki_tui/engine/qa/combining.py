"""What the checks of a phase amount to together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loki_tui.core.vocabulary import Check, Finding, TestCase, Verdict
from loki_tui.engine.qa.phase import Measured
from loki_tui.engine.qa.reports.cases import counts_of

FINDINGS = 200
"""Most findings that are kept of a phase, gravest first."""

_GRAVITY = ("critical", "high", "medium", "low")
_WORST_FIRST = (Verdict.FAILED, Verdict.ERROR, Verdict.PASSED, Verdict.NOT_RUN, Verdict.NOT_APPLICABLE)


def combine(
    checks: Sequence[Check],
    findings: Iterable[Finding] = (),
    *,
    nothing: str,
    output: str = "",
    tests: Sequence[TestCase] = (),
) -> Measured:
    """A phase's result from those of its checks.

    It is green only if a check really ran and none is red; what did not run is named.

    Args:
        checks: All that the phase consists of here.
        findings: Of all of them.
        nothing: Why it is not applicable, where no check is.
        output: What is worth keeping of what the tools printed.
        tests: What they report as tests.
    """
    applicable = [check for check in checks if check.verdict is not Verdict.NOT_APPLICABLE]
    gaps = [check for check in applicable if check.verdict is Verdict.NOT_RUN]
    verdict = next((each for each in _WORST_FIRST if any(check.verdict is each for check in applicable)), None)
    if verdict is None:
        return Measured(Verdict.NOT_APPLICABLE, nothing, checks=tuple(checks))
    ordered = sorted(findings, key=lambda finding: _GRAVITY.index(finding.severity))
    loudest = next(check for check in applicable if check.verdict is verdict)
    return Measured(
        verdict,
        _why(verdict, applicable, gaps),
        command=loudest.command,
        exit_code=loudest.exit_code,
        output=output,
        seconds=sum(check.seconds for check in checks),
        checks=tuple(checks),
        findings=tuple(ordered[:FINDINGS]),
        counts=counts_of(tests) if tests else None,
        tests=tuple(tests),
    )


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Those that completion has to wait for."""
    return [finding for finding in findings if finding.severity in {"critical", "high"}]


def counted(number: int, what: str) -> str:
    """`1 problem`, `2 problems`, `3 advisories`."""
    if number == 1:
        return f"1 {what}"
    return f"{number} {what[:-1]}ies" if what.endswith("ry") else f"{number} {what}s"


def exemplified(number: int, what: str, example: str) -> str:
    """`1 problem: …`, `2 problems, such as …`."""
    return f"{counted(number, what)}{':' if number == 1 else ', such as'} {example}"


def _why(verdict: Verdict, applicable: Sequence[Check], gaps: Sequence[Check]) -> str:
    missing = "; ".join(f"{check.name} ({check.why})" for check in gaps)
    if verdict is Verdict.NOT_RUN:
        return missing
    said = "; ".join(f"{check.name}: {check.why}" for check in applicable if check.verdict is verdict)
    return f"{said}; not run: {missing}" if missing else said
