"""What a repository's git directory says of its linked worktrees, read as plain files.

`gitrepository-layout(5)` has the format: a directory each below `worktrees`, whose file `gitdir` names the worktree's
`.git`. Read with a bound and never waited for: an agent of an ordinary run may have written every byte of it.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from loki_tui.core.messages import Frozen

FACTS = "loki.json"
"""Where Loki notes what a worktree of its own is for; it is there once the worktree is complete."""
MERGING = "loki-merge"
"""Where Loki notes a merge that is not on the branch yet."""

_BYTES = 64 * 1024
_WORKTREES = 10_000
"""More than anybody has."""


class Facts(Frozen):
    """What a worktree of ours is for."""

    run: str
    name: str
    """As it was asked for."""
    branch: str
    base: str
    """The commit it began at."""
    origin: str = ""
    """What the person had checked out: a branch's full name, or a commit."""


@dataclass(frozen=True, slots=True)
class Admin:
    """The directory by which git knows one linked worktree."""

    directory: Path
    root: Path
    """Of the worktree, which need not be there."""
    facts: Facts | None
    """None where it is not ours, or was never completed."""
    locked: str | None
    """Why nobody is to remove it; none where nobody said so."""

    @property
    def usable(self) -> bool:
        """Whether git got as far as to make a worktree of it."""
        return all((self.directory / name).is_file() for name in ("HEAD", "commondir"))


def admins(common: Path) -> list[Admin]:
    """All linked worktrees that a repository knows of.

    Args:
        common: Its git directory, which all of its worktrees share.
    """
    try:
        entries = sorted(os.scandir(common / "worktrees"), key=lambda entry: entry.name)[:_WORKTREES]
    except OSError:
        return []
    found = [_read_admin(Path(entry.path)) for entry in entries if entry.is_dir(follow_symlinks=False)]
    return [admin for admin in found if admin is not None]


def admin_of(common: Path, root: Path) -> Admin | None:
    """How a repository knows a worktree; none where it does not."""
    return next((admin for admin in admins(common) if admin.root == root), None)


def _read_admin(directory: Path) -> Admin | None:
    pointer = read_small(directory / "gitdir")
    if pointer is None or not pointer.strip():
        return None
    # Newer versions of git may write it relative to the directory.
    entry = Path(os.path.normpath(directory / pointer.strip("\n")))
    locked = read_small(directory / "locked")
    return Admin(
        directory=directory,
        root=entry.parent,
        facts=_facts(read_small(directory / FACTS)),
        locked=None if locked is None else locked.strip(),
    )


def _facts(text: str | None) -> Facts | None:
    if text is None:
        return None
    try:
        return Facts.model_validate_json(text)
    except ValidationError:
        return None


def read_small(path: Path) -> str | None:
    """A small regular file; none where it is absent, larger, or something that would block."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _BYTES:
            return None
        return os.read(descriptor, _BYTES).decode(errors="surrogateescape")
    finally:
        os.close(descriptor)
