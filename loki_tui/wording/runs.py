"""A run in a list, and a project that cannot be listed, as lines."""

from __future__ import annotations

from loki_tui.core.money import format_limit, format_usd
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.runs import RunEntry
from loki_tui.wording.amounts import counted
from loki_tui.wording.line import Line, Tone

TONES: dict[Status, Tone] = {
    Status.COMPLETED: "good",
    Status.RUNNING: "loud",
    Status.PAUSED: "warn",
    Status.WAITING: "warn",
    Status.STOPPING: "warn",
    Status.CRASHED: "bad",
    Status.FAILED: "bad",
}
"""How a run's status sounds in a list; one that is not named here is plain."""


def run_line(entry: RunEntry, *, workspace: bool) -> Line:
    """A run in a list.

    Args:
        entry: The run.
        workspace: Whether its workspace is named, where a list has those of several.
    """
    began = f"{entry.created_at.astimezone():%Y-%m-%d %H:%M}"
    place = [one_line(str(entry.workspace))] if workspace else []
    if entry.status is None:
        columns = [entry.run, began, f"{'unreadable':10}", *place, one_line(entry.reason)]
        return Line("  ".join(columns), "bad")
    at = f"{entry.iterations:,}/{entry.max_iterations:,}"
    branch = one_line(entry.branch) if entry.branch else "no branch"
    wanted = (
        [f"{counted(entry.waiting_approvals, 'approval')} wanted: loki approvals"] if entry.waiting_approvals else []
    )
    columns = [
        entry.run,
        began,
        f"{entry.status:10}",
        f"{at:>7}",
        f"{cost(entry):>16}",
        branch,
        *place,
        one_line(entry.prd_path),
        *([counted(entry.streams, "stream")] if entry.streams else []),
        *wanted,
    ]
    return Line("  ".join(columns), TONES.get(entry.status, "plain"))


def cost(entry: RunEntry) -> str:
    """What a run has cost, and what it may cost."""
    spent = f"{format_usd(entry.spent)}{'+' if entry.unpriced else ''}"
    return spent if entry.limit is None else f"{spent} of {format_limit(entry.limit)}"
