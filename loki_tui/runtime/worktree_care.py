"""Worktrees that runs left behind: found again, removed where nothing is lost, and quarantines brought back."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from loki_tui.core.errors import BusyError, RepositoryError, UsageError
from loki_tui.engine.grounds import Retired
from loki_tui.hands.worktrees.admin import admin_of, admins
from loki_tui.hands.worktrees.opening import foreign_lock
from loki_tui.hands.worktrees.quarantine import Kept, kept, name_branch
from loki_tui.hands.worktrees.retiring import glance
from loki_tui.runtime.boxed import open_workspaces
from loki_tui.runtime.build import demands_of
from loki_tui.runtime.checkouts import Commits
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.runtime.worktree_rooms import Room
from loki_tui.runtime.worktrees import Base, GitWorktrees
from loki_tui.store.checkpoints import GitCheckpoints
from loki_tui.store.files import writing
from loki_tui.store.lock import EngineLock

Standing = Literal["at work", "resumable", "clean", "unsaved", "missing", "unfinished", "locked", "unknown"]
"""How a worktree stands: see `docs/worktrees.md`."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A worktree of a run's."""

    run: str
    name: str
    branch: str
    root: Path
    standing: Standing
    why: str = ""
    """Why it cannot just be removed."""
    files: tuple[str, ...] = ()
    """Of what would be lost, a few."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of a worktree."""

    run: str
    name: str
    root: Path
    retired: Retired


class WorktreeCare:
    """Looks after the worktrees of one project.

    Args:
        around: The project.
    """

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._state = around.project.state
        settings = around.settings()
        private = self._state.root / "care"
        private.mkdir(mode=0o700, parents=True, exist_ok=True)
        demands = demands_of(around, settings, private=private)
        self._base = Base(
            run="",
            workspace=around.project.workspace,
            directories=self._state.directories("none"),
            demands=demands,
            workspaces=open_workspaces(demands, settings),
            checkpoints=GitCheckpoints(self._state.checkpoints, workspace=around.project.workspace),
        )

    async def worktrees(self) -> list[Listed]:
        """All worktrees of runs, those of dead ones too; nothing is changed.

        Raises:
            LokiError: The repository or the journal cannot be read.
        """
        holder = self._around.project.engine()
        at_work = holder.run if holder else None
        open_runs = self._open_runs()
        found: list[Listed] = []
        for run in self._runs():
            for room in self._rooms(run):
                listed = await self._look(run, room, at_work=run == at_work)
                resumable = run in open_runs and listed.standing in ("clean", "unsaved", "missing", "unfinished")
                found.append(replace(listed, standing="resumable") if resumable else listed)
        return found

    async def quarantined(self) -> list[Kept]:
        """All that was saved of worktrees.

        Raises:
            LokiError: The repository cannot be read.
        """
        async with self._trees("none").git() as shell:
            return await kept(shell)

    async def prune(self, run: str | None = None) -> list[Pruned]:
        """Remove the worktrees of runs that are over; what would be lost goes to quarantine.

        Args:
            run: Only this one's, even if it could be resumed.

        Raises:
            UsageError: There is no such run with worktrees.
            LokiError: The repository or the journal cannot be read.
        """
        with self._alone() as at_work:
            runs = self._runs()
            if run is not None and run not in runs:
                raise UsageError(f"Run {run} has no worktrees.", hint="`loki worktrees list` names all there are.")
            wanted = [run] if run else [each for each in runs if each not in self._open_runs()]
            if run is not None and run == at_work:
                raise BusyError(f"Run {run} is at work.", hint="`loki stop` ends it.")
            return [
                Pruned(each, room.key, room.root, await self._trees(each).retire_room(room))
                for each in wanted
                if each != at_work
                for room in self._rooms(each)
            ]

    async def export(self, name: str, target: Path) -> Kept:
        """Write a quarantine's files into a directory, which is empty or not there.

        Raises:
            UsageError: There is no such quarantine, or the directory is in use.
            LokiError: It cannot be read or written.
        """
        found = await self._named(name)
        place = await asyncio.to_thread(_free_directory, target)
        with tempfile.TemporaryDirectory(prefix="loki-restoring-") as room:
            await Commits(Path(room) / "objects.git", self._base.workspace).export(found.commit, place)
        return found

    async def branch(self, name: str, branch: str) -> Kept:
        """Give a quarantine's commit a new branch.

        Raises:
            UsageError: There is no such quarantine.
            RepositoryError: The branch is there, or can be none.
        """
        found = await self._named(name)
        async with self._trees("none").git() as shell:
            await name_branch(shell, branch, found.commit)
        return found

    async def _look(self, run: str, room: Room, *, at_work: bool) -> Listed:
        """How one worktree stands."""
        trees = self._trees(run)
        admin = admin_of(trees.common, room.root)
        facts = admin.facts if admin else None
        listed = Listed(run, facts.name if facts else room.key, facts.branch if facts else "", room.root, "unknown")
        if at_work:
            return replace(listed, standing="at work")
        if admin is None:
            return replace(listed, why="git does not know it")
        if foreign := foreign_lock(admin):
            return replace(listed, standing="locked", why=foreign)
        if facts is None:
            return replace(listed, standing="unfinished")
        if not room.there:
            return replace(listed, standing="missing")
        try:
            async with trees.hands_on(room).site() as site:
                found = await glance(site, common=str(trees.common))
        except RepositoryError as error:
            return replace(listed, standing="unsaved", why=error.message)
        return replace(listed, standing="unsaved" if found.why else "clean", why=found.why, files=found.files)

    async def _named(self, name: str) -> Kept:
        for each in await self.quarantined():
            if name in (each.id, each.ref):
                return each
        raise UsageError(f"There is no quarantine {name!r}.", hint="`loki worktrees list` names them all.")

    def _trees(self, run: str) -> GitWorktrees:
        directories = self._state.directories(run)
        return GitWorktrees(replace(self._base, run=run, directories=directories))

    def _runs(self) -> list[str]:
        """Runs with worktrees: in the state directory, or known to git, or both."""
        runs = self._state.runs
        there = {path.parent.parent.name for path in runs.glob("*/worktrees/*")}
        known = {
            admin.root.parent.parent.name
            for admin in admins(self._trees("none").common)
            if admin.root.parent.name == "worktrees" and admin.root.parent.parent.parent == runs
        }
        return sorted(there | known)

    def _rooms(self, run: str) -> list[Room]:
        directories = self._state.directories(run)
        there = {path.name for path in directories.worktrees.glob("*")}
        common = self._trees("none").common
        known = {admin.root.name for admin in admins(common) if admin.root.parent == directories.worktrees}
        return [Room(directories, key) for key in sorted(there | known)]

    def _open_runs(self) -> set[str]:
        """Runs that `loki resume` could go on with."""
        return {run.id for run in self._around.project.runs() if run.outcome is None}

    @contextmanager
    def _alone(self) -> Iterator[str | None]:
        """Keep engines from beginning meanwhile; the run that one is at work on, where there is one."""
        try:
            lock = EngineLock.acquire(self._state, run="worktrees")
        except BusyError:
            holder = self._around.project.engine()
            yield holder.run if holder else None
            return
        with lock:
            yield None


def _free_directory(target: Path) -> Path:
    """A directory with nothing in it, made where it is not there."""
    place = target.expanduser().absolute()
    if place.is_symlink() or (place.exists() and (not place.is_dir() or any(place.iterdir()))):
        raise UsageError(f"{target} is there already.", hint="Name a directory that is empty or not there.")
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
    return place
