"""Where a run stands, in sentences: the panes of the screen, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from loki_tui.core.fatigue import fatigue_of
from loki_tui.core.money import ZERO, format_left, format_limit, format_needed, format_usd
from loki_tui.core.state import RunState
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Purpose, Status
from loki_tui.headless.linear_events import who
from loki_tui.headless.linear_proof import headline_in_words, phases_in_words, proven_in_words, sitting_in_words
from loki_tui.runtime.client import RunView
from loki_tui.wording.abreast import abreast_text, limited_text
from loki_tui.wording.amounts import counted, in_bytes, in_words, until_text
from loki_tui.wording.approving import asked_in_words, learned_in_words, waved_through_in_words
from loki_tui.wording.lines import action_text
from loki_tui.wording.proof import streak_in_words

_FOR: dict[Purpose, str] = {
    Purpose.PLAN: "planning",
    Purpose.WORK: "the agent's work",
    Purpose.COMPACT: "condensing",
    Purpose.DELEGATE: "sub-agents",
    Purpose.REVIEW: "reviews",
    Purpose.VOTE: "the council",
}


def view_in_words(view: RunView, now: datetime) -> Iterator[str]:
    """A run as it is now."""
    yield _standing(view.status, view.reason, view.state)
    yield from state_in_words(view.state, now, worked_until=now if view.engine else view.state.at)
    if (held := view.state.confinement) is not None:
        badge = "Not confined" if held.rung == "none" else f"Confined by {held.rung} {held.detail}".strip()
        yield f"{badge}. Open to agents: {'; '.join(held.uncovered)}." if held.uncovered else f"{badge}."
    if view.engine is not None:
        yield f"At work in process {view.engine.pid}."
    elif not view.state.status.ended:
        yield f"No engine is at work on it. To go on: loki --linear resume {view.state.run}"


def past_in_words(state: RunState) -> Iterator[str]:
    """A run as it was; nobody can tell a crash from a run that went on."""
    yield _standing(state.status, state.reason, state)
    yield from state_in_words(state, state.at, worked_until=state.at)


def state_in_words(state: RunState, now: datetime, *, worked_until: datetime) -> Iterator[str]:
    """All but whether it goes on.

    Args:
        state: The run.
        now: The moment that ages are counted to.
        worked_until: That up to which work went on: without an engine, long ago maybe.
    """
    yield from _task(state, worked_until)
    if abreast := abreast_text(state):
        yield f"Streams: {abreast}."
    if state.streams and (limited := limited_text(state)):
        yield f"{limited[0].upper()}{limited[1:]}."
    yield from _doing(state, worked_until)
    yield proven_in_words(state)
    if streak := streak_in_words(state):
        yield f"{streak[0].upper()}{streak[1:]}."
    yield _budget(state)
    yield from phases_in_words(state, now)
    yield sitting_in_words(state)
    if state.receipt is not None:
        yield headline_in_words(state.receipt)
    yield _resources(state)
    if state.refusals and (last := state.last_refused) is not None:
        yield f"Refused by rules: {counted(state.refusals, 'action')}, the last: {action_text(last)}."
    fatigue = fatigue_of(state, now)
    yield from (f"{said}." for said in (asked_in_words(fatigue), waved_through_in_words(fatigue).rstrip(".")) if said)
    waiting = [
        f"{one.request.approval}{f' of stream {one_line(one.stream)}' if one.stream else ''}, "
        f"{one_line(one.request.title)}"
        for one in state.waiting_approvals
    ]
    yield f"Waiting for you: {'; '.join(waiting)}." if waiting else "Nothing waits for your decision."


def rules_in_words(state: RunState, now: datetime) -> Iterator[str]:
    """What is approved for the run, and how often that was used."""
    if not state.learned:
        yield "Nothing is approved for the run."
    for learned in state.learned:
        yield f"{one_line(learned.rule.pattern)}: {learned_in_words(learned, now)}."


def costs_in_words(state: RunState) -> Iterator[str]:
    """What was spent, and on what."""
    books = state.books
    yield _budget(state)
    for purpose, cost in sorted(books.by_purpose.items(), key=lambda entry: entry[1], reverse=True):
        if cost > 0:
            yield f"{format_usd(cost)} for {_FOR[purpose]}."
    for agent, cost in sorted(books.by_agent.items(), key=lambda entry: entry[1], reverse=True):
        if cost > 0:
            yield f"{format_usd(cost)} by {who(agent)}."
    if books.unpriced:
        yield f"The price of {counted(books.unpriced, 'answer')} is not known, so more was spent than this says."
    usage = books.usage
    cached = f", {usage.cache_read_tokens:,} of them from the cache" if usage.cache_read_tokens else ""
    yield f"{usage.prompt_tokens:,} tokens in{cached}, {usage.output_tokens:,} out."
    if state.finished_iterations and books.spent > 0:
        yield f"{format_usd(books.spent / state.finished_iterations)} an iteration, on average."


def _standing(status: Status, reason: str, state: RunState) -> str:
    until = until_text(state.waiting_until) if status is Status.WAITING else ""
    said = f"{status.value.capitalize()}{f' {until}' if until else ''}"
    return f"{said}: {one_line(reason)}." if reason else f"{said}."


def _task(state: RunState, now: datetime) -> Iterator[str]:
    created = state.created
    prd = f" on {one_line(created.prd_path)}" if created is not None else ""
    yield f"Run {state.run}{prd}, {in_words(state.elapsed(now))}."
    most = f" of at most {created.max_iterations:,}" if created is not None else ""
    stage = "" if state.status.ended else f", stage {state.stage}"
    yield f"Iteration {state.total_iterations:,}{most}{stage}."
    if state.branch is not None:
        tip = f", at {state.commit[:10]}" if state.commit else ", nothing committed yet"
        yield f"Branch {state.branch.branch}{tip}."


def _doing(state: RunState, now: datetime) -> Iterator[str]:
    if state.status is not Status.RUNNING:
        return
    for action in state.in_flight.values():
        yield f"Now: {action_text(action)}"
    for request in state.open_requests.values():
        yield f"Now: {who(request.agent)} waits for an answer of {one_line(request.model)}."
    if state.running_phase is not None:
        since = f", {in_words(now - state.running_since)}" if state.running_since is not None else ""
        yield f"Now: measuring {one_line(state.running_phase)}{since}."


def _budget(state: RunState) -> str:
    books = state.books
    least = "at least " if books.unpriced else ""
    limit = f" of {format_limit(books.limit)}" if books.limit is not None else ", no limit is set"
    parts = [f"Budget: {least}{format_usd(books.spent)} spent{limit}"]
    if held := sum(books.reserved.values(), ZERO):
        parts.append(f"{format_usd(held)} set aside")
    if books.unconfirmed:
        parts.append(f"{format_needed(books.unconfirmed)} uncertain, for answers that were lost")
    if books.left is not None:
        parts.append(f"{format_left(max(Decimal(0), books.left))} left")
    if state.needed is not None:
        parts.append(f"a budget of {format_needed(state.needed)} is needed to go on")
    return f"{', '.join(parts)}."


def _resources(state: RunState) -> str:
    if not state.samples:
        return "Resources: nothing was sampled yet."
    taken = state.samples[-1]
    sample = taken.sample
    over = f" Above the threshold: {' and '.join(taken.over)}." if taken.over else ""
    machine = (
        f"machine {sample.cpu_percent:.0f} percent of its processors and {sample.memory_percent:.0f} of its memory"
    )
    own = f"this run {sample.run_cpu_percent:.0f} percent of one processor and {in_bytes(sample.run_rss_bytes)}"
    return f"Resources: {machine}; {own}.{over}"
