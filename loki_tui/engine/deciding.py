"""Whether a run goes on, and whether the council has to sit: pure decisions on its state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from loki_tui.core import events as ev
from loki_tui.core.settings import Settings
from loki_tui.core.state import RunState, Stream
from loki_tui.core.vocabulary import CODE_REVIEW, Outcome, Proof, StreamStatus, Verdict
from loki_tui.engine.qa.phase import DELIVERED, Phase
from loki_tui.engine.qa.phases import PHASES, QUICK

RED = frozenset({Verdict.FAILED, Verdict.ERROR})
"""Verdicts that keep a product from being complete, whoever thinks otherwise."""


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
    advice: tuple[str, ...] = ()
    """What else the agent should know: that it goes round in circles, say."""
    task: str = ""
    """What this iteration alone is for, where it is not for the requirements as a whole."""


@dataclass(frozen=True, slots=True)
class Sit:
    """The council has to sit."""

    trigger: Literal["claim", "interval", "forced"]
    reason: str


def decide(state: RunState, settings: Settings, now: datetime) -> Close | GoOn:
    """What comes after the iterations so far.

    Completion needs a word for it, the agent's or the council's, *and* facts: no word makes up for a missing fact.
    """
    unmet = missing(state, settings)
    if not unmet and not settings.perpetual_mode:
        return Close("completed", _evidence(state, settings))
    if (limit := _limit(state, settings, now)) is not None:
        return limit
    heard = claimed(state) or _rejected(state)
    return GoOn(unmet if heard else (), tuple(_advice(state, settings)))


# -- completion ---------------------------------------------------------------------------------


def claimed(state: RunState) -> bool:
    """Whether somebody says that the work as it is now is complete: the agent, or the council."""
    # Of an iteration that is still open nobody has said anything yet.
    if state.iteration is not None:
        return False
    if state.joined:
        return True  # every stream said so of its part
    if state.last_finished is None:
        return False
    return state.last_finished.claims_done or _approved(state)


def missing(state: RunState, settings: Settings) -> tuple[str, ...]:
    """What stands between the run and completion; empty where nothing does."""
    return (*unproven(state, settings), *_of_the_council(state, settings))


def unproven(state: RunState, settings: Settings) -> tuple[str, ...]:
    """What stands between the run and completion before the council is heard: facts alone, and a claim."""
    reasons = [] if claimed(state) else ["the agent has not said that everything is done"]
    if state.first_checkpoint is None or state.first_checkpoint.tree == state.tree:
        reasons.append("nothing was changed")
    elif state.branch is not None and state.commit is None:
        reasons.append("nothing was delivered: what was changed is not in a commit of the run's branch")
    reasons += _of_phases(state, settings, PHASES)
    reasons += _of_delivery(state)
    if settings.phase_code_review:
        reasons += _of_phase(state, CODE_REVIEW, required=False)
    return (*reasons, *_of_requirements(state))


def promising(state: RunState, settings: Settings) -> bool:
    """Whether it is worth while to measure what takes long: completion is claimed, and nothing quick speaks against."""
    changed = state.first_checkpoint is not None and state.first_checkpoint.tree != state.tree
    return claimed(state) and changed and not list(_of_phases(state, settings, QUICK))


def reviewable(state: RunState, settings: Settings) -> bool:
    """Whether it is worth while to have the work reviewed: whatever was measured speaks for it."""
    return promising(state, settings) and not [
        *_of_phases(state, settings, PHASES),
        *_of_delivery(state),
        *_of_requirements(state),
    ]


def _of_phases(state: RunState, settings: Settings, phases: tuple[Phase, ...]) -> Iterator[str]:
    for phase in phases:
        # What a person switched off is not asked for, unless nothing is complete without it.
        if phase.required or getattr(settings, phase.setting):
            yield from _of_phase(state, phase.name, required=phase.required)


def _of_delivery(state: RunState) -> Iterator[str]:
    # What a person had not committed is measured with the work, and is not in what is delivered.
    if state.branch is not None and state.branch.dirty:
        yield from _of_phase(state, DELIVERED, required=True)


def _of_phase(state: RunState, name: str, *, required: bool) -> Iterator[str]:
    fact = state.phases.get(name)
    if fact is None or state.stale(fact):
        yield f"{name}: not measured on the work as it is now"
    elif not fact.excused and (fact.verdict in RED or (required and fact.verdict is not Verdict.PASSED)):
        yield f"{name}: {fact.why}"


def _of_requirements(state: RunState) -> Iterator[str]:
    for name, judged in state.requirements.items():
        if judged.proof is not Proof.PROVEN:
            said = f": {judged.evidence}" if judged.evidence else ""
            yield f"{name} ({judged.requirement.title}) is {judged.proof}{said}"


def _of_the_council(state: RunState, settings: Settings) -> Iterator[str]:
    if not settings.council_enabled or _approved(state):
        return
    decided = state.council.decided
    if decided is None or decided.tree != state.tree:
        yield "the council has not heard the work as it is now"
        return
    yield f"the council did not approve: {decided.reason}"
    for vote in state.council.votes:
        # One who cites nothing gave no vote at all: why is nothing that the agent could work on.
        if vote.verdict == "reject" and not vote.void and vote.evidence:
            yield from (f"{vote.member} of the council: {reason}" for reason in vote.reasons)


def _approved(state: RunState) -> bool:
    decided = state.council.decided
    return decided is not None and decided.approved and decided.tree == state.tree


def _rejected(state: RunState) -> bool:
    decided = state.council.decided
    return decided is not None and not decided.approved and decided.tree == state.tree


def _evidence(state: RunState, settings: Settings) -> str:
    """What a completed run rests on, in a line."""
    facts = [state.phases[phase.name] for phase in PHASES if phase.required]
    said = [f"{fact.why} ({fact.excused})" if fact.excused else fact.why for fact in facts]
    said.append(f"{len(state.requirements)} of {len(state.requirements)} requirements are proven")
    gaps = [name for name, fact in state.phases.items() if fact.verdict is Verdict.NOT_RUN and not state.stale(fact)]
    if settings.council_enabled and (decided := state.council.decided) is not None:
        said.append(f"the council approves: {decided.reason}")
    if gaps:
        said.append(f"not run: {', '.join(gaps)}")
    return "; ".join(said)


# -- the council --------------------------------------------------------------------------------


def sitting_due(state: RunState, settings: Settings) -> Sit | None:
    """Why the council has to sit now, on the work as it is; none where it need not."""
    if not settings.council_enabled or state.iteration is not None:
        return None
    if state.last_finished is None and not state.joined:
        return None
    council, number = state.council, state.finished_iterations
    if (begun := council.convened) is not None and council.decided is None and begun.tree == state.tree:
        return Sit(begun.trigger, begun.reason)  # an engine died in the middle of it
    if state.review_forced:
        return Sit("forced", f"{state.review_forced} asked for it")
    heard = council.decided is not None and council.decided.tree == state.tree
    if not heard and not settings.perpetual_mode and not unproven(state, settings):
        return Sit("claim", f"iteration {number} claims completion, and the facts bear it out")
    last = begun.iteration if begun is not None else 0
    due = number >= settings.council_min_iterations and number % settings.council_check_interval == 0
    if due and number > last and not heard:
        return Sit("interval", f"it sits every {settings.council_check_interval} iterations")
    return None


# -- limits -------------------------------------------------------------------------------------


def _limit(state: RunState, settings: Settings, now: datetime) -> Close | None:
    of_streams = state.total_iterations - state.iterations_begun
    if state.finished_iterations + of_streams >= settings.max_iterations:
        return Close("exhausted", f"all {settings.max_iterations} iterations are used up (LOKI_MAX_ITERATIONS)")
    if settings.max_duration is not None and state.elapsed(now).total_seconds() >= settings.max_duration:
        return Close("exhausted", f"the time limit of {settings.max_duration:g} s is used up (LOKI_MAX_DURATION)")
    limit, still, idle = (
        settings.council_stagnation_limit,
        state.unchanged_iterations,
        state.unproductive_iterations,
    )
    if still >= limit:
        return Close("stagnated", f"{still} iterations in a row changed nothing (LOKI_COUNCIL_STAGNATION_LIMIT)")
    if idle >= 2 * limit and state.proven < len(state.requirements):
        why = f"{idle} iterations in a row changed files, but proved no further requirement"
        return Close("stagnated", f"{why} (twice LOKI_COUNCIL_STAGNATION_LIMIT)")
    return None


def _advice(state: RunState, settings: Settings) -> Iterator[str]:
    for name, stream in state.streams.items():
        if state.stream_status(name) is StreamStatus.LEFT_OUT:
            yield _left_out(stream)
    idle, limit = state.unproductive_iterations, settings.council_stagnation_limit
    if idle >= limit and state.proven < len(state.requirements):
        yield (
            f"The last {idle} iterations proved no further requirement; after {2 * limit} the run ends as stagnated. "
            "Do not go on in the same way: choose one requirement, and prove it."
        )
    for phase, times in state.repeated.items():
        fact: ev.PhaseFinished = state.phases[phase]
        if times >= 2:
            yield f"{phase} failed in the same way {times} times in a row: {fact.why}"


def _left_out(stream: Stream) -> str:
    over = stream.integrated or stream.finished
    why = over.reason if over is not None else ""
    where = f" What was done of it is on the branch {stream.branch}." if stream.branch else ""
    return (
        f"{', '.join(stream.planned.requirements)}: worked on beside the rest, as {stream.planned.name}, and not part "
        f"of this work: {why}.{where}"
    )
