"""Room for a command that measures without a run: below the project's state, where no agent can write."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loki_tui.store.files import PRIVATE, writing
from loki_tui.store.paths import StateDirectory


@contextmanager
def scratch(state: StateDirectory) -> Iterator[Path]:
    """A private directory, gone with the context's end; what commands that were killed left of theirs goes first.

    Raises:
        UsageError: The state directory cannot be written, or belongs to another workspace.
        JournalError: The disk is full.
    """
    state.prepare()
    place = state.root / "measuring"
    with writing(place):
        place.mkdir(mode=PRIVATE, exist_ok=True)
        with _opened(place) as whole:
            # Nobody else clears away while ours is there and not held yet.
            fcntl.flock(whole, fcntl.LOCK_EX)
            _clear(place)
            root = Path(tempfile.mkdtemp(dir=place))
            held = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield root
    finally:
        _remove(root)
        os.close(held)


def _clear(place: Path) -> None:
    """Remove directories that nobody holds."""
    for root in place.iterdir():
        with _opened(root) as left:
            try:
                fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _remove(root)


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _remove(root: Path) -> None:
    # Not shutil.rmtree: a tree a thousand deep, which tests can make, exhausts its stack.
    subprocess.run(["rm", "-rf", "--", str(root)], check=False, stderr=subprocess.DEVNULL, timeout=60)
