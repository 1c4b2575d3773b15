"""Files that are there whole or not at all, and file systems that refuse."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loki_tui.core.errors import JournalError, LokiError, UsageError

PRIVATE = 0o700
"""Mode of a directory that is nobody else's business."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the ways in which a file system refuses into errors that say what to do.

    Raises:
        UsageError: The place cannot be written to.
        JournalError: The disk is full, or failing.
    """
    try:
        yield
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError) -> LokiError:
    reason = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return JournalError(
            f"No space is left to write {path}.",
            hint="Free some space, then `loki resume`: nothing that was recorded is lost.",
        )
    if error.errno == errno.EIO:
        return JournalError(f"{path} cannot be written: {reason}.", hint="Check the disk.")
    return UsageError(
        f"The state at {path} cannot be written: {reason}.",
        hint="Set LOKI_DIR to a directory of your own, outside the workspace.",
    )


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole, or not at all, even after a power loss."""
    descriptor, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive a power loss."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
