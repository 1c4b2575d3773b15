"""A person's shell in a container: a real terminal within, this one outside, and bytes between the two."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import socket
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from docker.errors import DockerException

from loki_tui.containers.engine import Engine, explained
from loki_tui.core.errors import UsageError

_CHUNK = 1 << 16
_LOGIN = ("/bin/sh", "-c", "exec $(command -v bash || echo sh)")
"""Bash where the image has one."""


def open_shell(engine: Engine, container: str, *, directory: str, command: tuple[str, ...] = ()) -> int:
    """Run a shell, or a command, in a container, on this process's terminal.

    Args:
        engine: The container engine.
        container: Its id.
        directory: Where it begins.
        command: What is run in place of a shell.

    Returns:
        What it exited with.

    Raises:
        ConfinementError: The engine refuses.
        UsageError: There is neither a terminal nor a command.
    """
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if not terminal and not command:
        raise UsageError(
            "A shell takes a terminal, and this is none.", hint="Name a command: loki sandbox shell -- COMMAND"
        )
    with explained("open a shell"):
        made = engine.api.exec_create(
            container,
            list(command or _LOGIN),
            stdin=terminal,
            tty=terminal,
            workdir=directory,
            environment={"TERM": os.environ.get("TERM", "xterm")} if terminal else {},
        )
        if terminal:
            _interact(engine, made["Id"])
        else:
            _print_out(engine, made["Id"])
        code = engine.api.exec_inspect(made["Id"])["ExitCode"]
    return int(code) if code is not None else 1


def _interact(engine: Engine, shell: str) -> None:
    attached = engine.api.exec_start(shell, tty=True, socket=True)
    assert isinstance(attached, socket.SocketIO)
    connection = socket.socket(fileno=os.dup(attached.fileno()))
    getattr(attached, "_response", attached).close()

    def fit() -> None:
        size = shutil.get_terminal_size()
        with suppress(DockerException, OSError):  # it has just ended
            engine.api.exec_resize(shell, height=size.lines, width=size.columns)

    with connection, _raw_terminal(), _told_of_size(fit):
        fit()
        _carry(connection)


def _carry(connection: socket.socket) -> None:
    """Bytes both ways, until the shell hangs up."""
    connection.setblocking(True)
    with selectors.DefaultSelector() as ready:
        ready.register(connection, selectors.EVENT_READ)
        ready.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is connection:
                    said = connection.recv(_CHUNK)
                    if not said:
                        return
                    _write(said)
                elif typed := os.read(sys.stdin.fileno(), _CHUNK):
                    connection.sendall(typed)
                else:
                    ready.unregister(sys.stdin)
                    connection.shutdown(socket.SHUT_WR)


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]


def _print_out(engine: Engine, shell: str) -> None:
    """What a command says, without a terminal on either side."""
    for said, complained in engine.api.exec_start(shell, stream=True, demux=True):
        for text, stream in ((said, sys.stdout), (complained, sys.stderr)):
            if text:
                stream.buffer.write(text)
                stream.flush()


@contextmanager
def _raw_terminal() -> Iterator[None]:
    """Every key goes through as it is; the terminal is given back as it was."""
    before = termios.tcgetattr(sys.stdin)
    tty.setraw(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


@contextmanager
def _told_of_size(fit: Callable[[], None]) -> Iterator[None]:
    before = signal.signal(signal.SIGWINCH, lambda *_: fit())
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
