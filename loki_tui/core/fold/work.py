"""What the work of agents and their models does to a run's state: iterations, requests, actions, approvals."""

from __future__ import annotations

from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core.fold.reducer import apply_event
from loki_tui.core.messages import TextPart
from loki_tui.core.money import ZERO
from loki_tui.core.state import SUB_AGENTS, TEXT_CHARS, Answer, Approval, Iteration, Judged, Learned, RunState
from loki_tui.core.vocabulary import Excerpt, Rule

# -- requirements and iterations ----------------------------------------------------------------


@apply_event.register
def _requirements_planned(event: ev.RequirementsPlanned, state: RunState) -> None:
    state.planned = event
    state.requirements = {requirement.id: Judged(requirement) for requirement in event.requirements}


@apply_event.register
def _requirement_judged(event: ev.RequirementJudged, state: RunState) -> None:
    judged = state.requirements[event.id]
    judged.proof, judged.evidence = event.proof, event.evidence
    judged.tests, judged.tree = event.tests, event.tree
    if state.proven > state.most_proven:
        state.most_proven, state.unproductive_iterations = state.proven, 0


@apply_event.register
def _iteration_started(event: ev.IterationStarted, state: RunState) -> None:
    state.iterations_begun += 1
    state.joined = False
    state.iteration = Iteration(number=event.number, started_at=state.at, started_seq=state.seq, brief=event.brief)


@apply_event.register
def _iteration_finished(event: ev.IterationFinished, state: RunState) -> None:
    state.last_finished = event
    if state.integration is None:  # what brings streams together is not there to prove anything
        state.unchanged_iterations = state.unchanged_iterations + 1 if event.tree == state.settled_tree else 0
        state.unproductive_iterations += 1
    state.settled_tree = event.tree
    state.in_flight.clear()
    if state.integration is not None:
        state.integration.tries += 1
        state.integration.worked = True
    for claim in event.proofs:
        if (judged := state.requirements.get(claim.requirement)) is not None:
            judged.claimed = claim.tests
    # Nothing that was decided for this iteration will be asked for by another one.
    settle_approvals(state)
    if (iteration := state.iteration) is not None:
        state.iteration = None
        iteration.finished, iteration.finished_at = event.model_copy(update={"handover": ""}), state.at
        iteration.brief = Excerpt(text="")
        state.recent_iterations.append(iteration)


# -- model requests -----------------------------------------------------------------------------


@apply_event.register
def _model_requested(event: ev.ModelRequested, state: RunState) -> None:
    state.requests += 1
    state.open_requests[event.request] = event
    state.books.reserved[event.request] = event.reserved


@apply_event.register
def _model_answered(event: ev.ModelAnswered, state: RunState) -> None:
    cost = book_answer(event, state)
    if state.iteration is not None:
        state.iteration.turns += 1
        state.iteration.spent += cost
    for part in event.parts:
        if isinstance(part, TextPart):
            state.last_text = part.text[:TEXT_CHARS]


@apply_event.register
def _model_failed(event: ev.ModelFailed, state: RunState) -> None:
    cost = book_failure(event, state)
    if state.iteration is not None:
        state.iteration.spent += cost


def book_answer(event: ev.ModelAnswered, state: RunState, *, agent: str = "") -> Decimal:
    """Enter an answer into the books of a run, under its agent's name or another.

    Returns:
        What it cost, as far as that is known.
    """
    asked = state.open_requests.pop(event.request)
    state.books.reserved.pop(event.request)
    state.books.usage += event.usage
    state.failures = 0
    state.answered[asked.purpose] += 1
    if event.cost is None:
        state.books.unpriced += 1
    return _book(state, asked, event.cost or ZERO, agent)


def book_failure(event: ev.ModelFailed, state: RunState, *, agent: str = "") -> Decimal:
    """Enter a failed request into the books of a run, under its agent's name or another.

    Returns:
        What it surely cost.
    """
    asked = state.open_requests.pop(event.request)
    state.books.reserved.pop(event.request)
    state.books.unconfirmed += event.unconfirmed
    state.failures += 1
    return _book(state, asked, event.cost, agent)


def _book(state: RunState, asked: ev.ModelRequested, cost: Decimal, agent: str) -> Decimal:
    books = state.books
    books.spent += cost
    books.by_purpose[asked.purpose] = books.by_purpose.get(asked.purpose, ZERO) + cost
    # A sub-agent's name is its parent's, a stroke, and its own: there is no end of those.
    name = agent or (SUB_AGENTS if "/" in asked.agent else asked.agent)
    books.by_agent[name] = books.by_agent.get(name, ZERO) + cost
    return cost


# -- actions and approvals ----------------------------------------------------------------------


@apply_event.register
def _action_started(event: ev.ActionStarted, state: RunState) -> None:
    state.actions += 1
    state.in_flight[event.action] = state.last_action = event
    if state.iteration is not None:
        state.iteration.actions += 1


@apply_event.register
def _action_finished(event: ev.ActionFinished, state: RunState) -> None:
    state.in_flight.pop(event.action, None)
    settle_approvals(state, call=event.call)


@apply_event.register
def _action_refused(event: ev.ActionRefused, state: RunState) -> None:
    state.refusals += 1
    state.last_refused = event


@apply_event.register
def _approval_requested(event: ev.ApprovalRequested, state: RunState) -> None:
    state.approvals_asked += 1
    state.approvals[event.approval] = Approval(event, state.at)


@apply_event.register
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


@apply_event.register
def _rule_revoked(event: ev.RuleRevoked, state: RunState) -> None:
    state.learned = [learned for learned in state.learned if learned.rule.pattern != event.pattern]


def settle_approvals(state: RunState, *, stream: str = "", call: str | None = None) -> None:
    """Put away what was decided for agents of the run itself or of a stream: about one call, or about all."""
    for approval in [decided for decided in state.approvals.values() if decided.decision and decided.request.call]:
        if approval.stream == stream and call in {None, approval.request.call}:
            _settle(state, approval)


def _settle(state: RunState, approval: Approval) -> None:
    """Nothing will come back to this approval: remember in short that it was."""
    del state.approvals[approval.request.approval]
    request = approval.request.model_copy(update={"detail": "", "input": None, "diff": None})
    decision = approval.decision
    if decision is not None and decision.edited is not None:
        decision = decision.model_copy(update={"edited": {}})
    state.recent_approvals.append(Approval(request, approval.asked_at, decision, approval.stream))
