"""Where a dashboard that is up says so: one for each project, held by a kernel lock as an engine holds its run.

What the file beside the lock says is for commands of the same person: how to reach it, and its token. It lies
in the state directory, which agents cannot read, and nobody else may.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from loki_tui.core.errors import BusyError, LokiError
from loki_tui.core.messages import Frozen
from loki_tui.store.files import write_whole, writing
from loki_tui.store.paths import StateDirectory
from loki_tui.store.seat import Seat

_LOOK = 0.05
_PATIENCE = 0.25
"""How long to ride out another process that only looks whether the lock is held."""


class Standing(Frozen):
    """A dashboard that is up."""

    pid: int
    seat: Seat = Seat()
    """Where that process is: with Loki in containers, not where a command that looks for it is."""
    url: str
    """Where it is reached from this machine."""
    health: str
    """Where its health is asked for."""
    host: str
    port: int
    token: str | None = None
    """None where people sign in elsewhere."""
    cert: str | None = None
    """The certificate it shows."""

    @property
    def entrance(self) -> str:
        """What to open in a browser. The token stands behind `#`, which no browser sends, and no server logs."""
        return f"{self.url}/login#{self.token}" if self.token else f"{self.url}/"


def lock_of(state: StateDirectory) -> Path:
    """Locked while a dashboard is up; never unlinked."""
    return state.root / "dashboard.lock"


def note_of(state: StateDirectory) -> Path:
    """What it says of itself."""
    return state.root / "dashboard.json"


def log_of(state: StateDirectory) -> Path:
    """Where a dashboard in the background writes what it has to say."""
    return state.root / "dashboard.log"


@contextmanager
def held(state: StateDirectory) -> Iterator[None]:
    """Be the project's dashboard.

    Raises:
        BusyError: Another one is.
        UsageError: The state directory cannot be written.
    """
    state.prepare()
    with writing(lock_of(state)):
        descriptor = os.open(lock_of(state), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, state)
        try:
            yield
        finally:
            with suppress(OSError):
                note_of(state).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _take(descriptor: int, state: StateDirectory) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _locked(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            found = standing(state)
            where = f" at {found.url}, process {found.pid}" if found else ""
            raise BusyError(
                f"A dashboard of {state.workspace} is up already{where}.",
                hint="loki dashboard url says how to get there, loki dashboard stop ends it.",
            )
        time.sleep(_LOOK)


def announce(state: StateDirectory, found: Standing) -> None:
    """Say that the dashboard is up.

    Raises:
        UsageError: The state directory cannot be written.
    """
    seated = found.model_copy(update={"seat": Seat.here()})
    with writing(note_of(state)):
        write_whole(note_of(state), seated.model_dump_json().encode())


def standing(state: StateDirectory) -> Standing | None:
    """The dashboard that is up, if one is, and has said so."""
    if not _is_held(state):
        return None
    try:
        return Standing.model_validate_json(note_of(state).read_bytes())
    except (OSError, ValidationError):
        return None


def wait_until_gone(state: StateDirectory, *, patience: float) -> bool:
    """Wait until no dashboard is up any more."""
    deadline = time.monotonic() + patience
    while _is_held(state):
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK)
    return True


def _is_held(state: StateDirectory) -> bool:
    try:
        descriptor = os.open(lock_of(state), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise LokiError(f"{lock_of(state)} cannot be looked at: {error.strerror}.") from error
    try:
        return not _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
