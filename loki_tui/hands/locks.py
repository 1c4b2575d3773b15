"""Locks that git found in its way: which file that is, who seems to hold it, and what to do about it.

A lock of git's is a file and nothing more: nobody can tell from it whose it is. What can be told is whether a process
has it open, and whether a git works in that repository; where neither is so, a git that was killed left it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from loki_tui.core.errors import RepositoryError

_IN_THE_WAY = re.compile(r"Unable to create '(?P<path>/[^\n]*\.lock)': File exists")
_PROC = Path("/proc")
_NAMED = 3
"""Processes that are named."""
_COMMAND_CHARS = 60


def refusal(said: str) -> RepositoryError | None:
    """What to tell a person of the lock that git speaks of; none where it speaks of none.

    Args:
        said: Git's own words.
    """
    found = _IN_THE_WAY.search(said)
    if found is None:
        return None
    path = Path(found["path"])
    holders = _holders(path)
    if holders is None:
        return RepositoryError(
            f"The repository is locked: {path} is there.",
            hint=f"Let the git that made it finish. If none runs, remove it: rm '{path}'; then `loki resume`.",
        )
    if holders:
        return RepositoryError(
            f"The repository is locked: {path} is there, and git is at work: {', '.join(holders)}.",
            hint="Let it finish; then `loki resume`.",
        )
    return RepositoryError(
        f"The repository is locked: {path} is there, though no process has it open and no git can be seen at work "
        "there. A git that was killed leaves such a file.",
        hint=f"Remove it: rm '{path}'; then `loki resume`.",
    )


def _holders(lock: Path) -> list[str] | None:
    """Processes that have a lock open, or are a git in its repository; none where nobody can be asked."""
    if not _PROC.is_dir():
        return None
    repository = next((each for each in lock.parents if each.name == ".git"), lock.parent)
    ours = {os.getpid(), os.getppid()}
    return [
        f"process {process.name} ({_command(process)})"
        for process in _PROC.iterdir()
        if process.name.isdigit() and int(process.name) not in ours and _has_to_do_with(process, lock, repository)
    ][:_NAMED]


def _has_to_do_with(process: Path, lock: Path, repository: Path) -> bool:
    if any(target == str(lock) for target in _opened(process)):
        return True
    name = _read(process / "comm")
    return name.split("-")[0] == "git" and _is_in(_target(process / "cwd"), repository.parent)


def _opened(process: Path) -> Iterator[str]:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:  # another user's, or it has just ended
        return
    for descriptor in descriptors:
        yield _target(descriptor)


def _is_in(directory: str, place: Path) -> bool:
    return bool(directory) and Path(directory).is_relative_to(place)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[:_COMMAND_CHARS].decode(errors="replace").strip()
    except OSError:
        return ""


def _command(process: Path) -> str:
    """What a process was started with, as far as that is short and plain."""
    words = _read(process / "cmdline").replace("\0", " ").strip()
    return "".join(each if each.isprintable() else "?" for each in words) or _read(process / "comm") or "unknown"
