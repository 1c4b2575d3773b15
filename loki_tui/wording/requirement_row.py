"""A requirement as one JSON object: how far it is proven, and by which facts."""

from __future__ import annotations

from loki_tui.core.events import PhaseFinished
from loki_tui.core.messages import JsonObject
from loki_tui.core.state import Judged, RunState
from loki_tui.core.vocabulary import Proof

_UNIT_TESTS = "unit tests"
"""The phase that reports single tests; by its name, since what measures it takes long to load."""


def facts_of(state: RunState, judged: Judged) -> list[PhaseFinished]:
    """The measurements that a requirement's proof rests on."""
    if not judged.tests:
        return []
    named = {test for test in judged.tests if test in state.phases}
    if len(named) < len(set(judged.tests)):
        named.add(_UNIT_TESTS)
    return [fact for phase, fact in state.phases.items() if phase in named]


def is_stale(state: RunState, judged: Judged) -> bool:
    """Whether nobody has looked since the work changed."""
    return judged.proof is Proof.STALE or bool(judged.tree and judged.tree != state.tree)


def requirement_row(state: RunState, judged: Judged) -> JsonObject:
    """One requirement as one object."""
    return {
        "run": state.run,
        "id": judged.requirement.id,
        "title": judged.requirement.title,
        "criteria": list(judged.requirement.criteria),
        "state": judged.proof,
        "stale": is_stale(state, judged),
        "evidence": judged.evidence,
        "tests": list(judged.tests),
        "claimed": list(judged.claimed),
        "tree": judged.tree or None,
        "facts": [
            {
                "phase": fact.phase,
                "verdict": fact.verdict,
                "why": fact.why,
                "checkpoint": fact.checkpoint,
                "tree": fact.tree,
                "stale": state.stale(fact),
                "at": state.measured_at[fact.phase].isoformat() if fact.phase in state.measured_at else None,
            }
            for fact in facts_of(state, judged)
        ],
    }
