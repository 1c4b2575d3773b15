"""What the phases' results say of a branch: the same rules as at a run's end, without a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.elsewhere import ELSEWHERE
from loki_tui.engine.qa.phase import Measured, Phase
from loki_tui.runtime.measuring import Subject

Standing = Literal["verified", "concerns", "blocked", "error"]
"""`concerns`: nothing is red, but something is not known or was found. `error`: nobody can tell."""


@dataclass(frozen=True, slots=True)
class BranchVerdict:
    """How a branch stands, from facts alone."""

    standing: Standing
    blocking: tuple[str, ...] = ()
    """What is red, one phrase each."""
    errors: tuple[str, ...] = ()
    """What could not be measured, and why."""
    gaps: tuple[str, ...] = ()
    """What is not known, or not grave."""


def judge(subject: Subject, results: Iterable[tuple[Phase, Measured]]) -> BranchVerdict:
    """Judge a branch.

    Green takes a change, tests that ran and passed, and no phase that is red; a phase that does not apply to the
    project is none that is missing. Red is red, whatever else could not be measured.
    """
    if not subject.changed:
        return BranchVerdict("blocked", blocking=("nothing differs from the base",))
    blocking: list[str] = []
    errors: list[str] = []
    gaps: list[str] = []
    green = False
    for phase, measured in results:
        told = f"{phase.name}: {measured.why}"
        green = green or (phase.required and measured.verdict is Verdict.PASSED)
        match measured.verdict:
            case Verdict.FAILED:
                blocking.append(told)
            case Verdict.ERROR:
                errors.append(told)
            case Verdict.NOT_RUN | Verdict.NOT_APPLICABLE if phase.required:
                blocking.append(told)
            case Verdict.NOT_RUN:
                gaps.append(told)
            case _:
                pass
        gaps += _found(phase, measured)
    if not green and not blocking and not errors:
        blocking.append("no test was run")
    gaps += [f"unreadable, and so not measured: {path}" for path in subject.skipped]
    standing: Standing = "blocked" if blocking else "error" if errors else "concerns" if gaps else "verified"
    return BranchVerdict(standing, tuple(blocking), tuple(errors), tuple(gaps))


def _found(phase: Phase, measured: Measured) -> list[str]:
    """What a phase that is not red found all the same; what is low is no concern."""
    if measured.verdict is Verdict.FAILED:
        return []
    elsewhere = [f"{phase.name}: {check.why}" for check in measured.checks if check.name == ELSEWHERE]
    worth = [finding for finding in measured.findings if finding.severity != "low"]
    return [*elsewhere, *(f"{phase.name}: {finding.severity}: {finding.message}" for finding in worth)]
