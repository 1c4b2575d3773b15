"""Brings an index of ours to what the workspace holds, whatever an agent put there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from loki_tui.store import worktree
from loki_tui.store.plumbing import GitDirectory

_NESTING_LIMIT = 32
"""Repositories within repositories that are followed."""
_NO_CONTENT = b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
"""The object name of an empty file."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What is in the index now."""

    files: int
    skipped: tuple[str, ...]
    """Paths with content that could not be read or named, and so are not in it."""


def stage(git: GitDirectory, *, workspace: Path) -> Staged:
    """Put all tracked, untracked and changed content of the workspace into the index.

    Args:
        git: Our git directory, prepared, with the workspace as its work tree.
        workspace: The same work tree, without symbolic links in its path.

    Raises:
        loki_tui.core.errors.CheckpointError: git failed at more than single files.
    """
    _enter_repositories(git)
    complete = git.run("add", "--all", "--ignore-errors", accept=(0, 1)) == 0
    staged = set(git.paths("ls-files"))
    # Git left these out because a pattern names them, but the person tracks them.
    ignored = {path for path in worktree.tracked(workspace) - staged if is_content(workspace, path)}
    if ignored:
        options = ("--force", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul")
        complete = git.run("add", *options, stdin=_terminated(ignored), accept=(0, 1)) == 0 and complete
        staged = set(git.paths("ls-files"))
    if complete:
        return Staged(len(staged), ())
    # What the index says of a file that cannot be read any more is out of date.
    stale = {path for path in git.paths("diff-files", "--name-only") if not _is_readable(workspace, path)}
    git.run("update-index", "--force-remove", "-z", "--stdin", stdin=_terminated(stale))
    skipped = stale | (ignored - staged) | {path for path in _untracked(git) if not path.endswith(b"/")}
    return Staged(len(staged - stale), tuple(sorted(path.decode(errors="replace") for path in skipped)))


def is_content(workspace: Path, path: bytes) -> bool:
    """Whether this path, which an agent may have made up, is a file or link within the workspace."""
    relative = Path(os.fsdecode(path))
    if relative.is_absolute() or not {"..", ".git"}.isdisjoint(relative.parts):
        return False
    full = workspace / relative
    if os.path.realpath(full.parent) != str(full.parent):
        return False  # beyond a symbolic link
    try:
        mode = full.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _enter_repositories(git: GitDirectory) -> None:
    """Make git see repositories within the workspace as the plain directories they are.

    It would record a repository as a mere link, and refuse one without commits; but it walks
    into any directory that its index knows a file of. The file named here does not exist, so
    that adding everything takes the name out again.
    """
    for _ in range(_NESTING_LIMIT):
        repositories = [path for path in _untracked(git) if path.endswith(b"/")]
        if not repositories:
            return
        entries = [b"100644 %s\t%s.loki" % (_NO_CONTENT, path) for path in repositories]
        git.run("update-index", "--replace", "-z", "--index-info", stdin=_terminated(entries))


def _untracked(git: GitDirectory) -> list[bytes]:
    """Paths that are neither in the index nor ignored; those of repositories end with a slash."""
    return git.paths("ls-files", "--others", "--exclude-standard")


def _is_readable(workspace: Path, path: bytes) -> bool:
    full = workspace / os.fsdecode(path)
    return full.is_symlink() or (full.is_file() and os.access(full, os.R_OK))


def _terminated(paths: Iterable[bytes]) -> bytes:
    return b"".join(path + b"\0" for path in paths)
