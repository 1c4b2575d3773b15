"""Snapshots of the workspace: every tracked, untracked and uncommitted file, restorable.

They are commits in a git directory of the state directory. The person's repository, its index
and its branches are neither written nor read by git; a workspace that is no repository has
checkpoints all the same. What an ignore pattern names is left out, unless it is tracked. Kept
are files, symbolic links and the executable bit. Empty directories, sockets and pipes hold no
content and are not kept; a repository within the workspace is saved as the plain files it
consists of, without its `.git`.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from loki_tui.core.derived import IGNORES
from loki_tui.core.errors import CheckpointError
from loki_tui.core.messages import Frozen
from loki_tui.engine.ports import Snapshot
from loki_tui.store import worktree
from loki_tui.store.plumbing import GitDirectory
from loki_tui.store.staging import is_content, stage

_REFS = "refs/loki/checkpoints"
_ID = re.compile(r"c[1-9][0-9]{0,8}")
_FORMAT = "%00".join(
    ("%(refname:lstrip=3)", "%(tree)", "%(committerdate:unix)", "%(contents:subject)", "%(contents:body)")
)
_DIFF_LIMIT = 1_000_000
"""Bytes of a diff that are shown."""
_LABEL_LIMIT = 200
_SKIPPED_LIMIT = 100
"""Paths that a snapshot names as skipped."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A snapshot in the list of all."""

    id: str
    """c1, c2, c3 … in the order they were taken."""
    tree: str
    at: datetime
    """UTC."""
    label: str
    iteration: int
    files: int
    changed: int
    """Paths that differ from the checkpoint before."""
    worktree: str = ""
    """The worktree of a parallel run it was taken in, by its name; empty for the person's own."""


class _Facts(Frozen):
    """What a checkpoint's commit says below its label."""

    iteration: int
    files: int
    changed: int
    worktree: str = ""


