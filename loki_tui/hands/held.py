"""Directories that belong to a process while it lives: whoever clears away tells those from what a killed one left."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_UNHELD = ".unheld-"


@dataclass(slots=True)
class HeldDirectory:
    """A private directory, held by this process."""

    path: Path
    _held: int | None

    def remove(self) -> None:
        """Remove it with all that is in it, and let go of it; once is enough."""
        held, self._held = self._held, None
        if held is not None:
            _remove(self.path)
            os.close(held)


def make_held(place: Path, prefix: str = "") -> HeldDirectory:
    """A new directory.

    Args:
        place: Where it is made.
        prefix: What its name begins with.
    """
    made = Path(tempfile.mkdtemp(dir=place, prefix=_UNHELD))
    held = os.open(made, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(held, fcntl.LOCK_EX)
    # It has the name by which it is cleared away only once it is held.
    return HeldDirectory(made.rename(place / f"{prefix}{made.name.removeprefix(_UNHELD)}"), held)


def clear_unheld(place: Path, prefix: str = "") -> None:
    """Remove directories of such names that no living process holds."""
    for path in place.iterdir():
        if not path.name.startswith(prefix) or path.name.startswith(_UNHELD):
            continue
        try:
            left = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # It is gone, or none of ours.
        try:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(path)
        except BlockingIOError:
            continue
        finally:
            os.close(left)


def _remove(path: Path) -> None:
    # Not shutil.rmtree: a tree a thousand deep, which an agent can make, exhausts its stack.
    subprocess.run(["rm", "-rf", "--", str(path)], check=False, stderr=subprocess.DEVNULL, timeout=60)
