"""What the events of a run's life do to its state: begun, paused, stopped, closed; its budget, its surroundings."""

from __future__ import annotations

from loki_tui.core import events as ev
from loki_tui.core.fold.reducer import apply_event
from loki_tui.core.money import ZERO
from loki_tui.core.state import RunState, Sampled
from loki_tui.core.vocabulary import Stage, Status


@apply_event.register
def _run_created(event: ev.RunCreated, state: RunState) -> None:
    state.created = event
    state.created_at = state.at
    state.books.limit = event.budget


@apply_event.register
def _engine_started(event: ev.EngineStarted, state: RunState) -> None:
    state.engines += 1
    state.confinement = event.confinement
    for each in (state, *(stream.state for stream in state.streams.values())):
        _settle(each)


def _settle(state: RunState) -> None:
    """What the engine before had in flight is lost: it may have been billed, so the money stays tied up."""
    for request in list(state.open_requests):
        state.books.unconfirmed += state.books.reserved.pop(request, ZERO)
        del state.open_requests[request]
    state.running_phase = state.running_since = None
    if state.status is Status.WAITING:
        _go_on(state, "")


@apply_event.register
def _branch_opened(event: ev.BranchOpened, state: RunState) -> None:
    state.branch = event


@apply_event.register
def _stage_entered(event: ev.StageEntered, state: RunState) -> None:
    state.stage = event.stage


@apply_event.register
def _run_paused(event: ev.RunPaused, state: RunState) -> None:
    state.status, state.reason = Status.PAUSED, event.reason
    state.paused_by, state.needed, state.waiting_until = event.by, event.needed, None


@apply_event.register
def _run_waiting(event: ev.RunWaiting, state: RunState) -> None:
    # What begins to wait while the run is paused does not end the pause.
    if state.paused_by is None:
        state.status, state.reason, state.waiting_until = Status.WAITING, event.reason, event.until


@apply_event.register
def _run_continued(event: ev.RunContinued, state: RunState) -> None:
    # Whoever ended another pause has not been told yet what there is to resolve.
    if state.paused_by == "integration" and state.integration is not None and state.integration.handed_to == "person":
        state.integration.worked = True
    _go_on(state, event.reason)
    if state.undecided:
        state.status, state.reason = Status.WAITING, next(iter(state.undecided.values())).title


@apply_event.register
def _run_stopping(event: ev.RunStopping, state: RunState) -> None:
    _go_on(state, event.reason)
    state.status = Status.STOPPING


@apply_event.register
def _run_closed(event: ev.RunClosed, state: RunState) -> None:
    _go_on(state, event.reason)
    state.closed = event
    state.status, state.stage, state.ended_at = Status(event.outcome), Stage.CLOSE, state.at
    for each in (state, *(stream.state for stream in state.streams.values())):
        each.in_flight.clear()


def _go_on(state: RunState, reason: str) -> None:
    state.status, state.reason = Status.RUNNING, reason
    state.paused_by = state.needed = state.waiting_until = None


@apply_event.register
def _budget_changed(event: ev.BudgetChanged, state: RunState) -> None:
    state.books.limit = event.limit


@apply_event.register
def _steered(event: ev.Steered, state: RunState) -> None:
    state.notes.append(event.note)


@apply_event.register
def _steering_delivered(event: ev.SteeringDelivered, state: RunState) -> None:
    state.notes_delivered += len(event.notes)
    del state.notes[: len(event.notes)]


@apply_event.register
def _review_forced(event: ev.ReviewForced, state: RunState) -> None:
    state.review_forced = event.by


@apply_event.register
def _warned(event: ev.Warned, state: RunState) -> None:
    state.warnings.append(event.message)


@apply_event.register
def _engine_failed(event: ev.EngineFailed, state: RunState) -> None:
    state.warnings.append(event.error)


# -- surroundings -------------------------------------------------------------------------------


@apply_event.register
def _resources_sampled(event: ev.ResourcesSampled, state: RunState) -> None:
    state.samples.append(Sampled(state.at, event.sample, event.over))


@apply_event.register
def _notified(event: ev.Notified, state: RunState) -> None:
    if not event.ok:
        state.warnings.append(f"{event.channel} was not told ({event.about}): {event.error}")


@apply_event.register
def _parallel_work_limited(event: ev.ParallelWorkLimited, state: RunState) -> None:
    state.agents_limited = event.agents if event.agents < event.of else None
    state.limited_by = event.over if event.agents < event.of else ()
