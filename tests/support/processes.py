"""What is still alive of a run: asked of the kernel, and waited for there."""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress
from pathlib import Path

PATIENCE_SECONDS = 10.0


def processes_in(root: Path) -> dict[int, str]:
    """Processes whose directory or environment lies below a directory, and how they stand: `ps`'s letter."""
    found: dict[int, str] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):  # it has just ended, or is another user's
                if _belongs(process, root):
                    found[int(process.name)] = (process / "stat").read_text().rpartition(")")[2].split()[0]
    return found


def await_none_in(root: Path) -> None:
    """Return when no such process is alive any more.

    Raises:
        AssertionError: One stays.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while alive := processes_in(root):
        assert time.monotonic() < deadline, {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in alive}
        for pid in alive:
            with suppress(ProcessLookupError):
                handle = os.pidfd_open(pid)
                select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
                os.close(handle)


def _belongs(process: Path, root: Path) -> bool:
    if (process / "cwd").readlink().is_relative_to(root):
        return True
    return os.fsencode(root) + b"/" in (process / "environ").read_bytes()
