"""A process in the foreground of a terminal that may go on after the terminal is given back.

A shell waits for the process it started. So that one goes on waiting only: it forks first, while it
is small and has no threads, and the child does everything. When the child wants to work on without
a terminal, it leaves the session and says so, and the parent returns to the shell. Nothing the
child holds (the lock, connections, running commands) is interrupted by that. In a container there is
no shell to return to, and all that runs there would end with the parent: it stays.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from loki_tui.cli.output import remark
from loki_tui.core.errors import ExitCode, UsageError

GoOn = Callable[[Path], None]
"""Gives the terminal back; what is printed from then on goes to this file."""

_WENT_ON = b"d"

_INITS = frozenset({"docker-init", "podman-init", "catatonit", "tini", "dumb-init"})
"""What is put before the program of a container, and ends with it."""


def ends_container() -> bool:
    """Whether a container ends with this process: it is the first one there, or what an init there waits for."""
    if os.getpid() == 1:
        return True
    return os.getppid() == 1 and Path("/proc/1/comm").read_text().strip() in _INITS


def require_outliving(hint: str) -> None:
    """See that a process in the background would outlive this one.

    Raises:
        UsageError: It would not.
    """
    if ends_container():
        raise UsageError("Nothing goes on in the background here: the container ends with this process.", hint=hint)


def in_foreground(main: Callable[[GoOn], int]) -> int:
    """Run something in a child that has the terminal.

    Args:
        main: What to run; it is handed what gives the terminal back.

    Returns:
        What the child exited with; where it went on without a terminal that is `INTERRUPTED`, since
        nothing is completed yet. The child itself does not return.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        # What the caller does afterwards is for the parent alone.
        raise SystemExit(main(lambda log: _go_on(writer, log)))
    os.close(writer)
    # Keys that signal go to both; the child decides what they mean.
    for signum in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(signum, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    if os.read(reader, 1) == _WENT_ON:
        if not ends_container():
            remark(f"The run goes on in the background (process {child}). Watch: loki attach. End: loki stop.")
            return ExitCode.INTERRUPTED
        remark("The run goes on, and this container with it. Leave: ctrl+p ctrl+q. Back: docker exec -it … loki attach")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status


def _go_on(writer: int, log: Path) -> None:
    with suppress(PermissionError):  # it leads a session already
        os.setsid()
    nowhere = os.open(os.devnull, os.O_RDONLY)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    for descriptor, target in ((0, nowhere), (1, written), (2, written)):
        os.dup2(target, descriptor)
    with suppress(BrokenPipeError):  # the parent went with the terminal
        os.write(writer, _WENT_ON)
    os.close(writer)
