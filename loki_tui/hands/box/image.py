"""What of an image may be read in a box: all of it, but what even its own users may not read.

Root in a box has no capabilities, and owns these files all the same. Landlock knows no exceptions
within a grant, so they are kept out by granting around them.
"""

from __future__ import annotations

import os
import stat

_ROOT = "/"
_GUARDED = "etc"
"""Where systems keep what the world may not read, hashes of passwords and private keys."""


def readable() -> list[str]:
    """Paths that may be read, each with everything below it."""
    found = []
    for entry in _entries(_ROOT):
        found += _public(entry.path) if entry.name == _GUARDED else [entry.path]
    return found


def _public(directory: str) -> list[str]:
    """A directory, or where not everyone may read all of it, its parts without those."""
    parts: list[str] = []
    whole = True
    for entry in _entries(directory):
        mode = entry.stat(follow_symlinks=False).st_mode
        if not stat.S_ISLNK(mode) and not mode & stat.S_IROTH:
            whole = False
            continue
        below = _public(entry.path) if stat.S_ISDIR(mode) else [entry.path]
        whole = whole and below == [entry.path]
        parts += below
    return [directory] if whole else parts


def _entries(directory: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
