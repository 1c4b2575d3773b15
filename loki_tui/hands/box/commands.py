"""Shell commands: run to their end, a timeout or a cancellation, or started in the background."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from loki_tui.hands.box.output import Live, Output
from loki_tui.hands.box.processes import Child, Processes
from loki_tui.hands.box.protocol import OperationError, Result

_GRACE_AFTER_TIMEOUT = 2.0
_GRACE_AFTER_CANCEL = 0.3
_DRAIN = 0.5
"""Seconds that output may take to end once everything that could write it is gone."""
_CHUNK = 1 << 16
_LOG_BYTES = 1 << 20
"""A background command's log is set aside, and the one before it dropped, at this size."""


class Job:
    """One operation under way: how it is woken, cancelled, and how it says something meanwhile."""

    def __init__(self, number: int, send: Callable[[str], None] | None) -> None:
        self.number = number
        self.send = send
        self.cancelled = False
        self.wakeup = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def wake(self) -> None:
        """Make it look at its state again."""
        os.eventfd_write(self.wakeup, 1)

    def cancel(self) -> None:
        """Make it end."""
        self.cancelled = True
        self.wake()

    def close(self) -> None:
        """Let go of the descriptor."""
        os.close(self.wakeup)


class Ending(Enum):
    """Why a command was not waited for any longer."""

    EXITED = "exited"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"


class Finished(NamedTuple):
    """How a command went."""

    output: str
    status: int
    """Exit code; negative where a signal ended it."""
    ending: Ending
    seconds: float


class Commands:
    """Runs commands for jobs.

    Args:
        processes: Starts and ends them.
        shell: Absolute path of a POSIX shell.
        logs: Directory for the logs of background commands.
        explain: What there is to say of refusals that an output tells of.
    """

    def __init__(self, processes: Processes, *, shell: str, logs: str, explain: Callable[[str], str]) -> None:
        self._processes = processes
        self._shell = shell
        self._logs = logs
        self._explain = explain

    def shell(self, job: Job, command: str, *, timeout: float) -> Result:
        """Run a command line to its end."""
        done = self.run(job, self._argv(command), timeout=timeout)
        return Result(
            ok=done.ending is Ending.EXITED and done.status == 0,
            output=_with_lines(done.output, _remark(done, timeout), self._explain(done.output)),
            exit_code=done.status if done.status >= 0 else 128 - done.status,
            seconds=done.seconds,
            timed_out=done.ending is Ending.TIMED_OUT,
        )

    def run(self, job: Job, argv: list[str], *, timeout: float) -> Finished:
        """Run a program to its end, and everything it started with it."""
        processes = self._processes
        began = processes.now()
        child = processes.spawn(argv, str(job.number))
        output = Output()
        live = Live(job.send) if job.send else None

        def take(chunk: bytes) -> None:
            output.add(chunk)
            if live:
                live.add(chunk)

        watch = _Watch(child, job, processes)
        ending = watch.until(began + timeout, take)
        if ending is not Ending.EXITED and not processes.frozen:
            over = processes.now() + (_GRACE_AFTER_CANCEL if ending is Ending.CANCELLED else _GRACE_AFTER_TIMEOUT)
            processes.terminate(child)
            watch.until(over, take)
            processes.see_off(child, seconds=over - processes.now())
        status = processes.finish(child)
        _drain(child.output, take)
        if live:
            live.finish()
        return Finished(output.text(), status, ending, processes.now() - began)

    def start(self, job: Job, command: str) -> Result:
        """Start a command line that goes on after the answer, with a log of its own.

        Raises:
            OperationError: There is no place for its log.
        """
        log = os.path.join(self._logs, f"{job.number}.log")
        try:
            os.makedirs(self._logs, exist_ok=True)
            sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise OperationError(f"The log {log} cannot be written: {error.strerror}.") from error
        child = self._processes.spawn(self._argv(command), str(job.number))
        recorder = _Recorder(log, sink)
        threading.Thread(target=self._attend, args=(child, recorder), name=log, daemon=True).start()
        return Result(ok=True, output=f"Started in the background, pid {child.pid}. It prints to {log}")

    def _attend(self, child: Child, recorder: _Recorder) -> None:
        """Record a background command's output until nobody can write any more."""
        while chunk := os.read(child.output, _CHUNK):
            recorder.add(chunk)
        os.close(child.output)
        recorder.add(f"\n[{_status(self._processes.collect(child))}]\n".encode())
        recorder.close()

    def _argv(self, command: str) -> list[str]:
        """The shell's arguments; without `--` a command that begins with a dash would be an option."""
        try:
            passable = b"\0" not in os.fsencode(command)
        except UnicodeEncodeError:
            passable = False
        if not passable:
            raise OperationError("A command cannot contain a NUL or half a character.")
        return [self._shell, "-c", "--", command]


