"""Whether a run goes on: a pure decision on its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loki_tui.core.settings import Settings
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Outcome, Verdict
from loki_tui.engine.verifying import REQUIRED


@dataclass(frozen=True, slots=True)
class Close:
    """The run is over."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class GoOn:
    """Another iteration is needed."""

    unmet: tuple[str, ...] = ()
    """Why the product does not count as complete, for the agent to work on."""


def decide(state: RunState, settings: Settings, now: datetime) -> Close | GoOn:
    """What comes after the iterations so far.

    Completion needs the agent's word *and* facts: no word makes up for a missing fact.
    """
    unmet = missing(state)
    if not unmet and not settings.perpetual_mode:
        return Close("completed", f"the agent finished, and {_evidence(state)} in a clean checkout")
    if (limit := _limit(state, settings, now)) is not None:
        return limit
    return GoOn(unmet if _claimed(state) else ())


def missing(state: RunState) -> tuple[str, ...]:
    """What stands between the run and completion; empty where nothing does."""
    reasons = []
    if not _claimed(state):
        reasons.append("the agent has not said that everything is done")
    if state.first_checkpoint is None or state.first_checkpoint.tree == state.tree:
        reasons.append("nothing was changed")
    for phase in REQUIRED:
        fact = state.phases.get(phase)
        if fact is None or state.stale(fact):
            reasons.append(f"{phase}: not measured on the work as it is now")
        elif fact.verdict is not Verdict.PASSED:
            reasons.append(f"{phase}: {fact.why}")
    return tuple(reasons)


def _claimed(state: RunState) -> bool:
    # Of an iteration that is still open nobody has said anything yet.
    return state.iteration is None and state.last_finished is not None and state.last_finished.claims_done


def _evidence(state: RunState) -> str:
    return ", ".join(state.phases[phase].why for phase in REQUIRED)


def _limit(state: RunState, settings: Settings, now: datetime) -> Close | None:
    if state.finished_iterations >= settings.max_iterations:
        return Close("exhausted", f"all {settings.max_iterations} iterations are used up (LOKI_MAX_ITERATIONS)")
    if settings.max_duration is not None and state.elapsed(now).total_seconds() >= settings.max_duration:
        return Close("exhausted", f"the time limit of {settings.max_duration:g} s is used up (LOKI_MAX_DURATION)")
    still = state.unchanged_iterations
    if still >= settings.council_stagnation_limit:
        return Close("stagnated", f"{still} iterations in a row changed nothing (LOKI_COUNCIL_STAGNATION_LIMIT)")
    return None
