"""Worktrees of a parallel run: opened, merged in, and retired, with everything that works in them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from loki_tui.core.errors import RepositoryError
from loki_tui.core.vocabulary import Confinement
from loki_tui.engine.grounds import Ground, Merge, Retired
from loki_tui.hands.gitshell import GitShell, quoted
from loki_tui.hands.grants import LENT, installed
from loki_tui.hands.policy import Demands
from loki_tui.hands.repository import Identity
from loki_tui.hands.workspace import HandsWorkspaces
from loki_tui.hands.worktrees import advancing, merging, retiring
from loki_tui.hands.worktrees.admin import Admin, admin_of, admins
from loki_tui.hands.worktrees.opening import Wanted, add, complete, foreign_lock, hollow, revive
from loki_tui.hands.worktrees.site import Site, shell_of
from loki_tui.runtime.checkouts import CleanCheckouts, Commits
from loki_tui.runtime.delivery import PersonsRepository, git_places, is_bare
from loki_tui.runtime.worktree_hands import WorktreeHands, WorktreeRepository
from loki_tui.runtime.worktree_rooms import Room
from loki_tui.store.checkpoints import GitCheckpoints
from loki_tui.store.files import PRIVATE, writing
from loki_tui.store.paths import RunDirectories

PERSONS = "HEAD"
"""The commit that the person has checked out, as a base for the worktree in which a run comes together."""

_IGNORES = "".join(f"/{name}\n" for name in LENT)
"""Patterns for what is lent, also where no `.gitignore` names it.

One of a `.gitignore` that ends with a slash would mean directories alone, and not the links to what is lent.
"""


@dataclass(frozen=True, slots=True)
class Base:
    """What worktrees of a run are made from."""

    run: str
    workspace: Path
    """The person's; nothing of it is touched."""
    directories: RunDirectories
    demands: Demands
    """What holds for hands on the person's workspace."""
    workspaces: HandsWorkspaces
    """What launches those."""
    checkpoints: GitCheckpoints
    """The project's: those of worktrees are numbered with them."""


