"""Large outputs, stored once under the SHA-256 of their content."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from loki_tui.core.errors import JournalError
from loki_tui.store.files import PRIVATE, sync_directory, write_whole, writing

_DIGEST = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """Content-addressed files, spread over 256 directories.

    Args:
        root: Created with the first blob.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, data: bytes) -> str:
        """Store data, whole and safe from a power loss before this returns.

        Returns:
            Its digest, in lower-case hexadecimal.

        Raises:
            UsageError: The place cannot be written to.
            JournalError: The disk is full.
        """
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        with writing(path):
            if path.is_file() and path.stat().st_size == len(data):
                return digest
            if not path.parent.is_dir():
                path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
                sync_directory(self._root)
            write_whole(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """The data of a digest.

        Raises:
            JournalError: It is not there, or not what its digest says.
        """
        data = self.get_unchecked(digest)
        if hashlib.sha256(data).hexdigest() != digest:
            raise JournalError(
                f"The stored output {self._path(digest)} is not what was stored: it was damaged or changed.",
                hint="The journal still has its beginning and end.",
            )
        return data

    def get_unchecked(self, digest: str) -> bytes:
        """What is stored under a digest by now, for who says of it that it was changed.

        Raises:
            JournalError: Nothing is there.
        """
        if not _DIGEST.fullmatch(digest):
            raise JournalError(f"{digest!r} is no digest of a stored output.")
        path = self._path(digest)
        try:
            return path.read_bytes()
        except OSError as error:
            raise JournalError(
                f"The stored output {path} cannot be read: {error.strerror}.",
                hint="The journal still has its beginning and end.",
            ) from error

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:]
