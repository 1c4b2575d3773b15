"""Parallel work: streams are planned, worked on, and brought together one after another.

What happens within a stream are the events of an ordinary run, journaled under the stream's name.
These here are the run's own.
"""

from __future__ import annotations

from typing import Literal

from loki_tui.core.messages import Frozen
from loki_tui.core.money import Money
from loki_tui.core.vocabulary import Clash, Outcome


class StreamPlanned(Frozen):
    """A part of the PRD that can be worked on by itself."""

    kind: Literal["stream_planned"] = "stream_planned"
    name: str
    requirements: tuple[str, ...]
    files: tuple[str, ...] = ()
    """Paths and globs that it may change, relative to the workspace."""
    after: tuple[str, ...] = ()
    """Streams that have to be integrated before it begins."""


class StreamStarted(Frozen):
    """A stream got a worktree and an agent."""

    kind: Literal["stream_started"] = "stream_started"
    name: str
    branch: str
    base: str = ""
    """Commit that its branch begins at."""
    root: str = ""
    """Directory of its worktree."""
    share: Money | None = None
    """What it may spend of the run's budget; none where there is no budget."""
    max_iterations: int | None = None
    """Iterations that it may take of the run's."""


class StreamFinished(Frozen):
    """A stream came to its end; `completed` waits to be integrated, all else stays on its branch."""

    kind: Literal["stream_finished"] = "stream_finished"
    name: str
    outcome: Outcome
    reason: str
    commit: str = ""
    """Tip of its branch; empty where nothing was delivered on it."""


class IntegrationStarted(Frozen):
    """A stream's work is about to be merged onto the run's branch, in the run's own worktree."""

    kind: Literal["integration_started"] = "integration_started"
    name: str
    commit: str
    """What is merged."""
    onto: str
    """Tip of the run's branch, which stays where it is until the merged tree was measured."""
    attempt: int = 1


class IntegrationConflicted(Frozen):
    """Git could not bring the two sides together, or what was resolved is not resolved."""

    kind: Literal["integration_conflicted"] = "integration_conflicted"
    name: str
    conflicts: tuple[Clash, ...]
    handed_to: Literal["agent", "person"] = "agent"


class IntegrationMerged(Frozen):
    """Both sides are in one commit, which is measured next; or what was mended is in a further one."""

    kind: Literal["integration_merged"] = "integration_merged"
    name: str
    commit: str
    lost: tuple[str, ...] = ()
    """What one side had added and the resolution has not, one phrase each."""


class IntegrationRefused(Frozen):
    """The merged tree is red, so the run's branch is not moved to it; an agent may mend it."""

    kind: Literal["integration_refused"] = "integration_refused"
    name: str
    reason: str


class IntegrationFinished(Frozen):
    """The run's branch has a stream's work, or will not get it."""

    kind: Literal["integration_finished"] = "integration_finished"
    name: str
    outcome: Literal["integrated", "left_out"]
    commit: str = ""
    """Where the run's branch is now."""
    reason: str = ""
    lost: tuple[str, ...] = ()
    """What the resolution of its conflicts has not of what a side had added, one phrase each."""
    beside: tuple[str, ...] = ()
    """Streams that were there already, where anything was lost: the other side of the conflicts."""


class WorktreeRetired(Frozen):
    """A worktree was taken away, or kept since something in it would have been lost."""

    kind: Literal["worktree_retired"] = "worktree_retired"
    name: str
    """Empty for the run's own worktree, at the run's end."""
    removed: bool
    quarantine: str = ""
    """Ref that holds what would have been lost."""
    why: str = ""
