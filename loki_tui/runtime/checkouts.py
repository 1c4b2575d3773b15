"""Clean checkouts for verification: a checkpoint's files in hands of their own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from loki_tui.core.errors import WorkspaceError
from loki_tui.engine.forwarding import ForwardingWorkspace
from loki_tui.engine.ports import Workspace, Workspaces
from loki_tui.hands.grants import DEPENDENCIES
from loki_tui.runtime.delivery import git_places
from loki_tui.store.trees import RepositoryTrees

_SHA256 = 64
"""Characters of a name in a repository that names objects by SHA-256."""


class Exports(Protocol):
    """Knows the files of checkpoints, or of whatever else has a name."""

    async def export(self, checkpoint: str, target: Path) -> None:
        """Write its files into an empty directory."""
        ...


class CleanCheckouts:
    """Implements `loki_tui.engine.ports.Checkouts`.

    Args:
        checkpoints: Where the files come from.
        workspaces: Launches hands.
        workspace: The person's, for its installed dependencies.
        scratch: Where checkouts are made; no agent can reach it.
    """

    def __init__(self, checkpoints: Exports, workspaces: Workspaces, *, workspace: Path, scratch: Path) -> None:
        self._checkpoints = checkpoints
        self._workspaces = workspaces
        self._workspace = workspace
        self._scratch = scratch

    async def open(self, checkpoint: str) -> Workspace:
        """Hands on a fresh copy of a checkpoint's files; closing them removes it."""
        root = Path(tempfile.mkdtemp(prefix=f"{checkpoint}-", dir=self._scratch))
        await self._checkpoints.export(checkpoint, root)
        for name in DEPENDENCIES:
            installed = self._workspace / name
            if installed.is_dir() and not (root / name).exists():
                # In a worktree it is a link itself, which nobody could follow from here.
                (root / name).symlink_to(installed.resolve())
        return _Checkout(await self._workspaces.open_checkout(root), root)


class Commits:
    """The files of commits of the person's repository, read without its configuration; implements `Exports`.

    Args:
        directory: Room for git's own files; nobody else uses it.
        workspace: The person's work tree, with its repository.
    """

    def __init__(self, directory: Path, workspace: Path) -> None:
        self._directory = directory
        self._workspace = workspace
        # Looked up before an agent runs: what points to git's directories is a file it could write.
        self._places = git_places(workspace)
        self._trees: RepositoryTrees | None = None

    async def export(self, checkpoint: str, target: Path) -> None:
        """Write a commit's files into an empty directory."""
        if self._trees is None:
            self._trees = RepositoryTrees(
                self._directory,
                workspace=self._workspace,
                objects=self._places[-1] / "objects" if self._places else None,
                sha256=len(checkpoint) == _SHA256,
            )
        await self._trees.export(checkpoint, target)


class _Checkout(ForwardingWorkspace):
    """Hands on a checkout that goes when they do."""

    def __init__(self, hands: Workspace, root: Path) -> None:
        super().__init__(hands)
        self._root = root

    async def close(self) -> None:
        with suppress(WorkspaceError):  # hands that are gone clear nothing away
            await self.thaw()  # a run stopped in a pause
            # Inside the box first: what tests wrote may be deeper than Python's own removal can go.
            await self.perform("shell", {"command": "chmod -R u+rwX . && find . -mindepth 1 -delete"})
        await super().close()
        await asyncio.to_thread(shutil.rmtree, self._root, ignore_errors=True)
