"""Trees of the person's repository, read without its configuration: exported, compared, and the work tree saved.

For looking at a commit without a run. Objects are read where the repository keeps them; what was committed
comes out byte for byte, since no filter, attribute or hook that an agent may have written is in force here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from loki_tui.core.errors import CheckpointError
from loki_tui.store import worktree
from loki_tui.store.plumbing import GitDirectory
from loki_tui.store.staging import stage

DIFF_BYTES = 1_000_000
"""Most of a diff that is read."""

_NAME = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SKIPPED_LIMIT = 100
_QUOTED = frozenset(range(0x20, 0x7F)) - {ord('"'), ord("\\")}

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class SavedTree:
    """The work tree as it is, as a tree."""

    tree: str
    files: int
    skipped: tuple[str, ...] = ()
    """Paths that could not be read."""


class RepositoryTrees:
    """Looks at trees through a git directory of its own. Cancelling a call ends the git command behind it.

    Args:
        directory: Where that is made; nobody else uses it.
        workspace: The work tree.
        objects: Where the repository keeps its objects; none where there is no repository.
        sha256: Whether the repository names objects by SHA-256.
    """

    def __init__(self, directory: Path, *, workspace: Path, objects: Path | None = None, sha256: bool = False) -> None:
        self._workspace = workspace.resolve()
        self._git = GitDirectory(directory.absolute(), work_tree=self._workspace)
        self._objects = objects
        self._hash = "sha256" if sha256 else "sha1"
        self._turn = asyncio.Lock()
        self._ready = False

    async def snapshot(self) -> SavedTree:
        """Save the work tree: tracked, untracked and uncommitted content, without what is ignored.

        Raises:
            CheckpointError: It cannot be read.
        """
        return await self._off_loop(self._snapshot)

    async def export(self, checkpoint: str, target: Path) -> None:
        """Write a tree's or a commit's files into an empty directory.

        Raises:
            CheckpointError: There is no such object here, or the directory cannot be written.
        """
        await self._off_loop(lambda: self._export(_named(checkpoint), target))

    async def diff(self, base: str, tree: str) -> str:
        """Unified diff between two trees, cut where it is huge.

        Raises:
            CheckpointError: One of them is not here.
        """
        return await self._off_loop(lambda: self._diff(_named(base), _named(tree)))

    async def changed(self, base: str, tree: str) -> tuple[str, ...]:
        """The paths that differ, sorted: both of what was renamed, and what is gone.

        Raises:
            CheckpointError: One of the trees is not here.
        """
        return await self._off_loop(lambda: self._changed(_named(base), _named(tree)))

    async def _off_loop(self, work: Callable[[], _Result]) -> _Result:
        def prepared() -> _Result:
            self._prepare()
            return work()

        async with self._turn:
            self._git.rearm()
            task = asyncio.ensure_future(asyncio.to_thread(prepared))
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                self._git.interrupt()
                await asyncio.gather(task, return_exceptions=True)
                raise

    # -- in a thread from here on ---------------------------------------------------------------

    def _prepare(self) -> None:
        if self._ready:
            return
        try:
            self._git.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._git.run("init", "--quiet", "--template=", environment={"GIT_DEFAULT_HASH": self._hash})
            if self._objects is not None:
                information = self._git.path / "objects" / "info"
                information.mkdir(parents=True, exist_ok=True)
                (information / "alternates").write_text(_quoted(self._objects), encoding="ascii")
        except OSError as error:
            raise CheckpointError(f"{self._git.path} cannot be written: {error.strerror}.") from error
        self._git.prepare(excludes=worktree.excludes(self._workspace))
        self._ready = True

    def _snapshot(self) -> SavedTree:
        staged = stage(self._git, workspace=self._workspace)
        tree = self._git.ask("write-tree").decode().strip()
        return SavedTree(tree, staged.files, staged.skipped[:_SKIPPED_LIMIT])

    def _export(self, tree: str, target: Path) -> None:
        index = self._git.path / "export.index"
        elsewhere = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(target.resolve())}
        try:
            self._git.run("read-tree", "--reset", "-u", tree, environment=elsewhere)
        except CheckpointError as error:
            raise CheckpointError(
                f"The files of {tree[:10]} cannot be had: {error.message}",
                hint="A partial clone lacks some of them: git fetch --refetch --no-filter.",
            ) from error
        finally:
            index.unlink(missing_ok=True)

    def _diff(self, base: str, tree: str) -> str:
        options = ("-r", "-M", "--no-ext-diff", "--no-textconv", "--patch")
        output = self._git.read("diff-tree", *options, base, tree, limit=DIFF_BYTES)
        text = output.decode(errors="replace")
        if len(output) < DIFF_BYTES:
            return text
        return f"{text.rpartition(chr(10))[0]}\n[cut: the diff is longer than {DIFF_BYTES:,} bytes]\n"

    def _changed(self, base: str, tree: str) -> tuple[str, ...]:
        paths = self._git.paths("diff-tree", "-r", "--no-renames", "--name-only", base, tree)
        return tuple(sorted(path.decode(errors="replace") for path in paths))


def _named(name: str) -> str:
    """A name that is an object's and no option's."""
    if not _NAME.fullmatch(name):
        raise CheckpointError(f"{name!r} is no object's name.")
    return name


def _quoted(path: Path) -> str:
    """A path as `gitrepository-layout(5)` wants it among the alternates, whatever bytes it has."""
    written = "".join(
        chr(byte) if byte in _QUOTED else f"\\{byte:03o}" for byte in str(path).encode(errors="surrogateescape")
    )
    return f'"{written}"\n'
