"""What the events of parallel work do to a run's state.

What happens within a stream goes into the stream's own state, by the rules that hold for a run; what is the
run's as a whole (money, counts that names are made of, approvals, warnings) goes into the run's, too.
"""

from __future__ import annotations

from loki_tui.core import events as ev
from loki_tui.core.fold.reducer import apply_event
from loki_tui.core.fold.work import book_answer, book_failure, settle_approvals
from loki_tui.core.state import Integration, Judged, RunState, Stream
from loki_tui.core.vocabulary import Status, StreamStatus


def apply_in_stream(event: ev.Event, run: RunState, name: str) -> None:
    """Take in an event of one stream; `run.at` is already its moment."""
    stream = run.streams.get(name)
    if stream is None:
        return  # nobody planned it
    match event:
        case ev.ApprovalRequested():
            apply_event(event, run)
            run.approvals[event.approval].stream = name
        case ev.ApprovalDecided() | ev.RuleRevoked():
            apply_event(event, run)
        case _:
            stream.state.seq, stream.state.at = run.seq, run.at
            apply_event(event, stream.state)
            _count_in(event, run, name)
    _see_how_all_is(run)


def _count_in(event: ev.Event, run: RunState, name: str) -> None:
    """What an event of a stream means for the run as a whole."""
    match event:
        case ev.ModelRequested():
            apply_event(event, run)
        case ev.ModelAnswered():
            book_answer(event, run, agent=f"stream {name}")
        case ev.ModelFailed():
            book_failure(event, run, agent=f"stream {name}")
        case ev.ActionStarted():
            run.actions += 1
            run.last_action = event
        case ev.ActionFinished():
            settle_approvals(run, stream=name, call=event.call)
        case ev.IterationFinished():
            settle_approvals(run, stream=name)
        case ev.ActionRefused():
            apply_event(event, run)
        case ev.Warned():
            run.warnings.append(f"stream {name}: {event.message}")
        case _:
            pass


def _see_how_all_is(run: RunState) -> None:
    """The run waits where a person is asked, or where every stream at work waits."""
    if run.paused_by is not None or run.status not in {Status.RUNNING, Status.WAITING}:
        return
    if undecided := run.waiting_approvals:
        run.status, run.reason, run.waiting_until = Status.WAITING, undecided[0].title, None
        return
    working = [each.state for each in run.streams.values() if each.is_open]
    if working and run.iteration is None and all(each.status is Status.WAITING for each in working):
        first = working[0]
        run.status, run.reason, run.waiting_until = Status.WAITING, first.reason, first.waiting_until
    elif run.status is Status.WAITING and run.iteration is None:
        run.status, run.reason, run.waiting_until = Status.RUNNING, "", None


# -- streams ------------------------------------------------------------------------------------


@apply_event.register
def _stream_planned(event: ev.StreamPlanned, state: RunState) -> None:
    state.streams[event.name] = Stream(event)


@apply_event.register
def _stream_started(event: ev.StreamStarted, state: RunState) -> None:
    stream = state.streams[event.name]
    stream.started, stream.started_at = event, state.at
    own = stream.state
    own.run, own.seq, own.at, own.created_at = state.run, state.seq, state.at, state.at
    if state.created is not None:
        own.created = state.created.model_copy(update={"workspace": event.root or state.created.workspace})
    own.confinement = state.confinement
    own.branch = ev.BranchOpened(branch=event.branch, base=event.base or None, origin=event.base)
    own.books.limit = event.share
    own.requirements = {
        each: Judged(state.requirements[each].requirement)
        for each in stream.planned.requirements
        if each in state.requirements
    }


@apply_event.register
def _stream_finished(event: ev.StreamFinished, state: RunState) -> None:
    stream = state.streams[event.name]
    stream.finished, stream.finished_at = event, state.at
    own = stream.state
    own.status, own.reason, own.ended_at = Status(event.outcome), event.reason, state.at
    own.paused_by = own.waiting_until = None
    own.in_flight.clear()
    own.running_phase = own.running_since = None
    _see_how_all_is(state)


# -- integration --------------------------------------------------------------------------------


@apply_event.register
def _integration_started(event: ev.IntegrationStarted, state: RunState) -> None:
    state.integration = Integration(event)


@apply_event.register
def _integration_conflicted(event: ev.IntegrationConflicted, state: RunState) -> None:
    if (under_way := state.integration) is not None:
        under_way.conflicts, under_way.handed_to, under_way.worked = event.conflicts, event.handed_to, False


@apply_event.register
def _integration_merged(event: ev.IntegrationMerged, state: RunState) -> None:
    if (under_way := state.integration) is not None:
        if not under_way.merged:
            under_way.tries = 0  # what was tried so far was to resolve; now it is to mend
        under_way.merged, under_way.conflicts, under_way.refused = event.commit, (), ""
        under_way.lost = event.lost
        under_way.handed_to, under_way.worked = "", False
    # What its agent said proves its requirements is measured on the merged tree next.
    for name, judged in state.streams[event.name].state.requirements.items():
        if judged.claimed and name in state.requirements:
            state.requirements[name].claimed = judged.claimed


@apply_event.register
def _integration_refused(event: ev.IntegrationRefused, state: RunState) -> None:
    if (under_way := state.integration) is not None:
        under_way.refused, under_way.worked = event.reason, False


@apply_event.register
def _integration_finished(event: ev.IntegrationFinished, state: RunState) -> None:
    state.integration = None
    stream = state.streams[event.name]
    stream.integrated = event
    if event.outcome != "integrated":
        return
    state.commit = event.commit
    state.joined = all(state.stream_status(each) is StreamStatus.INTEGRATED for each in state.streams)


@apply_event.register
def _worktree_retired(event: ev.WorktreeRetired, state: RunState) -> None:
    if (stream := state.streams.get(event.name)) is not None:
        stream.retired = event
