"""The PRD line by line: what of it is proven, by which tests and facts, and what is not any more."""

from __future__ import annotations

from collections.abc import Iterator

from loki_tui.core.state import Judged, RunState
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Proof, Verdict
from loki_tui.wording.amounts import counted
from loki_tui.wording.line import Line, Tone
from loki_tui.wording.requirement_row import facts_of, is_stale

_TONES: dict[Proof, Tone] = {
    Proof.PROVEN: "good",
    Proof.FAILING: "bad",
    Proof.STALE: "warn",
    Proof.UNPROVEN: "plain",
}

_NAMED_TESTS = 10
"""Tests of one requirement that a person is shown."""


def requirement_lines(state: RunState) -> Iterator[Line]:
    """Every requirement with what speaks for it."""
    every = state.requirements
    proven = state.proven
    tone: Tone = "good" if every and proven == len(every) else "plain"
    yield Line(f"{proven:,} of {counted(len(every), 'requirement')} proven on the work as it is", tone)
    width = max((len(name) for name in every), default=0)
    for name, judged in every.items():
        yield Line(f"{name:<{width}}  {judged.proof:<8}  {one_line(judged.requirement.title)}", _TONES[judged.proof])
        yield from _grounds(state, judged, " " * (width + 2))


def _grounds(state: RunState, judged: Judged, indent: str) -> Iterator[Line]:
    if judged.evidence:
        yield Line(f"{indent}{one_line(judged.evidence)}")
    for test in judged.tests[:_NAMED_TESTS]:
        yield Line(f"{indent}shown by {one_line(test)}")
    if len(judged.tests) > _NAMED_TESTS:
        yield Line(f"{indent}and {counted(len(judged.tests) - _NAMED_TESTS, 'test')} more")
    if not judged.tests and judged.claimed:
        claimed = one_line(", ".join(judged.claimed[:_NAMED_TESTS]))
        yield Line(f"{indent}the agent names {claimed}", "quiet")
    for fact in facts_of(state, judged):
        stale = state.stale(fact)
        tone: Tone = "warn" if stale or fact.verdict is not Verdict.PASSED else "quiet"
        told = f"{fact.phase} {fact.verdict.replace('_', ' ')} at {fact.checkpoint}"
        yield Line(f"{indent}fact: {told}{', stale: the work has changed since' if stale else ''}", tone)
    if is_stale(state, judged):
        yield Line(f"{indent}judged before the work changed", "warn")