class GitCheckpoints:
    """Takes, compares and restores snapshots; implements `loki_tui.engine.ports.Checkpoints`.

    `take` and `restore` are for the one process that holds the project's lock. Cancelling a
    call ends the git command behind it.

    Args:
        directory: The git directory, made when it is first needed.
        workspace: What is saved and restored.
        worktree: The name of a parallel run's worktree; empty for the person's own.
        ignores: Patterns to ignore beside the person's own and what is derived.
    """

    def __init__(self, directory: Path, *, workspace: Path, worktree: str = "", ignores: str = "") -> None:
        self._ignores = f"{IGNORES}{ignores}".encode()
        self._workspace = workspace.resolve()
        self._worktree = worktree
        index = f"index-{worktree}" if worktree else "index"
        self._git = GitDirectory(directory.absolute(), work_tree=self._workspace, index=index)
        self._turn = asyncio.Lock()

    def beside(self, workspace: Path, *, worktree: str, ignores: str = "") -> GitCheckpoints:
        """Checkpoints of a worktree, numbered with these; the two take turns."""
        other = GitCheckpoints(self._git.path, workspace=workspace, worktree=worktree, ignores=ignores)
        other._turn = self._turn
        return other

    async def take(self, label: str, *, iteration: int = 0) -> Snapshot:
        """Save the workspace as it is.

        Args:
            label: Why, in a few words.
            iteration: The iteration that has just ended; 0 before the first.

        Raises:
            CheckpointError: It could not be saved; earlier checkpoints are intact.
        """
        return await self._off_loop(lambda: self._take(label, iteration=iteration))

    async def restore(self, checkpoint: str) -> Snapshot:
        """Bring the workspace back to a checkpoint, after taking one of how it is now.

        Files that came later are removed. Ignored files and `.git` stay, except where a
        restored path needs their place.

        Returns:
            The checkpoint taken just before: the way back.

        Raises:
            CheckpointError: There is no such checkpoint, or the workspace cannot be written.
        """
        return await self._off_loop(lambda: self._restore(checkpoint))

    async def export(self, checkpoint: str, target: Path) -> None:
        """Write a checkpoint's files into an empty directory.

        Raises:
            CheckpointError: There is no such checkpoint, or the directory is not empty or not writable.
        """
        await self._off_loop(lambda: self._export(checkpoint, target))

    async def diff(self, base: str, checkpoint: str) -> str:
        """Unified diff between two checkpoints, cut where it is huge.

        Raises:
            CheckpointError: One of them does not exist.
        """
        return await self._off_loop(lambda: self._diff("--patch", of=(base, checkpoint)))

    async def changed(self, base: str, checkpoint: str) -> tuple[str, ...]:
        """Paths in which two checkpoints differ, sorted, those included that only one of them has.

        Raises:
            CheckpointError: One of them does not exist.
        """
        return await self._off_loop(lambda: self._changed(base, checkpoint))

    async def show(self, checkpoint: str) -> str:
        """What a checkpoint changed: a summary by file, then the diff, cut where it is huge.

        Raises:
            CheckpointError: There is no such checkpoint.
        """
        options = ("--patch-with-stat", "--root", "--no-commit-id")
        return await self._off_loop(lambda: self._diff(*options, of=(checkpoint,)))

    async def list(self) -> tuple[Checkpoint, ...]:
        """All checkpoints of the workspace, oldest first."""
        return await self._off_loop(lambda: self._list("--sort=version:refname", _REFS))

    async def entries(self, tree: str) -> dict[str, str]:
        """What a saved tree holds itself: name, as git quotes it, to mode, type and object.

        Raises:
            CheckpointError: There is no such tree.
        """
        listed = await self._off_loop(lambda: self._git.ask("ls-tree", tree))
        pairs = (line.partition("\t") for line in listed.decode(errors="replace").split("\n") if line)
        return {name: entry for entry, _, name in pairs}

    async def _off_loop(self, work: Callable[[], _Result]) -> _Result:
        async with self._turn:
            self._git.rearm()
            task = asyncio.ensure_future(asyncio.to_thread(work))
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                self._git.interrupt()
                # The next call must not meet this one still at work.
                await asyncio.gather(task, return_exceptions=True)
                raise

    # -- in a thread from here on ---------------------------------------------------------------

    def _take(self, label: str, *, iteration: int) -> Snapshot:
        if not self._workspace.is_dir():
            raise CheckpointError(f"The directory {self._workspace} is not there any more: somebody deleted it.")
        self._git.prepare(excludes=b"\n".join((worktree.excludes(self._workspace), self._ignores)))
        staged = stage(self._git, workspace=self._workspace)
        tree = self._git.ask("write-tree").decode().strip()
        newest = self._list("--sort=-version:refname", "--count=1", _REFS)
        number = int(newest[0].id[1:]) + 1 if newest else 1
        changed = staged.files
        parent: tuple[str, ...] = ()
        if before := self._before(newest):
            ref = f"{_REFS}/{before.id}"
            parent = ("-p", ref)
            changed = len(self._git.paths("diff-tree", "-r", "--name-only", ref, tree))
        facts = _Facts(iteration=iteration, files=staged.files, changed=changed, worktree=self._worktree)
        message = f"{_one_line(label)}\n\n{facts.model_dump_json()}\n"
        commit = self._git.ask("commit-tree", tree, *parent, stdin=message.encode(errors="replace"))
        # No old value: a checkpoint that exists is never replaced.
        self._git.run("update-ref", f"{_REFS}/c{number}", commit.decode().strip(), "")
        return Snapshot(f"c{number}", tree, staged.files, changed, staged.skipped[:_SKIPPED_LIMIT])

    def _before(self, newest: Sequence[Checkpoint]) -> Checkpoint | None:
        """The latest checkpoint of this work tree: the latest of all may be another one's."""
        if newest and newest[0].worktree != self._worktree:
            newest = self._list("--sort=-version:refname", _REFS)
        return next((point for point in newest if point.worktree == self._worktree), None)

    def _restore(self, checkpoint: str) -> Snapshot:
        ref = self._ref(checkpoint)
        taken_in = self._list(ref)[0].worktree
        if taken_in != self._worktree:
            raise CheckpointError(
                f"{checkpoint} was taken in the worktree {taken_in or 'of yours'}, and not here.",
                hint="Its work is on the branch of that name: git branch --list 'loki/*'.",
            )
        saved = self._take(f"Before going back to {checkpoint}", iteration=self._list(ref)[0].iteration)
        hint = f"Make it writable and restore again; {saved.checkpoint} holds what was there before."
        try:
            # Git replaces a symbolic link that stands for a directory; it never writes through one.
            self._git.run("read-tree", "--reset", "-u", ref)
        except CheckpointError as error:
            raise CheckpointError(f"The workspace is not back at {checkpoint}: {error.message}", hint=hint) from error
        later = self._git.paths("diff-tree", "-r", "--name-only", "--diff-filter=D", saved.tree, ref)
        stuck = [os.fsdecode(path) for path in later if is_content(self._workspace, path)]
        if stuck:
            raise CheckpointError(f"{len(stuck)} later files could not be removed, such as {stuck[0]!r}.", hint=hint)
        return saved

    def _export(self, checkpoint: str, target: Path) -> None:
        ref = self._ref(checkpoint)
        try:
            occupied = any(target.iterdir())
        except OSError as error:
            raise CheckpointError(f"{target} cannot be written to: {error.strerror}.") from error
        if occupied:
            raise CheckpointError(f"{target} is not empty.", hint="Name an empty directory.")
        index = self._git.path / f"export-{os.getpid()}.index"
        elsewhere = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(target.resolve())}
        try:
            self._git.run("read-tree", "--reset", "-u", ref, environment=elsewhere)
        finally:
            index.unlink(missing_ok=True)

    def _diff(self, *options: str, of: Sequence[str]) -> str:
        refs = [self._ref(checkpoint) for checkpoint in of]
        output = self._git.read(
            "diff-tree", "-r", "-M", "--no-ext-diff", "--no-textconv", *options, *refs, limit=_DIFF_LIMIT
        )
        text = output.decode(errors="replace")
        if len(output) < _DIFF_LIMIT:
            return text
        whole_lines, _, _ = text.rpartition("\n")
        return f"{whole_lines}\n[cut: the diff is longer than {_DIFF_LIMIT:,} bytes]\n"

    def _changed(self, base: str, checkpoint: str) -> tuple[str, ...]:
        named = self._git.ask("diff-tree", "-r", "-z", "--name-only", self._ref(base), self._ref(checkpoint))
        return tuple(sorted(path.decode(errors="replace") for path in named.split(b"\0") if path))

    def _ref(self, checkpoint: str) -> str:
        ref = f"{_REFS}/{checkpoint}"
        if not _ID.fullmatch(checkpoint) or not self._list(ref):
            raise CheckpointError(
                f"There is no checkpoint {checkpoint!r}.", hint="`loki checkpoint list` names them all."
            )
        return ref

    def _list(self, *arguments: str) -> tuple[Checkpoint, ...]:
        if not self._git.exists:
            return ()
        lines = self._git.ask("for-each-ref", f"--format={_FORMAT}", *arguments).decode(errors="replace")
        return tuple(_checkpoint(line) for line in lines.split("\n") if line)


def _checkpoint(line: str) -> Checkpoint:
    """Read a line of `_FORMAT`."""
    try:
        name, tree, seconds, label, body = line.split("\0")
        facts = _Facts.model_validate_json(body)
        at = datetime.fromtimestamp(int(seconds), UTC)
    except ValueError as error:
        raise CheckpointError(f"The list of checkpoints makes no sense at {line[:80]!r}.") from error
    return Checkpoint(name, tree, at, label, facts.iteration, facts.files, facts.changed, facts.worktree)


def _one_line(label: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in label)
    return " ".join(printable.split())[:_LABEL_LIMIT] or "Checkpoint"
