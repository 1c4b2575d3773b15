"""The one reducer: events in, `RunState` out. Every face, the engine and resume use it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import singledispatch
from typing import Final

from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.core.messages import TextPart
from loki_tui.core.money import ZERO
from loki_tui.core.state import (
    SUB_AGENTS,
    TEXT_CHARS,
    Answer,
    Approval,
    Council,
    Iteration,
    Judged,
    Learned,
    RunState,
    Sampled,
    Stream,
)
from loki_tui.core.vocabulary import Excerpt, Rule, Stage, Status

VERSION: Final = 2
"""Of the fold and of the shape of its state: states that another one journaled are not taken up."""


def fold(records: Iterable[Record], *, run: str = "") -> RunState:
    """The state after all of these records."""
    state = RunState(run=run)
    for record in records:
        apply(state, record)
    return state


def apply(state: RunState, record: Record) -> None:
    """Take one more record into a state."""
    state.seq = record.seq
    state.at = record.at
    _apply(record.event, state)


@singledispatch
def _apply(event: ev.Event, state: RunState) -> None:
    """Take one event in; `state.at` is already its moment.

    Kinds without a rule below leave no trace in the state.
    """


# -- a run's life -------------------------------------------------------------------------------


@_apply.register
def _run_created(event: ev.RunCreated, state: RunState) -> None:
    state.created = event
    state.created_at = state.at
    state.books.limit = event.budget


@_apply.register
def _engine_started(event: ev.EngineStarted, state: RunState) -> None:
    state.engines += 1
    state.confinement = event.confinement
    # What the engine before had in flight is lost: it may have been billed, so the money stays tied up.
    for request in list(state.open_requests):
        state.books.unconfirmed += state.books.reserved.pop(request, ZERO)
        del state.open_requests[request]
    state.running_phase = None
    if state.status is Status.WAITING:
        _go_on(state, "")


@_apply.register
def _branch_opened(event: ev.BranchOpened, state: RunState) -> None:
    state.branch = event


@_apply.register
def _stage_entered(event: ev.StageEntered, state: RunState) -> None:
    state.stage = event.stage


@_apply.register
def _run_paused(event: ev.RunPaused, state: RunState) -> None:
    state.status, state.reason = Status.PAUSED, event.reason
    state.paused_by, state.needed, state.waiting_until = event.by, event.needed, None


@_apply.register
def _run_waiting(event: ev.RunWaiting, state: RunState) -> None:
    # What begins to wait while the run is paused does not end the pause.
    if state.paused_by is None:
        state.status, state.reason, state.waiting_until = Status.WAITING, event.reason, event.until


@_apply.register
def _run_continued(event: ev.RunContinued, state: RunState) -> None:
    _go_on(state, event.reason)
    if state.undecided:
        state.status, state.reason = Status.WAITING, next(iter(state.undecided.values())).title


@_apply.register
def _run_stopping(event: ev.RunStopping, state: RunState) -> None:
    _go_on(state, event.reason)
    state.status = Status.STOPPING


@_apply.register
def _run_closed(event: ev.RunClosed, state: RunState) -> None:
    _go_on(state, event.reason)
    state.closed = event
    state.status, state.stage, state.ended_at = Status(event.outcome), Stage.CLOSE, state.at
    state.in_flight.clear()


def _go_on(state: RunState, reason: str) -> None:
    state.status, state.reason = Status.RUNNING, reason
    state.paused_by = state.needed = state.waiting_until = None


@_apply.register
def _budget_changed(event: ev.BudgetChanged, state: RunState) -> None:
    state.books.limit = event.limit


@_apply.register
def _steered(event: ev.Steered, state: RunState) -> None:
    state.notes.append(event.note)


@_apply.register
def _steering_delivered(event: ev.SteeringDelivered, state: RunState) -> None:
    state.notes_delivered += len(event.notes)
    del state.notes[: len(event.notes)]


@_apply.register
def _warned(event: ev.Warned, state: RunState) -> None:
    state.warnings.append(event.message)


@_apply.register
def _engine_failed(event: ev.EngineFailed, state: RunState) -> None:
    state.warnings.append(event.error)


# -- requirements and iterations ----------------------------------------------------------------


@_apply.register
def _requirements_planned(event: ev.RequirementsPlanned, state: RunState) -> None:
    state.planned = event
    state.requirements = {requirement.id: Judged(requirement) for requirement in event.requirements}


@_apply.register
def _requirement_judged(event: ev.RequirementJudged, state: RunState) -> None:
    judged = state.requirements[event.id]
    judged.proof, judged.evidence = event.proof, event.evidence


@_apply.register
def _iteration_started(event: ev.IterationStarted, state: RunState) -> None:
    state.iterations_begun += 1
    state.iteration = Iteration(number=event.number, started_at=state.at, started_seq=state.seq, brief=event.brief)


@_apply.register
def _iteration_finished(event: ev.IterationFinished, state: RunState) -> None:
    state.last_finished = event
    state.unchanged_iterations = state.unchanged_iterations + 1 if event.tree == state.settled_tree else 0
    state.settled_tree = event.tree
    state.in_flight.clear()
    # Nothing that was decided for this iteration will be asked for by another one.
    for approval in [decided for decided in state.approvals.values() if decided.decision and decided.request.call]:
        _settle(state, approval)
    if (iteration := state.iteration) is not None:
        state.iteration = None
        iteration.finished, iteration.finished_at = event.model_copy(update={"handover": ""}), state.at
        iteration.brief = Excerpt(text="")
        state.recent_iterations.append(iteration)


# -- model requests -----------------------------------------------------------------------------


@_apply.register
def _model_requested(event: ev.ModelRequested, state: RunState) -> None:
    state.requests += 1
    state.open_requests[event.request] = event
    state.books.reserved[event.request] = event.reserved


@_apply.register
def _model_answered(event: ev.ModelAnswered, state: RunState) -> None:
    asked = state.open_requests.pop(event.request)
    state.books.reserved.pop(event.request)
    state.books.usage += event.usage
    state.failures = 0
    state.answered[asked.purpose] += 1
    if event.cost is None:
        state.books.unpriced += 1
    _book(state, asked, event.cost or ZERO)
    if state.iteration is not None:
        state.iteration.turns += 1
    for part in event.parts:
        if isinstance(part, TextPart):
            state.last_text = part.text[:TEXT_CHARS]


@_apply.register
def _model_failed(event: ev.ModelFailed, state: RunState) -> None:
    asked = state.open_requests.pop(event.request)
    state.books.reserved.pop(event.request)
    state.books.unconfirmed += event.unconfirmed
    state.failures += 1
    _book(state, asked, event.cost)


def _book(state: RunState, asked: ev.ModelRequested, cost: Decimal) -> None:
    books = state.books
    books.spent += cost
    books.by_purpose[asked.purpose] = books.by_purpose.get(asked.purpose, ZERO) + cost
    # A sub-agent's name is its parent's, a stroke, and its own: there is no end of those.
    agent = SUB_AGENTS if "/" in asked.agent else asked.agent
    books.by_agent[agent] = books.by_agent.get(agent, ZERO) + cost
    if state.iteration is not None:
        state.iteration.spent += cost


# -- actions and approvals ----------------------------------------------------------------------


@_apply.register
def _action_started(event: ev.ActionStarted, state: RunState) -> None:
    state.actions += 1
    state.in_flight[event.action] = state.last_action = event
    if state.iteration is not None:
        state.iteration.actions += 1


@_apply.register
def _action_finished(event: ev.ActionFinished, state: RunState) -> None:
    state.in_flight.pop(event.action, None)
    for approval in [decided for decided in state.approvals.values() if decided.decision]:
        if approval.request.call == event.call:
            _settle(state, approval)


@_apply.register
def _action_refused(event: ev.ActionRefused, state: RunState) -> None:
    state.refusals += 1
    state.last_refused = event


@_apply.register
def _approval_requested(event: ev.ApprovalRequested, state: RunState) -> None:
    state.approvals_asked += 1
    state.approvals[event.approval] = Approval(event, state.at)


@_apply.register
def _approval_decided(event: ev.ApprovalDecided, state: RunState) -> None:
    approval = state.approvals[event.approval]
    approval.decision = event
    if event.rule:
        used = next((learned for learned in state.learned if learned.rule.pattern == event.rule), None)
        if used is not None:
            used.uses, used.used_at = used.uses + 1, state.at
    elif event.decision != "expired":
        before = state.answers[-1].at if state.answers else approval.asked_at
        took = (state.at - max(before, approval.asked_at)).total_seconds()
        state.answers.append(Answer(state.at, event.decision == "approved", took))
    if event.pattern and event.decision == "approved":
        asked = approval.request
        _learn(state, Rule(pattern=event.pattern, tool=asked.tool, risk=asked.risk, by=event.by))


def _learn(state: RunState, rule: Rule) -> None:
    """Remember a rule, unless what it covers is covered in the same words already."""
    same = (rule.pattern, rule.tool, rule.risk)
    if all((known.pattern, known.tool, known.risk) != same for known in state.rules):
        state.learned.append(Learned(rule, state.at))


@_apply.register
def _rule_revoked(event: ev.RuleRevoked, state: RunState) -> None:
    state.learned = [learned for learned in state.learned if learned.rule.pattern != event.pattern]


def _settle(state: RunState, approval: Approval) -> None:
    """Nothing will come back to this approval: remember in short that it was."""
    del state.approvals[approval.request.approval]
    request = approval.request.model_copy(update={"detail": "", "input": None, "diff": None})
    decision = approval.decision
    if decision is not None and decision.edited is not None:
        decision = decision.model_copy(update={"edited": {}})
    state.recent_approvals.append(Approval(request, approval.asked_at, decision))


# -- checkpoints and delivery -------------------------------------------------------------------


@_apply.register
def _checkpoint_taken(event: ev.CheckpointTaken, state: RunState) -> None:
    if state.first_checkpoint is None:
        state.first_checkpoint = event
        state.settled_tree = event.tree
    state.checkpoints_taken += 1
    state.last_checkpoint = event
    state.tree = event.tree


@_apply.register
def _checkpoint_restored(event: ev.CheckpointRestored, state: RunState) -> None:
    state.tree = event.tree


@_apply.register
def _work_committed(event: ev.WorkCommitted, state: RunState) -> None:
    state.commit = event.commit


# -- verification -------------------------------------------------------------------------------


@_apply.register
def _phase_started(event: ev.PhaseStarted, state: RunState) -> None:
    state.running_phase = event.phase


@_apply.register
def _phase_finished(event: ev.PhaseFinished, state: RunState) -> None:
    state.running_phase = None
    state.phases[event.phase] = event
    state.measured_at[event.phase] = state.at


@_apply.register
def _review_submitted(event: ev.ReviewSubmitted, state: RunState) -> None:
    state.reviews[event.reviewer] = event


@_apply.register
def _council_convened(event: ev.CouncilConvened, state: RunState) -> None:
    state.council = Council(event.sitting, event.reason)


@_apply.register
def _vote_cast(event: ev.VoteCast, state: RunState) -> None:
    state.council.votes.append(event)


@_apply.register
def _council_decided(event: ev.CouncilDecided, state: RunState) -> None:
    state.council.decided = event


# -- surroundings -------------------------------------------------------------------------------


@_apply.register
def _resources_sampled(event: ev.ResourcesSampled, state: RunState) -> None:
    state.samples.append(Sampled(state.at, event.sample, event.over))


@_apply.register
def _stream_planned(event: ev.StreamPlanned, state: RunState) -> None:
    state.streams[event.name] = Stream(event)


@_apply.register
def _stream_started(event: ev.StreamStarted, state: RunState) -> None:
    state.streams[event.name].branch = event.branch


@_apply.register
def _stream_finished(event: ev.StreamFinished, state: RunState) -> None:
    state.streams[event.name].finished = event
