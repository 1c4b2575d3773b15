"""What QA phases came to, measured without a run: as lines for a person and as JSON objects for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from loki_tui.core.messages import JsonObject
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Check, Finding, Verdict
from loki_tui.runtime.measuring import Measured, Phase, Subject
from loki_tui.wording.amounts import counted, in_seconds
from loki_tui.wording.line import Line, Tone

OUTPUT_CHARS = 4_000
"""Characters of what the commands said that a row has: their end, which is where runners sum up."""

OUTPUT_LINES = 15
"""Lines of it that a person is shown of what is not green."""

FINDINGS = 30
"""Findings that a person is shown of one phase; a row has all."""

_NAME = 16

_TONES: dict[Verdict, Tone] = {
    Verdict.PASSED: "good",
    Verdict.FAILED: "bad",
    Verdict.ERROR: "bad",
    Verdict.NOT_RUN: "warn",
    Verdict.NOT_APPLICABLE: "quiet",
}


def subject_lines(subject: Subject) -> Iterator[Line]:
    """What is measured, and what it is compared with."""
    yield Line(f"{'measured':<{_NAME}}{one_line(subject.name)}")
    if subject.base is None:
        yield Line(f"{'compared with':<{_NAME}}nothing: {one_line(subject.base_why)}", "warn")
    else:
        yield Line(
            f"{'compared with':<{_NAME}}{subject.base.short} ({one_line(subject.base_why)}): "
            f"{counted(len(subject.changed), 'path')} changed"
        )
    if subject.commit and subject.uncommitted:
        others = counted(subject.uncommitted, "uncommitted change")
        yield Line(f"{'not measured':<{_NAME}}{others} in the work tree: what is judged is the commit", "warn")
    if subject.skipped:
        yield Line(f"{'not measured':<{_NAME}}unreadable: {one_line(', '.join(subject.skipped))}", "warn")


def subject_row(subject: Subject) -> JsonObject:
    """The same as one object."""
    base = subject.base
    return {
        "measured": subject.name,
        "tree": subject.tree,
        "commit": subject.commit or None,
        "base": None if base is None else {"name": base.name, "commit": base.commit, "tree": base.tree},
        "base_why": subject.base_why,
        "changed": len(subject.changed),
        "uncommitted": subject.uncommitted,
        "skipped": list(subject.skipped),
    }


def phase_lines(phase: Phase, measured: Measured, *, redact: Callable[[str], str]) -> Iterator[Line]:
    """What a phase came to, with what its tools said and found.

    Args:
        phase: Which.
        measured: What it came to.
        redact: Takes secrets out of what commands said.
    """
    verdict, tone = measured.verdict, _TONES[measured.verdict]
    took = f" ({in_seconds(measured.seconds)})" if measured.seconds else ""
    why = one_line(redact(measured.why))
    yield Line(f"{phase.name:<{_NAME}}{verdict.replace('_', ' ')}: {why}{took}", tone)
    if measured.command and not measured.checks:
        yield Line(f"  ran {one_line(redact(measured.command))}", "quiet")
    for check in measured.checks:
        yield _check_line(check, redact)
    for finding in measured.findings[:FINDINGS]:
        yield _finding_line(finding, redact)
    if len(measured.findings) > FINDINGS:
        yield Line(f"  and {counted(len(measured.findings) - FINDINGS, 'finding')} more: --json has all", "quiet")
    if verdict in {Verdict.FAILED, Verdict.ERROR} and not measured.findings:
        for line in redact(measured.output).rstrip().splitlines()[-OUTPUT_LINES:]:
            yield Line(f"  | {line}", "quiet")


def _check_line(check: Check, redact: Callable[[str], str]) -> Line:
    why = one_line(redact(check.why))
    return Line(f"  {check.name} {check.verdict.replace('_', ' ')}: {why}", _TONES[check.verdict])


def _finding_line(finding: Finding, redact: Callable[[str], str]) -> Line:
    where = f" {one_line(finding.file)}" if finding.file else ""
    if finding.file and finding.line is not None:
        where += f":{finding.line}"
    grave = finding.severity in {"critical", "high"}
    return Line(f"  {finding.severity}{where}: {one_line(redact(finding.message))}", "bad" if grave else "warn")


def phase_row(phase: Phase, measured: Measured, *, redact: Callable[[str], str]) -> JsonObject:
    """The same as one object; names that events of a run have, too, mean the same there."""
    outcomes = [test.outcome for test in measured.tests]
    return {
        "phase": phase.name,
        "verdict": measured.verdict,
        "why": redact(measured.why),
        "required": phase.required,
        "setting": phase.setting,
        "command": redact(measured.command),
        "exit_code": measured.exit_code,
        "counts": None if measured.counts is None else measured.counts.model_dump(),
        "seconds": round(measured.seconds, 3),
        "checks": [_redacted(check.model_dump(mode="json"), redact) for check in measured.checks],
        "findings": [_redacted(finding.model_dump(mode="json"), redact) for finding in measured.findings],
        "tests": {outcome: outcomes.count(outcome) for outcome in ("passed", "failed", "skipped")},
        "output": redact(measured.output)[-OUTPUT_CHARS:],
    }


def _redacted(row: JsonObject, redact: Callable[[str], str]) -> JsonObject:
    return {name: redact(value) if isinstance(value, str) else value for name, value in row.items()}


def tally(results: Sequence[Measured]) -> str:
    """How many came to what, in words."""
    words = {verdict: sum(each.verdict is verdict for each in results) for verdict in Verdict}
    return ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in words.items() if count) or "none"
