"""What the engine needs of git for parallel work: worktrees to work in, and merging; a port like those in `ports`.

It stands apart since only parallel runs need it. The adapter is put in by `loki_tui.runtime`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from loki_tui.core.vocabulary import Confinement
from loki_tui.engine.ports import Checkouts, Checkpoints, Repository, Workspaces

ConflictKind = Literal["content", "both_added", "renamed_edited", "deleted_edited", "binary", "mode"]
"""How two sides cannot be brought together in one path."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A worktree and everything that works in it."""

    root: Path
    workspaces: Workspaces
    checkouts: Checkouts
    delivered: Checkouts
    """Of commits, by their names, in place of checkpoints."""
    checkpoints: Checkpoints
    repository: Repository
    """Commits to the worktree's branch; its `open_branch` only takes that up."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A path that two sides changed in ways that git cannot bring together."""

    path: str
    kind: ConflictKind
    detail: str = ""
    """Such as the other name, where one side renamed it."""


@dataclass(frozen=True, slots=True)
class Merge:
    """What became of merging."""

    commit: str
    """The commit that holds both sides; empty where they conflict."""
    conflicts: tuple[Conflict, ...] = ()
    lost: tuple[str, ...] = ()
    """What a side had added and the resolution has not, one phrase each: for reviewers to look at."""
    kept: str = ""
    """The ref that has what was in the worktree when a merge began, and in no commit; empty where nothing was."""
    anew: bool = False
    """Whether it was begun again, since nothing was left of what was to be concluded."""


@dataclass(frozen=True, slots=True)
class Retired:
    """What became of a worktree that is not needed any more."""

    removed: bool
    """Whether its directory is gone: nothing in it was to be kept, or all of it is in `quarantine`."""
    quarantine: str = ""
    """The ref that holds what would have been lost; empty where nothing would."""
    why: str = ""
    """Why it was kept or quarantined, in a phrase."""
    files: tuple[str, ...] = field(default=())
    """What would have been lost, a few paths."""


class Worktrees(Protocol):
    """Linked worktrees of the person's repository, in the run's state directory. The person's own is never touched.

    Every operation can be done again after a death in its middle, and comes to the same.
    """

    @property
    def confinement(self) -> Confinement:
        """What will hold the agents that work in them, each in its own."""
        ...

    async def open(self, name: str, *, branch: str, base: str) -> Ground:
        """Create a worktree on a branch that begins at a commit, or take up the one that is there.

        Raises:
            loki_tui.core.errors.RepositoryError: The repository is of a kind that this cannot be done with.
        """
        ...

    async def merge(self, ground: Ground, commit: str, *, message: str) -> Merge:
        """Merge a commit into the branch's tip, in this worktree, its HEAD detached from the branch until `advance`."""
        ...

    async def conclude(self, ground: Ground, commit: str, *, message: str) -> Merge:
        """Commit what the worktree holds after somebody resolved or mended it.

        Where a merge is open, that is its commit; else one more on top. Paths with markers left, and unmerged ones,
        come back as conflicts, and nothing is committed. A merge of which nothing is left, since the worktree was
        deleted, is done again.
        """
        ...

    async def abandon(self, ground: Ground) -> str:
        """Bring the worktree back to its branch's tip; what was there goes to quarantine.

        Returns:
            The ref that has it; empty where nothing would have been lost.
        """
        ...

    async def advance(self, branch: str, *, to: str, expected: str) -> bool:
        """Move a branch, if it is where it is expected, or there already; and take the worktree on it along.

        Returns:
            False where somebody else moved it.
        """
        ...

    async def retire(self, name: str) -> Retired:
        """Remove a worktree, or save what would be lost with it first."""
        ...
