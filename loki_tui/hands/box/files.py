"""Reading, writing and editing files, by the same confined process that runs the commands.

A change is worked out first, then made; a preview is the first half. So what is shown before and
what is done after cannot differ but by what the file holds, which `Result.seal` names.
"""

from __future__ import annotations

import binascii
import errno
import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from loki_tui.core.terminal import visible
from loki_tui.hands.box.diffs import unified
from loki_tui.hands.box.paths import Places
from loki_tui.hands.box.protocol import OperationError, Result

_READ_CHARACTERS = 50_000
_PIECE = 4 * (_READ_CHARACTERS + 1)
"""Bytes that hold more characters than are shown, in any script: a longer line is always cut."""
_EDIT_BYTES = 10_000_000
_SNIFF = 8192
FETCH_BYTES = 1 << 20
"""Most of a file that one answer carries, before it is made text."""


class Change(NamedTuple):
    """What is to become of a file."""

    real: str
    """Real path."""
    there: bool
    before: str | None
    """Its content; none where there is no file, or it is too large to compare."""
    after: str
    data: bytes
    """The same as it will be written."""
    report: str


class Files:
    """File operations below a workspace."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def read(self, path: str, *, offset: int, limit: int | None) -> Result:
        """Lines of a text file, a bounded amount at a time.

        Args:
            path: As the agent wrote it.
            offset: First line, from 1.
            limit: How many lines at most.

        Raises:
            OperationError: It cannot be read, or is no text.
        """
        real = self._places.resolve(path)
        try:
            with open(self._open(real), "rb") as file:
                if b"\0" in file.read(_SNIFF):
                    raise OperationError(f"{path} is a binary file.")
                file.seek(0)
                return Result(ok=True, output=_excerpt(iter(lambda: file.readline(_PIECE), b""), offset, limit))
        except OSError as error:
            raise self._places.refusal(real, error) from error

    def fetch(self, path: str, *, begin: int) -> Result:
        """A piece of a file below the workspace as it is, in base 64.

        Returns:
            The piece in `output`, empty at the file's end; in `seal` what tells this state of the file from others.

        Raises:
            OperationError: There is no regular file of that name in the workspace, or it cannot be read.
        """
        real = self._places.resolve(path)
        if not real.startswith(f"{self._places.root.rstrip('/')}/"):
            raise OperationError(f"{self._name(real)} is not in the workspace.")
        try:
            with open(self._open(real), "rb") as file:
                status = os.fstat(file.fileno())
                file.seek(begin)
                piece = file.read(FETCH_BYTES)
        except OSError as error:
            raise self._places.refusal(real, error) from error
        state = f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"
        return Result(ok=True, output=binascii.b2a_base64(piece, newline=False).decode(), seal=state)

    def rewriting(self, path: str, content: str) -> Change:
        """What writing a whole file would change; nothing is touched.

        Raises:
            OperationError: It cannot be written.
        """
        real = self._places.resolve(path)
        data = _encode(content)
        there = self._exists(real)
        before = self._content(real) if there else None
        report = f"{'Wrote' if there else 'Created'} {self._name(real)} ({len(data):,} bytes)."
        return Change(real, there, before, content, data, report)

    def editing(self, path: str, old: str, new: str, *, everywhere: bool) -> Change:
        """What an edit would change; nothing is touched.

        Raises:
            OperationError: It does not match as it has to, or the file cannot be read.
        """
        real = self._places.resolve(path)
        before = self._content(real)
        if before is None:
            raise OperationError(f"{path} is too large to edit.")
        if "\r\n" in before and "\r" not in old:
            old, new = old.replace("\n", "\r\n"), re.sub("\r?\n", "\r\n", new)
        matches = _matches(before, old, new, everywhere=everywhere)
        after = before.replace(old, new)
        where = "one place" if matches == 1 else f"{matches} places"
        return Change(real, True, before, after, _encode(after), f"Edited {self._name(real)} in {where}.")

    def make(self, change: Change) -> Result:
        """Write what a change amounts to.

        Raises:
            OperationError: It cannot be written.
        """
        try:
            os.makedirs(os.path.dirname(change.real), exist_ok=True)
            _replace(change.real, change.data)
        except OSError as error:
            raise self._places.refusal(change.real, error, writing=True) from error
        return Result(ok=True, output=change.report, diff=self._diff(change))

    def preview(self, change: Change) -> Result:
        """What making a change would answer, and what names the file as it is now; nothing is touched.

        Raises:
            OperationError: It could not be written.
        """
        try:
            self._require_writable(change.real, there=change.there)
            seal = _seal(change)
        except OSError as error:
            raise self._places.refusal(change.real, error, writing=True) from error
        name = self._places.shorten(change.real)
        return Result(ok=True, output=change.report, diff=self._diff(change), path=name, seal=seal)

    def _diff(self, change: Change) -> str:
        if change.there and change.before is None:
            return ""
        return unified(change.before, change.after, self._name(change.real))

    def _name(self, real: str) -> str:
        return visible(self._places.shorten(real))

    def _exists(self, real: str) -> bool:
        """Whether something bears this name.

        Raises:
            OperationError: Nothing ever can.
        """
        try:
            os.lstat(real)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._places.refusal(real, error, writing=True) from error
        return True

    def _require_writable(self, real: str, *, there: bool) -> None:
        """See that a file could be written, as far as that can be told without writing.

        Raises:
            OSError: It could not.
        """
        if not self._places.may_write(real):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        above = os.path.dirname(real)
        while not os.path.lexists(above):
            above = os.path.dirname(above)
        if not os.path.isdir(above):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(above, os.W_OK | os.X_OK) and not (there and os.access(real, os.W_OK)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def _content(self, real: str) -> str | None:
        """What a file to be changed holds, byte for byte; none where it is too large to compare."""
        try:
            with open(self._open(real), "rb") as file:
                data = file.read(_EDIT_BYTES + 1)
        except OSError as error:
            raise self._places.refusal(real, error, writing=True) from error
        return data.decode("utf-8", "surrogateescape") if len(data) <= _EDIT_BYTES else None

    def _open(self, real: str) -> int:
        """Open a regular file, without waiting on anything else that may bear its name."""
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode):
            return descriptor
        os.close(descriptor)
        kind = "a directory" if stat.S_ISDIR(mode) else "no regular file"
        raise OperationError(f"{self._places.shorten(real)} is {kind}.")


def _excerpt(lines: Iterable[bytes], offset: int, limit: int | None) -> str:
    """A bounded part of a file's lines, with a last line that says how to go on where more follow."""
    taken: list[str] = []
    room, number, note = _READ_CHARACTERS, 0, ""
    for number, line in enumerate(lines, start=1):
        if number < offset:
            continue
        shown = visible(line.decode("utf-8", "replace").replace("\r\n", "\n"))
        if limit is not None and number >= offset + limit:
            note = f"more lines follow; go on with offset={number}"
        elif len(shown) <= room:
            taken.append(shown)
            room -= len(shown)
            continue
        elif taken:
            note = f"cut after {_READ_CHARACTERS:,} characters; go on with offset={number}"
        else:
            taken.append(shown[:_READ_CHARACTERS])
            note = f"line {number} is longer than can be shown; go on with offset={number + 1}"
        break
    if not taken and number and offset > number:
        raise OperationError(f"It has only {number} lines.")
    text = "".join(taken)
    if not note:
        return text
    return f"{text}{'' if text.endswith(chr(10)) else chr(10)}[{note}]"


