"""Paths as an agent writes them, and refusals as a person can read them."""

from __future__ import annotations

import errno
import os

from loki_tui.hands.box.protocol import OperationError

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EXDEV})


class Places:
    """Where the hands work and what they may touch.

    Args:
        root: The workspace; relative paths start here.
        home: What `~` stands for.
        read: Real paths that may be read, with all below them.
        write: Real paths that may be written, with all below them.
        shown: Those of `write` that are worth naming in a refusal.
    """

    def __init__(self, *, root: str, home: str, read: list[str], write: list[str], shown: list[str]) -> None:
        self.root = root
        self._home = home
        self._read = read
        self._write = write
        self._shown = shown

    def resolve(self, path: str) -> str:
        """The real path meant; it need not exist.

        Raises:
            OperationError: It can be no path.
        """
        if not path or "\0" in path:
            raise OperationError(f"{path!r} is no path.")
        if path == "~" or path.startswith("~/"):
            path = self._home + path[1:]
        try:
            return os.path.realpath(os.path.join(self.root, path))
        except (OSError, UnicodeEncodeError) as error:
            raise OperationError(f"{path!r} is no path that can be used here.") from error

    def may_write(self, path: str) -> bool:
        """Whether a real path is where the hands are meant to write; the kernel has the last word."""
        return _within(path, self._write)

    def shorten(self, path: str) -> str:
        """A real path as an agent would write it: relative within the workspace."""
        return os.path.relpath(path, self.root) if _within(path, [self.root]) else path

    def refusal(self, path: str, error: OSError, *, writing: bool = False) -> OperationError:
        """Why an operation on a real path failed, in words."""
        name = self.shorten(path)
        if error.errno in _DENIED:
            if writing and not _within(path, self._write):
                return OperationError(
                    f"{name} is outside what this run may write: {', '.join(self._shown) or 'nothing'}."
                )
            if not writing and not _within(path, self._read + self._write):
                return OperationError(f"{name} is outside what this run may read.")
        if error.errno == errno.ENOENT:
            return OperationError(f"{name} does not exist.")
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            return OperationError(f"{name} cannot be: something above it is not a directory.")
        return OperationError(f"{name}: {error.strerror or error}.")


def _within(path: str, places: list[str]) -> bool:
    """Whether a real path is one of these or below one; never by prefix of a name."""
    return any(path == place or path.startswith(place.rstrip("/") + "/") for place in places)
