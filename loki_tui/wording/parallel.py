"""What becomes of streams and their integration, in a line, for every face alike."""

from __future__ import annotations

from loki_tui.core import events as ev
from loki_tui.core.money import format_limit
from loki_tui.core.terminal import one_line

ParallelEvent = (
    ev.StreamPlanned
    | ev.StreamStarted
    | ev.StreamFinished
    | ev.IntegrationStarted
    | ev.IntegrationConflicted
    | ev.IntegrationMerged
    | ev.IntegrationRefused
    | ev.IntegrationFinished
    | ev.WorktreeRetired
)

SHOWN = 6
"""Names that are told of a list."""


def parallel_text(event: ParallelEvent) -> str:
    """What happened, beginning with what it is about."""
    return f"{f'stream {one_line(event.name)}' if event.name else 'the run'} {_what(event)}"


def goes_wrong(event: ParallelEvent) -> bool:
    """Whether a person should look at it."""
    match event:
        case ev.StreamFinished():
            return event.outcome != "completed"
        case ev.IntegrationConflicted() | ev.IntegrationRefused():
            return True
        case ev.IntegrationFinished():
            return event.outcome != "integrated"
        case ev.IntegrationMerged():
            return bool(event.lost)
        case ev.WorktreeRetired():
            return bool(event.quarantine) or not event.removed
        case _:
            return False


def _what(event: ParallelEvent) -> str:
    match event:
        case ev.StreamPlanned():
            after = f", after {_list(event.after)}" if event.after else ""
            return f"is planned: {_list(event.requirements)} in {_list(event.files)}{after}"
        case ev.StreamStarted():
            share = f", with a share of {format_limit(event.share)}" if event.share is not None else ""
            return f"begins on {one_line(event.branch)}{share}"
        case ev.StreamFinished():
            return f"ends {event.outcome}: {one_line(event.reason)}"
        case ev.WorktreeRetired():
            return _of_worktree(event)
        case _:
            return _of_integration(event)


def _of_integration(
    event: ev.IntegrationStarted
    | ev.IntegrationConflicted
    | ev.IntegrationMerged
    | ev.IntegrationRefused
    | ev.IntegrationFinished,
) -> str:
    match event:
        case ev.IntegrationStarted():
            again = f", attempt {event.attempt}" if event.attempt > 1 else ""
            return f"is being integrated: {event.commit[:10]} onto {event.onto[:10]}{again}"
        case ev.IntegrationConflicted():
            paths = _list(tuple(f"{each.path} ({each.kind.replace('_', ' ')})" for each in event.conflicts))
            return f"conflicts with what is there in {paths}; {_HANDED[event.handed_to]}"
        case ev.IntegrationMerged():
            lost = f"; lost on the way: {_list(event.lost)}" if event.lost else ""
            return f"is merged as {event.commit[:10]}, and tested next{lost}"
        case ev.IntegrationRefused():
            return f"is merged, and does not hold: {one_line(event.reason.partition(chr(10))[0])}"
        case ev.IntegrationFinished():
            if event.outcome == "integrated":
                return f"is integrated: the run's branch is at {event.commit[:10]}"
            return f"is left out: {one_line(event.reason.partition(chr(10))[0])}"


_HANDED = {"agent": "an agent is to resolve that", "person": "a person is to resolve that"}


def _of_worktree(event: ev.WorktreeRetired) -> str:
    why = f" ({one_line(event.why)})" if event.why else ""
    if event.quarantine:
        return f"left something in its worktree, kept as {one_line(event.quarantine)}{why}"
    return f"has no worktree any more{why}" if event.removed else f"keeps its worktree{why}"


def _list(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(map(one_line, names[:SHOWN]))}{more}" or "nothing"