def _seal(change: Change) -> str:
    """Names a file and its content; of one too large to compare, what the system knows of it.

    Raises:
        OSError: It is gone.
    """
    from hashlib import sha256  # 4 ms to import, for previews alone

    if change.before is not None:
        content = sha256(change.before.encode("utf-8", "surrogateescape")).hexdigest()
    elif change.there:
        status = os.stat(change.real)
        content = f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"
    else:
        content = "absent"
    return sha256(f"{content} {change.real}".encode("utf-8", "surrogateescape")).hexdigest()


def _matches(text: str, old: str, new: str, *, everywhere: bool) -> int:
    """How often the text to be replaced occurs.

    Raises:
        OperationError: Not as often as it has to.
    """
    if not old:
        raise OperationError("`old_string` is empty. Use write_file to write a whole file.")
    if old == new:
        raise OperationError("`old_string` and `new_string` are the same.")
    count = text.count(old)
    if count == 0:
        if " ".join(old.split()) in " ".join(text.split()):
            raise OperationError("`old_string` differs in white space from what is there: copy it from read_file.")
        raise OperationError("`old_string` does not occur: read the file again, it may have changed.")
    if count > 1 and not everywhere:
        raise OperationError(
            f"`old_string` occurs {count} times: give more of the lines around it, or set replace_all."
        )
    return count


def _encode(content: str) -> bytes:
    try:
        return content.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise OperationError("The text holds half a character, which cannot be written.") from error


def _replace(real: str, data: bytes) -> None:
    """Put a file's new content in its place at once, keeping its mode.

    Where only the file itself may be written and not its directory, it is overwritten instead.
    Whoever is killed on the way leaves a `.loki-….part`, which goes when the run's branch is next opened.
    """
    temporary = os.path.join(os.path.dirname(real), f".loki-{os.urandom(8).hex()}.part")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS) or not os.path.lexists(real):
            raise
        with open(os.open(real, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC), "wb") as file:
            file.write(data)
        return
    try:
        with open(descriptor, "wb") as file:
            with suppress(FileNotFoundError):
                os.fchmod(descriptor, stat.S_IMODE(os.stat(real).st_mode))
            file.write(data)
        os.replace(temporary, real)
    except OSError:
        os.unlink(temporary)
        raise
