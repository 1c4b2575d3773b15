"""Clean checkouts for verification: a checkpoint's files in hands of their own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from loki_tui.core.errors import WorkspaceError
from loki_tui.engine.forwarding import ForwardingWorkspace
from loki_tui.engine.ports import Workspace, Workspaces
from loki_tui.hands.grants import DEPENDENCIES, installed_of_packages
from loki_tui.runtime.delivery import git_places
from loki_tui.store.trees import RepositoryTrees

_SHA256 = 64
"""Characters of a name in a repository that names objects by SHA-256."""


_ENTRIES = 20_000
"""Entries of a directory of packages that are looked at: more than any project has."""
_CACHES = frozenset({".cache", ".vite", ".vite-temp", ".vitest", ".tmp"})
"""In `node_modules`: what tools leave behind. A clean checkout begins without it."""


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
        await asyncio.to_thread(_lend, self._workspace, root)
        return _Checkout(await self._workspaces.open_checkout(root), root)


def _lend(workspace: Path, root: Path) -> None:
    """Let a checkout have what is installed in the workspace, for its packages too."""
    packages = (place.relative_to(workspace) for place in installed_of_packages(workspace))
    for name in (*map(Path, DEPENDENCIES), *packages):
        installed, there = workspace / name, root / name
        if not installed.is_dir() or there.exists() or not there.parent.is_dir():
            continue
        # In a worktree it is a link itself, which nobody could follow from here.
        installed = installed.resolve()
        if there.name == "node_modules":
            _link_each(installed, there, _Move(installed.parents[len(name.parts) - 1], root))
        else:
            there.symlink_to(installed)


@dataclass(frozen=True, slots=True)
class _Move:
    """From where packages of the workspace itself are linked to, to where they are in the checkout."""

    old: Path
    new: Path

    def of(self, entry: Path) -> Path:
        """What a link in the checkout leads to in an entry's place."""
        try:
            target = entry.resolve().relative_to(self.old)
        except (OSError, RuntimeError, ValueError):  # links in a circle; what lies elsewhere
            return entry
        return entry if "node_modules" in target.parts else self.new / target


def _link_each(installed: Path, there: Path, move: _Move) -> None:
    """Make a directory with a link to each package: Vitest, Vite and others keep their caches beside these."""
    there.mkdir()
    with suppress(OSError):  # an agent may have changed its rights
        for entry in islice(installed.iterdir(), _ENTRIES):
            scope = entry.name.startswith("@") and installed.name == "node_modules"
            if scope and entry.is_dir() and not entry.is_symlink():
                _link_each(entry, there / entry.name, move)
            elif entry.name not in _CACHES:
                (there / entry.name).symlink_to(move.of(entry))


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
