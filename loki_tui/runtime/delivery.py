"""The person's repository, reached through hands that live only while they are needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from loki_tui.core.errors import RepositoryError
from loki_tui.engine.ports import OpenedBranch
from loki_tui.engine.receipt import Evidence
from loki_tui.hands.evidence import Measured
from loki_tui.hands.repository import GitRepository, Identity, RepositoryFacts
from loki_tui.hands.workspace import HandsWorkspaces
from loki_tui.store.checkpoints import GitCheckpoints


class PersonsRepository:
    """Implements `loki_tui.engine.ports.Repository`.

    Args:
        workspaces: Launches hands.
        workspace: The person's work tree.
        run: The run that delivers.
        identity: Whose name commits carry.
        checkpoints: What delivered work is compared with.
    """

    def __init__(
        self,
        workspaces: HandsWorkspaces,
        workspace: Path,
        *,
        run: str,
        identity: tuple[str, str],
        checkpoints: GitCheckpoints | None = None,
    ) -> None:
        self._workspaces = workspaces
        # Looked up before an agent runs: what points to git's directories is a file it could write.
        self._places = git_places(workspace)
        self._checkpoints = checkpoints
        self._root = workspace
        self._run = run
        self._identity = Identity(*identity)
        self._warnings: list[str] = []
        self._said: set[str] = set()

    async def open_branch(self, branch: str) -> OpenedBranch:
        """Create the branch at HEAD and check it out without touching a file; take it up if it is there."""
        async with self._repository() as repository:
            return await repository.open_branch(branch)

    async def commit(self, branch: str, *, subject: str, body: str) -> str | None:
        """Commit the workspace to the branch, without what was uncommitted before the run."""
        async with self._repository() as repository:
            return await repository.commit(branch, subject=subject, body=body)

    async def evidence(self, base: str | None, commit: str, *, measured: str) -> Evidence:
        """What the repository holds of delivered work, compared with a checkpoint's tree where one is named."""
        look = Measured(measured, self._checkpoints.entries) if measured and self._checkpoints else None
        async with self._repository() as repository:
            return await repository.evidence(base, commit, measured=look)

    def take_warnings(self) -> list[str]:
        """What a person should know of the latest operations; each is handed out once."""
        warnings, self._warnings = self._warnings, []
        return warnings

    async def inspect(self) -> RepositoryFacts | None:
        """What kind of place this is; nothing where it is no repository."""
        async with self._repository() as repository:
            return await repository.inspect()

    async def init(self) -> None:
        """Make the directory a repository, with everything in it as the first commit."""
        hands = await self._workspaces.open_repository(self._root)
        try:
            await GitRepository(hands, run=self._run, identity=self._identity).init()
        finally:
            await hands.close()
        self._places = git_places(self._root)

    @asynccontextmanager
    async def _repository(self) -> AsyncIterator[GitRepository]:
        hands = await self._workspaces.open_repository(*self._places)
        repository = GitRepository(hands, run=self._run, identity=self._identity)
        try:
            yield repository
        finally:
            fresh = [warning for warning in repository.take_warnings() if warning not in self._said]
            self._said.update(fresh)
            self._warnings += fresh
            await hands.close()


def is_bare(directory: Path) -> bool:
    """Whether a directory is a git directory itself, without files to work on."""
    return all((directory / name).exists() for name in ("HEAD", "objects", "refs"))


def git_places(workspace: Path) -> tuple[Path, ...]:
    """The git directory of a work tree, and the common one where it is another; nothing where there is none.

    Raises:
        RepositoryError: `.git` is a file that cannot be followed.
    """
    entry = workspace / ".git"
    if entry.is_dir():
        return (entry.resolve(),)
    if not entry.is_file():
        return ()
    pointer = entry.read_text(encoding="utf-8", errors="surrogateescape").strip()
    directory = (workspace / pointer.removeprefix("gitdir:").strip()).resolve()
    if not directory.is_dir():
        raise RepositoryError(
            f"{entry} points to {directory}, which is not there.", hint="Repair it: git worktree repair"
        )
    common = directory / "commondir"
    if not common.is_file():
        return (directory,)
    return (directory, (directory / common.read_text(encoding="utf-8").strip()).resolve())