class GitWorktrees:
    """Implements `loki_tui.engine.grounds.Worktrees`.

    Args:
        base: What they are made from.

    Raises:
        RepositoryError: The person's `.git` cannot be followed.
    """

    def __init__(self, base: Base) -> None:
        self._base = base
        # Looked up before an agent runs: what points to git's directories is a file it could write.
        self._places = git_places(base.workspace)
        self._identity = Identity(*base.demands.identity)
        self._hands: dict[Path, WorktreeHands] = {}
        self._repositories: dict[Path, WorktreeRepository] = {}
        self._turn = asyncio.Lock()

    @property
    def confinement(self) -> Confinement:
        """What will hold agents: each of them writes in its own worktree alone; see the port."""
        base, place = self._base, self._base.directories.worktrees
        with writing(place):
            place.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        common = self._places[-1] if self._places else None
        anyones = replace(base.demands, root=place, lent=(place,), repository=common, allowed_paths=())
        held = base.workspaces.elsewhere(anyones).confinement
        anywhere = place / "*"
        allowed = [_moved(path, workspace=base.workspace, root=anywhere) for path in base.demands.allowed_paths]
        return held.model_copy(update={"writable": tuple(allowed) or (str(anywhere),)})

    async def open(self, name: str, *, branch: str, base: str) -> Ground:
        """Create a worktree on a branch, or take up the one that is there; see the port."""
        async with self._turn:
            return await self._open(Room.of(self._base.directories, name), name, branch=branch, base=base)

    async def merge(self, ground: Ground, commit: str, *, message: str) -> Merge:
        """Merge a commit beside the branch; see the port."""
        async with self._site(ground) as site:
            return await merging.merge(site, commit, message=message)

    async def conclude(self, ground: Ground, commit: str, *, message: str) -> Merge:
        """Commit what was resolved or mended; see the port."""
        async with self._site(ground) as site:
            return await merging.conclude(site, commit, message=message)

    async def abandon(self, ground: Ground) -> str:
        """Go back to the branch's tip; see the port."""
        async with self._site(ground) as site:
            return await merging.abandon(site)

    async def advance(self, branch: str, *, to: str, expected: str) -> bool:
        """Move a branch from where it is expected; see the port."""
        run = self._base.run
        known = [admin for admin in admins(self.common) if admin.facts and admin.facts.branch == branch]
        there = next((admin for admin in known if admin.root in self._hands), None)
        if there is None:
            async with self.git() as shell:
                return await advancing.advance(shell, branch, to=to, expected=expected, run=run)
        async with self._hands[there.root].site() as site:
            moved = await advancing.advance(site.shell, branch, to=to, expected=expected, run=run)
            if moved:
                await advancing.follow(site, expected=expected)
            return moved

    async def retire(self, name: str) -> Retired:
        """Remove a worktree, or save what would be lost with it first; see the port."""
        async with self._turn:
            return await self.retire_room(Room.of(self._base.directories, name))

    async def retire_room(self, room: Room) -> Retired:
        """The same, of one that is known by where it lies."""
        admin = admin_of(self.common, room.root) if self._places else None
        await room.clear()
        if admin is None:
            if room.occupied:
                return Retired(removed=False, why=f"git does not know it any more; what is there stays: {room.root}")
            room.move_out()
            await room.clear()
            return Retired(removed=True, why="it was not there")
        if foreign := foreign_lock(admin):
            return Retired(removed=False, why=foreign)
        made_way = _make_way(room, known=True)
        room.prepare(workspace=self._base.workspace)
        kept = await self._keep(room, admin)
        if made_way:
            kept = replace(kept, why="; ".join(filter(None, (kept.why, *made_way))))
        if kept.removed:
            room.move_out()
            await self._forget(admin)
            await room.clear()
            self._hands.pop(room.root, None)
            self._repositories.pop(room.root, None)
        return kept

    @property
    def common(self) -> Path:
        """The git directory that all worktrees of the repository share.

        Raises:
            RepositoryError: There is none, or it is of no use.
        """
        if not self._places:
            workspace = self._base.workspace
            if is_bare(workspace):
                raise RepositoryError(
                    f"{workspace} is a bare repository: there are no files to work on.", hint="Clone it."
                )
            raise RepositoryError(
                "The workspace is not a git repository.", hint="`--init-git` makes it one and commits what is there."
            )
        return self._places[-1]

    @asynccontextmanager
    async def git(self) -> AsyncIterator[GitShell]:
        """Git on the repository, without a worktree.

        Raises:
            RepositoryError: git failed.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        hands = await self._base.workspaces.open_repository(*self._places)
        try:
            yield await shell_of(hands, git_directory=str(self.common), work_tree=str(self._base.workspace))
        finally:
            await hands.close()

    @asynccontextmanager
    async def _site(self, ground: Ground) -> AsyncIterator[Site]:
        """Git on a worktree that is open; one that was deleted meanwhile is made anew first."""
        hands, room = self._hands[ground.root], Room(self._base.directories, ground.root.name)
        if not room.pointed:
            admin, _ = hands.known()
            said = _make_way(room, known=True)
            room.prepare(workspace=self._base.workspace)
            said += await _take_up(room, admin, hands, workspace=self._base.workspace)
            room.lend(_lent(self._base.workspace))
            self._repositories[room.root].warn(*said)
        async with hands.site() as site:
            yield site

    async def _open(self, room: Room, name: str, *, branch: str, base: str) -> Ground:
        admin = admin_of(self.common, room.root)
        if admin is not None and admin.facts is None and not admin.usable:
            await self._forget(admin)
            admin = None
        wanted = Wanted(
            root=str(room.root),
            run=self._base.run,
            name=name,
            branch=branch,
            base=base,
            person=str(self._places[0]),
        )
        if admin is not None and admin.facts is not None and admin.facts.branch != branch:
            raise RepositoryError(f"The worktree {room.root} is for {admin.facts.branch}, not for {branch}.")
        warnings = _make_way(room, known=admin is not None)
        room.prepare(workspace=self._base.workspace)
        hands = self.hands_on(room)
        await hands.workspaces.sweep()
        if admin is None:
            await self._add(hands.workspaces, room, wanted)
            if base == PERSONS:
                warnings += await _left_out(self._base)
        elif admin.facts is None:
            await self._complete(hands.workspaces, room, admin, wanted)
        else:
            warnings += await _take_up(room, admin, hands, workspace=self._base.workspace)
        room.lend(_lent(self._base.workspace))
        self._hands[room.root] = hands
        return self._ground(room, hands, warnings)

    async def _add(self, workspaces: HandsWorkspaces, room: Room, wanted: Wanted) -> None:
        hands = await workspaces.open_repository(*self._places, room.root)
        try:
            await add(await shell_of(hands, git_directory=str(self.common), work_tree=str(room.root)), wanted)
        finally:
            await hands.close()

    async def _complete(self, workspaces: HandsWorkspaces, room: Room, admin: Admin, wanted: Wanted) -> None:
        room.point(admin.directory)
        hands = await workspaces.open_repository(*self._places, room.root)
        try:
            directory = str(admin.directory)
            shell = await shell_of(hands, git_directory=directory, work_tree=str(room.root))
            await complete(shell, wanted, directory=directory)
        finally:
            await hands.close()

    async def _keep(self, room: Room, admin: Admin) -> Retired:
        """See what would be lost with a worktree, and save it."""
        if admin.facts is None:
            return Retired(removed=True, why="it was never complete")
        hands = self.hands_on(room)
        await _take_up(room, admin, hands, workspace=self._base.workspace)
        try:
            async with hands.site() as site:
                found = await retiring.assess(site)
                if not found.why:
                    return Retired(removed=True)
                ref = await retiring.keep(site, found)
                return Retired(removed=True, quarantine=ref, why=found.why, files=found.files)
        except RepositoryError as error:
            return Retired(removed=False, why=f"what is in it could not be saved: {error.message}")

    def hands_on(self, room: Room) -> WorktreeHands:
        """What opens git on a worktree whose directory is there."""
        workspaces = self._base.workspaces.elsewhere(_demands(self._base, room, self.common))
        return WorktreeHands(workspaces, room.root, self.common, self._identity)

    async def _forget(self, admin: Admin) -> None:
        async with self.git() as shell:
            await shell.ask(quoted("rm", "-rf", "--", str(admin.directory)))

    def _ground(self, room: Room, hands: WorktreeHands, warnings: list[str]) -> Ground:
        checkpoints = self._base.checkpoints.beside(room.root, worktree=room.key, ignores=_IGNORES)
        commits = Commits(room.verify / "commits.git", room.root)
        allowed = self._base.demands.allowed_paths
        moved = tuple(_moved(path, workspace=self._base.workspace, root=room.root) for path in allowed)
        # Only now: what is allowed has to be there.
        workspaces = self._base.workspaces.elsewhere(
            replace(_demands(self._base, room, self.common), allowed_paths=moved)
        )
        repository = self._repositories[room.root] = WorktreeRepository(hands, checkpoints, warnings)
        return Ground(
            root=room.root,
            workspaces=workspaces,
            checkouts=CleanCheckouts(checkpoints, workspaces, workspace=room.root, scratch=room.verify),
            delivered=CleanCheckouts(commits, workspaces, workspace=room.root, scratch=room.verify),
            checkpoints=checkpoints,
            repository=repository,
        )


async def _take_up(room: Room, admin: Admin, hands: WorktreeHands, *, workspace: Path) -> list[str]:
    """Put a worktree that was complete once in order; what there is to say of it."""
    if room.point(admin.directory):
        return []
    async with hands.site() as site:
        if not await hollow(site):
            return [f"The .git of the worktree {room.key} was not what git had made; it is again."]
    (room.root / ".git").unlink()
    said = _make_way(room, known=False)
    room.prepare(workspace=workspace)
    room.point(admin.directory)
    async with hands.site() as site:
        ref = await revive(site)
        kept = f"; what was staged is in {ref}" if ref else ""
        return [*said, f"The worktree {room.key} had been deleted; it is made anew from {site.facts.branch}{kept}."]


def _make_way(room: Room, *, known: bool) -> list[str]:
    """Keep aside what stands where a worktree belongs and is none; what there is to say of it."""
    if not room.occupied or (known and room.there):
        return []
    place = room.set_aside(room.root)
    return [f"Where the worktree {room.key} belongs something else was found; it is now in {place}."]


def _moved(path: str, *, workspace: Path, root: Path) -> str:
    """A path that agents may write, in a worktree where it lies in the workspace."""
    if path == "~" or path.startswith("~/"):
        return path
    real = (workspace / path).resolve()
    return str(root / real.relative_to(workspace)) if real.is_relative_to(workspace) else str(real)


async def _left_out(base: Base) -> list[str]:
    """What a run does not have of the person's checkout."""
    person = PersonsRepository(base.workspaces, base.workspace, run=base.run, identity=base.demands.identity)
    facts = await person.inspect()
    if facts is None or not facts.dirty:
        return []
    return [f"{facts.dirty} uncommitted changes in {base.workspace} are no part of this run, which began at a commit."]


def _demands(base: Base, room: Room, common: Path) -> Demands:
    """What is demanded of hands in a worktree: what holds in the workspace, of the worktree's own files."""
    demands, workspace = base.demands, base.workspace
    return replace(
        demands,
        root=room.root,
        private=room.home,
        lent=(room.root,),
        repository=common,
        # For git there, all of it; for agents see `_ground`.
        allowed_paths=(),
        read_paths=(
            *(path if path.startswith(("/", "~")) else str(workspace / path) for path in demands.read_paths),
            *map(str, _lent(workspace)),
        ),
        git_ignores=f"{demands.git_ignores}\n{_IGNORES}",
    )


def _lent(workspace: Path) -> list[Path]:
    """What the person installed, which agents and tests in a worktree may read."""
    return [place for place in installed(workspace) if place.name in LENT]