class _Watch:
    """Waits for a command, taking in what it prints."""

    def __init__(self, child: Child, job: Job, processes: Processes) -> None:
        self._child = child
        self._job = job
        self._processes = processes
        self._poller = select.poll()
        for descriptor in (child.output, child.pidfd, job.wakeup):
            self._poller.register(descriptor, select.POLLIN)

    def until(self, deadline: float, take: Callable[[bytes], None]) -> Ending:
        """Wait for the end, a deadline that stands still while frozen, or a fresh cancellation."""
        while True:
            left = deadline - self._processes.now()
            if left <= 0:
                return Ending.TIMED_OUT
            ready = self._poller.poll(None if self._processes.frozen else min(left * 1000 + 1, 1e8))
            descriptors = [descriptor for descriptor, _ in ready]
            if self._job.wakeup in descriptors:
                os.eventfd_read(self._job.wakeup)
                if self._job.cancelled:
                    return Ending.CANCELLED
            if self._child.pidfd in descriptors:  # first: what it left behind may print for ever
                return Ending.EXITED
            if self._child.output in descriptors:
                self._take(take)

    def _take(self, take: Callable[[bytes], None]) -> None:
        if chunk := os.read(self._child.output, _CHUNK):
            take(chunk)
        else:
            self._poller.unregister(self._child.output)


class _Recorder:
    """Writes a log that never takes more than two files of a fixed size."""

    def __init__(self, path: str, sink: int) -> None:
        self._path = path
        self._sink = sink
        self._size = 0

    def add(self, chunk: bytes) -> None:
        """Append; what cannot be written (a full disk) is dropped, so that the command goes on."""
        try:
            if self._size + len(chunk) > _LOG_BYTES:
                self._turn_over()
            self._size += os.write(self._sink, chunk)
        except OSError:
            return

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._sink)

    def _turn_over(self) -> None:
        os.replace(self._path, f"{self._path}.1")
        fresh = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        os.close(self._sink)
        self._sink, self._size = fresh, 0


def _drain(output: int, take: Callable[[bytes], None]) -> None:
    """Take in what is left in the pipe; whoever was spared may hold it open, so for a bounded time."""
    deadline = time.monotonic() + _DRAIN
    poller = select.poll()
    poller.register(output, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0 and poller.poll(left * 1000):
        chunk = os.read(output, _CHUNK)
        if not chunk:
            break
        take(chunk)
    os.close(output)


def _remark(done: Finished, timeout: float) -> str:
    """What a model has to know beyond the output; nothing where all went well."""
    if done.ending is Ending.EXITED:
        if done.status == 0:
            return ""
        remark = _status(done.status)
    else:
        how = "cancelled" if done.ending is Ending.CANCELLED else f"timed out after {timeout:g} s"
        remark = f"{how}; the command and everything it started were ended"
    return f"[{remark}]"


def _with_lines(output: str, *remarks: str) -> str:
    """An output with remarks on lines of their own after it."""
    said = "\n".join(filter(None, remarks))
    separator = "\n" if said and output and not output.endswith("\n") else ""
    return f"{output}{separator}{said}"


def _status(status: int) -> str:
    if status >= 0:
        return f"exit code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = "unknown"
    return f"ended by signal {-status} ({name})"
