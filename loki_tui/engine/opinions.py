"""What reviewers said, and what that amounts to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loki_tui.core import events as ev
from loki_tui.core.tools import SubmitReview
from loki_tui.core.vocabulary import Check, Finding, Verdict
from loki_tui.engine.changes import Change
from loki_tui.engine.charges import Charge
from loki_tui.engine.panel import Heard

FINDINGS = 100
"""Findings of a phase that are journaled; those of one review too."""

MESSAGE_CHARS = 2_000
"""Characters of a finding's text that are kept."""

_GRAVEST = ("critical", "high", "medium", "low")
_BLOCKING = frozenset({"critical", "high"})
_NOT_THERE = "[no such file, so it does not block] "


def submitted(
    heard: Sequence[Heard[SubmitReview]], charge: Charge, *, base: str, tree: str, files: frozenset[str]
) -> ev.ReviewSubmitted:
    """One reviewer's review, put together from what they said of each portion."""
    said = [part.said for part in heard if part.said is not None]
    findings = gravest(_kept(finding, files) for review in said for finding in review.findings)[:FINDINGS]
    fails = any(review.verdict == "fail" for review in said)
    void = next((part.nothing for part in heard if part.said is None), "")
    if not void and fails and not findings:
        void = "it fails the changes and says nothing of why"
    return ev.ReviewSubmitted(
        reviewer=charge.name,
        verdict="fail" if void or fails else "pass",
        findings=findings,
        charge=charge.looks_for,
        base=base,
        tree=tree,
        void=void,
    )


def _kept(finding: Finding, files: frozenset[str]) -> Finding:
    """A finding as it is journaled: bounded, by the file's own path, and marked where there is no such file."""
    path = finding.file.strip().removeprefix("./")
    if path not in files and path.startswith(("a/", "b/")) and path[2:] in files:
        path = path[2:]  # as the diff writes it
    there = not path or path in files
    mark = "" if there else _NOT_THERE
    return finding.model_copy(update={"file": path[:500], "message": f"{mark}{finding.message[:MESSAGE_CHARS]}"})


def gravest(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings, the worst first."""
    return tuple(sorted(findings, key=lambda finding: _GRAVEST.index(finding.severity)))


def blocks(finding: Finding, files: frozenset[str]) -> bool:
    """Whether a finding keeps the work from completion: it is grave, and about something that is there."""
    return finding.severity in _BLOCKING and (not finding.file or finding.file in files)


def judge(reviews: Sequence[ev.ReviewSubmitted], files: frozenset[str]) -> tuple[Verdict, str]:
    """What reviews amount to, and why."""
    problems = [f"the review of {review.reviewer} does not count: {review.void}" for review in reviews if review.void]
    blocking = [
        (review.reviewer, finding) for review in reviews for finding in review.findings if blocks(finding, files)
    ]
    if blocking:
        reviewer, worst = min(blocking, key=lambda item: _GRAVEST.index(item[1].severity))
        more = f", and {len(blocking) - 1} more" if len(blocking) > 1 else ""
        problems.insert(0, f"{worst.severity} ({reviewer}): {_where(worst)}{_one_line(worst.message)}{more}")
    if problems:
        return Verdict.FAILED, "; ".join(problems)
    count = sum(len(review.findings) for review in reviews)
    found = "nothing found" if not count else f"{count} finding{'s' * (count > 1)}, none of which blocks"
    return Verdict.PASSED, f"{len(reviews)} reviewers: {found}"


def _where(finding: Finding) -> str:
    if not finding.file:
        return ""
    return f"{finding.file}:{finding.line}: " if finding.line else f"{finding.file}: "


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:199]}…"


def check_of(review: ev.ReviewSubmitted) -> Check:
    """One reviewer's part in the phase."""
    count = len(review.findings)
    found = f"{count} finding{'s' * (count != 1)}" if count else "nothing found"
    verdict = Verdict.PASSED if review.verdict == "pass" else Verdict.FAILED
    return Check(name=review.reviewer, verdict=verdict, why=review.void or found)


def not_shown(unread: Sequence[Change]) -> str:
    """What the reviewers were not shown, in words; empty where they were shown everything."""
    if not unread:
        return ""
    names = [change.path for change in unread[:5]]
    more = f" and {len(unread) - len(names)} more" if len(unread) > len(names) else ""
    return f"not shown to them whole: {', '.join(names)}{more}"
