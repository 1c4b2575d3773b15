"""The case that is put before reviewers and council members: what was asked for, what is known, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loki_tui.core.state import Judged, RunState
from loki_tui.core.vocabulary import Proof, Verdict
from loki_tui.engine import prompts
from loki_tui.engine.changes import Change
from loki_tui.engine.framing import framed
from loki_tui.engine.qa.phase import UNIT_TESTS

REST = 200
"""Changes that are named where they are not shown."""

_DROPPED = (
    "Parts of the work were made beside each other, and conflicted when they were brought together. Loki compared "
    "lines: what is named here one side had added, and it is not there any more. It may have been reworded or have no "
    "use any longer; find out whether anything that was asked for is gone with it:"
)


@dataclass(frozen=True, slots=True)
class Fact:
    """What a QA phase found, as far as it holds for the work as it is."""

    phase: str
    verdict: Verdict | None
    """None where nobody measured since the work changed."""
    why: str = ""
    required: bool = False

    @property
    def red(self) -> bool:
        """Whether it speaks against completion, whatever anybody thinks."""
        return self.verdict in {Verdict.FAILED, Verdict.ERROR}

    @property
    def told(self) -> str:
        """The fact in one line."""
        return f"{self.phase}: {self.found}{f': {self.why}' if self.why and self.verdict is not None else ''}"

    @property
    def found(self) -> str:
        """The verdict in words."""
        return "not measured on the work as it is" if self.verdict is None else self.verdict.replace("_", " ")


def facts_of(state: RunState) -> tuple[Fact, ...]:
    """What is known of the work as it is now; what has to be known always stands among it."""
    known = [
        Fact(phase.phase, state.verdict(phase.phase), phase.why, phase.required or phase.phase == UNIT_TESTS)
        for phase in state.phases.values()
    ]
    if UNIT_TESTS not in state.phases:
        known.insert(0, Fact(UNIT_TESTS, None, required=True))
    return tuple(known)


def dropped(state: RunState) -> tuple[str, ...]:
    """What resolutions of conflicts between streams have not of what a side had added, one line each."""
    return tuple(
        f"the resolution of the conflict between {' and '.join(over.beside) or 'the branch'} and {name} dropped "
        f"lines: {phrase}"
        for name, stream in state.streams.items()
        if (over := stream.integrated) is not None
        for phrase in over.lost
    )


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged."""

    prd: str
    requirements: Sequence[Judged]
    facts: Sequence[Fact]
    base: str
    """Checkpoint that the changes begin at."""
    shown: Sequence[Change]
    """Changes whose text is told."""
    rest: Sequence[Change] = ()
    """Changes that are only named."""
    dropped: Sequence[str] = ()
    """What bringing streams together lost, see `dropped`."""


def told(case: Case) -> str:
    """A case as whoever judges it reads it; what changes least comes first."""
    sections = [
        f"What was asked for:\n{framed(case.prd, prompts.REQUIREMENTS)}",
        "Its requirements, and how far each is proven (x proven, ! failing, ? not measured since it changed):\n"
        + framed("\n".join(_requirement(judged) for judged in case.requirements), "requirements"),
        "Facts, measured by Loki:\n" + framed("\n".join(fact.told for fact in case.facts), "facts"),
    ]
    if case.dropped:
        sections.append(_DROPPED + "\n" + framed("\n".join(case.dropped), "what was dropped"))
    if not case.shown and not case.rest:
        return "\n\n".join([*sections, f"Nothing was changed since checkpoint {case.base}."])
    diff = "".join(change.text for change in case.shown)
    sections.append(f"The changes since checkpoint {case.base}:\n{framed(diff, 'diff')}")
    sections.extend(_unseen(case))
    return "\n\n".join(sections)


def _unseen(case: Case) -> list[str]:
    sections = []
    if cut := [change.path for change in case.shown if change.cut]:
        sections.append("Of these only the beginning is shown; read on with your tools:\n" + framed("\n".join(cut)))
    if case.rest:
        names = [change.named for change in case.rest[:REST]]
        if len(case.rest) > REST:
            names.append(f"… and {len(case.rest) - REST} more")
        sections.append("Changed too, and not shown; read with your tools:\n" + framed("\n".join(names)))
    return sections


_MARKS = {Proof.UNPROVEN: " ", Proof.PROVEN: "x", Proof.FAILING: "!", Proof.STALE: "?"}


def _requirement(judged: Judged) -> str:
    lines = [f"[{_MARKS[judged.proof]}] {judged.requirement.id}: {judged.requirement.title}"]
    lines.extend(f"      - {criterion}" for criterion in judged.requirement.criteria)
    if judged.evidence:
        lines.append(f"      ({judged.proof}: {judged.evidence})")
    if judged.tests:
        lines.append(f"      (shown by {', '.join(judged.tests)})")
    return "\n".join(lines)
