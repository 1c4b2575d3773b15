"""Paths as an agent writes them, and refusals as a person can read them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable

from loki_tui.hands.box.protocol import OperationError

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EXDEV, errno.EBUSY})
_NOT_SEEN = frozenset({errno.ENOENT, errno.ENOTDIR})
"""How what is outside is refused where it is not even there to be seen."""

WIDEN_WRITING = "A person can widen LOKI_ALLOWED_PATHS."
WIDEN_READING = "A person can add it to LOKI_READ_PATHS."


class Places:
    """Where the hands work and what they may touch.

    Args:
        root: The workspace; relative paths start here.
        home: What `~` stands for.
        read: Real paths that may be read, with all below them.
        write: Real paths that may be written, with all below them.
        shown: Those of `write` that are worth naming in a refusal.
        sealed: What may not be written although it lies in `write`.
        looked_into: Repositories that are there to be looked into.
    """

    def __init__(
        self,
        *,
        root: str,
        home: str,
        read: list[str],
        write: list[str],
        shown: list[str],
        sealed: tuple[str, ...] = (),
        looked_into: tuple[str, ...] = (),
    ) -> None:
        self.root = root
        self._home = home
        self._read = read
        self._write = write
        self._shown = shown
        self._sealed = sealed
        self._looked_into = looked_into

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
        return _within(path, self._write) and not _within(path, self._sealed)

    def objection(self, path: str, *, writing: bool) -> str:
        """Why the hands are not meant to touch a real path, and what would change that; empty where they are."""
        name = self.shorten(path)
        if _within(path, self._sealed):
            return f"{name} is kept from agents: your own git would run what they write there." if writing else ""
        if _within(path, self._write):
            return ""
        if writing and _within(path, self._looked_into):
            return (
                "git is here to look at the work (status, diff, log, show), not to stage or commit it: Loki commits "
                "all that is in the worktree when the iteration ends."
            )
        if writing:
            where = ", ".join(self._shown) or "nothing"
            return f"{name} is outside what this run may write: {where}. {WIDEN_WRITING}"
        if _within(path, self._read):
            return ""
        return f"{name} is outside what this run may read. {WIDEN_READING}"

    def out_of_reach(self, path: str) -> str:
        """That the hands can neither read nor write a real path; empty where they can do either."""
        if not self.objection(path, writing=False):
            return ""
        return (
            f"{self.shorten(path)} is outside what this run may touch. "
            "A person can add it to LOKI_READ_PATHS or, to be written, to LOKI_ALLOWED_PATHS."
        )

    def shorten(self, path: str) -> str:
        """A real path as an agent would write it: relative within the workspace."""
        return os.path.relpath(path, self.root) if _within(path, [self.root]) else path

    def refusal(self, path: str, error: OSError, *, writing: bool = False) -> OperationError:
        """Why an operation on a real path failed, in words."""
        name = self.shorten(path)
        if error.errno in _DENIED | _NOT_SEEN and (objection := self.objection(path, writing=writing)):
            return OperationError(objection)
        if error.errno == errno.ENOENT:
            return OperationError(f"{name} does not exist.")
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            return OperationError(f"{name} cannot be: something above it is not a directory.")
        return OperationError(f"{name}: {error.strerror or error}.")


def _within(path: str, places: Iterable[str]) -> bool:
    """Whether a real path is one of these or below one; never by prefix of a name."""
    return any(path == place or path.startswith(place.rstrip("/") + "/") for place in places)
