"""What a snapshot must know of the person's repository, read as plain files.

An agent may have written every byte here, so git is not asked: files are read with a bound,
never waited for, and a file that makes no sense counts as absent.
"""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path

_MAX_TEXT = 256 * 1024
_MAX_INDEX = 256 * 1024 * 1024
"""About two million paths."""

_ENTRY = struct.Struct(">60xH")
"""Stat data and a SHA-1, which do not matter here, then the flags."""
_EXTENDED = 0x4000


def excludes(work_tree: Path) -> bytes:
    """The ignore patterns that the person keeps outside of `.gitignore`, in `.git/info/exclude`."""
    git = _git_directory(work_tree)
    if git is None:
        return b""
    common = _read(git / "commondir", limit=_MAX_TEXT)
    shared = git / os.fsdecode(common.strip()) if common else git
    return _read(shared / "info" / "exclude", limit=_MAX_TEXT)


def tracked(work_tree: Path) -> set[bytes]:
    """Paths in the person's index: tracked content is saved even where a pattern ignores it."""
    git = _git_directory(work_tree)
    if git is None:
        return set()
    try:
        return _index_paths(_read(git / "index", limit=_MAX_INDEX))
    except (struct.error, ValueError, IndexError):
        return set()


def _git_directory(work_tree: Path) -> Path | None:
    git = work_tree / ".git"
    if git.is_dir():
        return git
    link = _read(git, limit=_MAX_TEXT)
    if not link.startswith(b"gitdir: "):
        return None
    return work_tree / os.fsdecode(link.removeprefix(b"gitdir: ").strip())


def _read(path: Path, *, limit: int) -> bytes:
    """A regular file's content; nothing where it is absent, larger, or something that would block."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return b""
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return b""
        return file.read(limit)


def _index_paths(data: bytes) -> set[bytes]:
    """The paths of an index file.

    Source: `gitformat-index(5)`, versions 2 to 4. A split or sparse index names what it
    leaves out elsewhere; that is not followed.
    """
    signature, version, count = struct.unpack_from(">4sLL", data)
    if signature != b"DIRC" or version not in {2, 3, 4}:
        return set()
    paths: set[bytes] = set()
    offset, previous = 12, b""
    for _ in range(count):
        (flags,) = _ENTRY.unpack_from(data, offset)
        name = offset + _ENTRY.size + (2 if flags & _EXTENDED else 0)
        kept = b""
        if version == 4:
            dropped, name = _varint(data, name)
            kept = previous[: len(previous) - dropped]
        end = data.index(b"\0", name)
        previous = kept + data[name:end]
        paths.add(previous)
        # Until version 4, one to eight NULs pad an entry to a multiple of eight.
        offset = end + 1 if version == 4 else offset + ((end - offset + 8) & ~7)
    return paths


def _varint(data: bytes, offset: int) -> tuple[int, int]:
    """A number in the offset encoding of pack files, and where it ends."""
    byte = data[offset]
    value = byte & 0x7F
    while byte & 0x80:
        offset += 1
        byte = data[offset]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, offset + 1
