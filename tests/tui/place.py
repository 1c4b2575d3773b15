"""A place that is called the same on every machine and at every time, for pictures that have paths in them."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACE = Path("/tmp/loki-pictures")


@contextmanager
def fixed_place() -> Iterator[Path]:
    """An empty directory of always the same name, held by one test at a time on this machine."""
    PLACE.mkdir(exist_ok=True)
    held = os.open(PLACE, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Ends with the process that has it, however that ends.
        fcntl.flock(held, fcntl.LOCK_EX)
        _clear()
        yield PLACE
        _clear()
    finally:
        os.close(held)


def _clear() -> None:
    for path in PLACE.iterdir():
        shutil.rmtree(path)
