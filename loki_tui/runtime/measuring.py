"""QA phases on any repository, without a run and without a model.

What is measured is a commit or the work tree as it is, in clean checkouts as a run makes them, with the same
hands: so whoever reviews a branch comes to the facts that a run would have come to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from loki_tui.core.errors import RepositoryError, UsageError
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Confinement
from loki_tui.engine.ports import Workspace
from loki_tui.engine.qa.phase import Measured, Phase
from loki_tui.engine.qa.scenes import Scenes
from loki_tui.hands.revisions import Revision, Revisions, Standing
from loki_tui.hands.workspace import HandsWorkspaces
from loki_tui.hands.worktrees.opening import borrowed_from, borrowing
from loki_tui.runtime.boxed import open_workspaces
from loki_tui.runtime.build import demands_of
from loki_tui.runtime.checkouts import CleanCheckouts
from loki_tui.runtime.delivery import git_places
from loki_tui.runtime.scratch import scratch
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.trees import RepositoryTrees

__all__ = ["Measured", "Measuring", "Phase", "Subject", "measuring"]

_SHALLOW = "This clone has no whole history: git fetch --unshallow, or name a base that is here."


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured, and what it is compared with."""

    name: str
    """In words."""
    tree: str
    commit: str = ""
    """Empty where it is the work tree."""
    base: Revision | None = None
    base_why: str = ""
    """Why this is the base, or why there is none, in words."""
    diff: str = ""
    changed: tuple[str, ...] = ()
    """Paths that differ from the base."""
    uncommitted: int = 0
    """Files and new directories that differ from the commit that is checked out."""
    skipped: tuple[str, ...] = ()
    """Paths that could not be read, and so are not measured."""


class Measuring:
    """Phases on one subject; see `measuring`.

    Args:
        subject: What is measured.
        scenes: Measures it.
        confinement: What holds the commands.
    """

    def __init__(self, subject: Subject, scenes: Scenes, confinement: Confinement) -> None:
        self.subject = subject
        self.confinement = confinement
        self.open_here = scenes.open_here
        """Makes a clean checkout of it."""
        self.scenes = scenes

    async def measure(self, phase: Phase) -> Measured:
        """Measure one phase; what cannot be measured is an error in its result."""
        return await self.scenes.measure(phase)


@asynccontextmanager
async def measuring(
    around: Surroundings, settings: Settings, *, committed: bool, base: str | None
) -> AsyncIterator[Measuring]:
    """Get ready to measure; everything that is made for it is gone with the context's end.

    Args:
        around: The project and the environment.
        settings: Which phases are on, their limits, and how commands are confined.
        committed: Measure the commit that is checked out, which needs a base, in place of the work tree.
        base: The revision to compare with; what the default branch and this have in common where none is named.

    Raises:
        UsageError: There is no such base, or a path that a setting names is not there.
        RepositoryError: Git cannot make sense of the repository, or there is no commit to measure.
        ConfinementError: The demanded confinement is not to be had.
        CheckpointError: The files cannot be had.
    """
    workspace = around.project.workspace
    with scratch(around.project.state) as room:
        private = room / "hands"
        checkouts = room / "checkouts"
        for directory in (private, checkouts):
            directory.mkdir(mode=0o700)
        workspaces = open_workspaces(demands_of(around, settings, private=private), settings)
        places = git_places(workspace)
        found = await _look(workspaces, places, base=base, required=committed)
        standing = found.standing
        trees = RepositoryTrees(
            room / "trees.git",
            workspace=workspace,
            objects=places[-1] / "objects" if standing else None,
            sha256=standing is not None and len(standing.empty_tree) == 64,
        )
        subject = await _subject(trees, found, committed=committed)
        clean = CleanCheckouts(trees, workspaces, workspace=workspace, scratch=checkouts)
        nothing = subject.base is None or (standing is not None and subject.base.tree == standing.empty_tree)
        scenes = Scenes(
            settings,
            _opener(clean, subject.tree),
            None if nothing or subject.base is None else _opener(clean, subject.base.tree),
            subject.diff,
            subject.changed,
        )
        yield Measuring(subject, scenes, workspaces.confinement)


def _opener(checkouts: CleanCheckouts, tree: str) -> Callable[[], Awaitable[Workspace]]:
    return lambda: checkouts.open(tree)


# -- what is compared with what -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """What git says of the repository."""

    standing: Standing | None = None
    base: Revision | None = None
    why: str = "this is no git repository"


async def _look(workspaces: HandsWorkspaces, places: tuple[Path, ...], *, base: str | None, required: bool) -> _Found:
    """Look at the repository, in hands that are gone afterwards."""
    if not places:
        if required or base is not None:
            raise RepositoryError("This is no git repository, so there is nothing to compare.", hint="git init")
        return _Found()
    hands = await workspaces.open_repository(*places)
    try:
        revisions = Revisions(hands)
        standing = await revisions.look()
        if standing is None:
            raise RepositoryError("Git finds no repository here, although there is a .git.", hint="git status")
        if standing.head is None:
            if borrowed := borrowed_from(places):
                raise borrowing(borrowed)
            if required or base is not None:
                raise RepositoryError("There is no commit yet, so there is nothing to compare.", hint="git commit")
            return _Found(standing, None, "there is no commit yet")
        chosen, why = await _base(revisions, standing, base, standing.head)
        if chosen is None and required:
            raise RepositoryError(
                f"There is nothing to compare {standing.head.name} with: {why}.",
                hint=_SHALLOW if standing.shallow else "Name a base, such as: loki verify HEAD~1",
            )
        return _Found(standing, chosen, why)
    finally:
        await hands.close()


async def _base(
    revisions: Revisions, standing: Standing, named: str | None, head: Revision
) -> tuple[Revision | None, str]:
    """What to compare with, and why."""
    wanted = await revisions.default_branch() if named is None else named
    if wanted is None:
        return None, "there is no default branch"
    name = wanted.removeprefix("refs/heads/").removeprefix("refs/remotes/")
    other = await revisions.find(wanted, name=name)
    if other is None:
        hint = _SHALLOW if standing.shallow else "git log --oneline --all lists what is here."
        raise UsageError(f"There is no commit {name!r} in this repository.", hint=hint)
    fork = await revisions.fork_point(other, head)
    if fork is None:
        if named is None:
            return None, f"it has nothing in common with {name}" + (" as far as this clone knows" * standing.shallow)
        return other, f"{name}, with which it has no history in common here"
    if fork.commit == other.commit:
        return fork, name
    return fork, f"where it left {name}"


async def _subject(trees: RepositoryTrees, found: _Found, *, committed: bool) -> Subject:
    """The tree to measure, and how it differs from the base."""
    head = found.standing.head if found.standing else None
    uncommitted = found.standing.dirty if found.standing and head else 0
    skipped: tuple[str, ...] = ()
    if committed and head is not None:
        name, tree, commit = f"{head.name} at {head.short}", head.tree, head.commit
    else:
        saved = await trees.snapshot()
        name, tree, commit, skipped = "the work tree", saved.tree, "", saved.skipped
    base = found.base
    return Subject(
        name=name,
        tree=tree,
        commit=commit,
        base=base,
        base_why=found.why,
        diff="" if base is None else await trees.diff(base.tree, tree),
        changed=() if base is None else await trees.changed(base.tree, tree),
        uncommitted=uncommitted,
        skipped=skipped,
    )
