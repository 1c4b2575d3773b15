"""The kernel lock that makes an engine the only writer of its project.

The lock is `flock` on a file that is never unlinked: it ends with its process however that dies, so
there is nothing stale to clean up and no process id to trust. What the file says is for people.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from loki_tui.core.errors import BusyError, UsageError
from loki_tui.store.files import writing
from loki_tui.store.paths import StateDirectory
from loki_tui.store.seat import Seat

_PATIENCE_SECONDS = 0.25
"""How long to ride out another process that only looks whether the lock is held."""
_RETRY_SECONDS = 0.02


class Holder(Seat):
    """The process that holds a project, as it described itself; empty where it had no time to."""

    pid: int | None = None
    started: int | None = None
    """Clock ticks after boot: tells it from a later process with the same id."""
    run: str = ""

    @property
    def in_sight(self) -> bool:
        """Whether its process id means that process here; not of another machine, or another container."""
        return self.pid is not None and self.is_here


class EngineLock:
    """Held while an engine lives."""

    def __init__(self, descriptor: int, *, state: StateDirectory, run: str) -> None:
        self._descriptor: int | None = descriptor
        self.state = state
        self.run = run

    @classmethod
    def acquire(cls, state: StateDirectory, *, run: str) -> Self:
        """Become the only writer; creates the state directory if need be.

        Raises:
            BusyError: Another engine is.
            UsageError: The state directory cannot be written, or belongs to another workspace.
            JournalError: The disk is full.
        """
        state.prepare()
        with writing(state.lock):
            descriptor = os.open(state.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor, state=state)
            with writing(state.lock):
                _describe(descriptor, run=run)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor, state=state, run=run)

    def release(self) -> None:
        """Let another engine in."""
        if self._descriptor is None:
            return
        # Said outright: a child that is just being started holds a copy until it has become its program.
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)
        self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def engine_holder(state: StateDirectory) -> Holder | None:
    """Who holds the project right now; none where no engine lives.

    Raises:
        UsageError: The lock may not be looked at.
    """
    try:
        descriptor = os.open(state.lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(
            f"The lock {state.lock} cannot be read: {error.strerror}.",
            hint="Ask as the user who started Loki.",
        ) from error
    try:
        return _held_by(descriptor)
    finally:
        os.close(descriptor)


def _held_by(descriptor: int) -> Holder | None:
    try:
        # Shared, so that two who look never mistake each other for an engine.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    return None


def _lock(descriptor: int, *, state: StateDirectory) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise _busy(_read(descriptor), state=state) from error
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _busy(holder: Holder, *, state: StateDirectory) -> BusyError:
    who = f"process {holder.pid} on {holder.host}" if holder.pid else "another process"
    what = f"run {holder.run}" if holder.run else "a run"
    return BusyError(
        f"Loki is already at work on {state.workspace}: {who} holds {what}.",
        hint="`loki status` shows it, `loki stop` ends it.",
    )


def _describe(descriptor: int, *, run: str) -> None:
    holder = Holder.here().model_copy(update={"pid": os.getpid(), "started": _start_time(), "run": run})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, holder.model_dump_json().encode() + b"\n", 0)


def _read(descriptor: int) -> Holder:
    try:
        return Holder.model_validate_json(os.pread(descriptor, 4096, 0))
    except ValidationError:
        return Holder()


def _start_time() -> int:
    """Field 22 of proc(5)'s stat; counted after the name, which may hold anything."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return int(fields[19])
