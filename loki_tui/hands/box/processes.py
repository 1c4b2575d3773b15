"""Every process below the hands: started, told apart, frozen, and ended to the last one.

The hands are the reaper of all their descendants, so nothing escapes by forking twice or by
opening a session of its own: it becomes a child of the hands. An environment variable says
which command an orphan came from; one that wiped it is told by its age.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import NamedTuple

MARK = "HANDS_COMMAND"
"""The environment variable that carries a command's mark."""

_KILL_PATIENCE = 5.0
_TERM_PATIENCE = 0.5
_FREEZE_PATIENCE = 1.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Child(NamedTuple):
    """A command that was started: the leader of its own session."""

    pid: int
    pidfd: int
    output: int
    """Read end of what it and its descendants print, both streams in order."""
    mark: str
    since: int
    """When it was started, in clock ticks since boot."""


class Plumbing(NamedTuple):
    """What a program that is talked with has in place of a command's."""

    source: int
    """Read end of its input."""
    sink: int
    """Write end for what it complains about."""
    environment: dict[str, str]
    """Beside what commands see."""


class Process(NamedTuple):
    """A line of the process table."""

    pid: int
    state: str
    parent: int
    since: int

    @property
    def held(self) -> bool:
        """Whether it stands still, or is no more than a name."""
        return self.state in "TtZX"


class Processes:
    """The processes below this one.

    Args:
        environment: What commands see, whole.
        mark: Tells this box's processes from all others.
        prepare: Run once in the thread that starts commands, before the first.
    """

    def __init__(self, environment: dict[str, str], mark: str, *, prepare: Callable[[], None]) -> None:
        self._environment = environment
        self._mark = mark
        self._lock = threading.RLock()
        self._leaders: dict[int, str] = {}
        self._stopped: list[Process] = []
        self._frozen_at: float | None = None
        self._frozen_for = 0.0
        self._closed = False
        self._orders: SimpleQueue[tuple[list[str], str, Plumbing | None, SimpleQueue[Child | OSError | ValueError]]] = (
            SimpleQueue()
        )
        self._prepare = prepare
        threading.Thread(target=self._start_ordered, name="starter", daemon=True).start()

    # -- starting -------------------------------------------------------------------------------

    def spawn(self, argv: list[str], name: str, *, plumbing: Plumbing | None = None) -> Child:
        """Start a command in a session of its own, without input unless it has plumbing.

        Args:
            argv: The program's absolute path and its arguments.
            name: Unique among this box's commands.
            plumbing: How it is talked with.

        Raises:
            OSError: The system refuses.
            ValueError: The arguments cannot be passed to a program.
        """
        reply: SimpleQueue[Child | OSError | ValueError] = SimpleQueue()
        self._orders.put((argv, f"{self._mark}.{name}", plumbing, reply))
        started = reply.get()
        if isinstance(started, OSError | ValueError):
            raise started
        return started

    def _start_ordered(self) -> None:
        """Start what is ordered, in the one thread whose limits commands inherit."""
        self._prepare()
        while True:
            argv, mark, plumbing, reply = self._orders.get()
            try:
                reply.put(self._start(argv, mark, plumbing))
            except (OSError, ValueError) as error:
                reply.put(error)

    def _start(self, argv: list[str], mark: str, plumbing: Plumbing | None) -> Child:
        output, sink = os.pipe()
        nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
        actions = [
            (os.POSIX_SPAWN_DUP2, plumbing.source, 0) if plumbing else nothing,
            (os.POSIX_SPAWN_DUP2, sink, 1),
            (os.POSIX_SPAWN_DUP2, plumbing.sink if plumbing else sink, 2),
        ]
        extra = plumbing.environment if plumbing else {}
        since = int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS) - 1
        try:
            with self._lock:  # nobody looks at the table while a child has not got its own program yet
                if self._closed:
                    raise ProcessLookupError("the hands are closing")
                pid = os.posix_spawn(
                    argv[0],
                    argv,
                    self._environment | extra | {MARK: mark},
                    file_actions=actions,
                    setsid=True,
                    setsigmask=(),
                    setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
                )
                self._leaders[pid] = mark
                if self.frozen:
                    self._hold([process] if (process := _process(pid)) else [])
        except (OSError, ValueError):
            os.close(output)
            raise
        finally:
            os.close(sink)
        return Child(pid, os.pidfd_open(pid), output, mark, since)

    # -- ending ---------------------------------------------------------------------------------

    def terminate(self, child: Child) -> None:
        """Ask a command and all it started to end."""
        for process in self._tree_of(child):
            _signal(process, signal.SIGTERM)

    def see_off(self, child: Child, *, seconds: float) -> None:
        """Let what a command started end by itself, for so long at the most.

        Its leader is often gone at once, and git, for one, leaves its locks behind where it is killed.
        """
        _see_off(lambda: self._tree_of(child), seconds=seconds)

    def finish(self, child: Child) -> int:
        """End whatever there still is of a command, at once, and collect it.

        Returns:
            Its exit code; negative where a signal ended it.
        """
        if self._closed:  # whoever ends everything does it more gently
            return self.collect(child)
        signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)
        status = self.collect(child)
        if not self._childless():
            _end_all(lambda: self._tree_of(child))
        return status

    def collect(self, child: Child) -> int:
        """Wait for a command's leader to end by itself.

        Returns:
            Its exit code; negative where a signal ended it.
        """
        status = os.waitpid(child.pid, 0)[1]
        with self._lock:
            del self._leaders[child.pid]
        os.close(child.pidfd)
        return os.waitstatus_to_exitcode(status)

    def end_everything(self) -> None:
        """End every process below this one; none is started any more."""
        with self._lock:
            self._closed = True
        if self._childless():
            return  # an orphan would be a child of this process, so there is nobody to look for
        for process in self._alive():
            _signal(process, signal.SIGTERM)
        _see_off(self._alive, seconds=_TERM_PATIENCE)
        _end_all(self._alive)

    def _alive(self) -> list[Process]:
        return [process for process in self._below() if process.state not in "ZX"]

    def _tree_of(self, child: Child) -> list[Process]:
        """What lives of a command: its descendants, and orphans that are or may be its own."""
        return [process for process in self._below(child) if process.state not in "ZX"]

    def _childless(self) -> bool:
        """Whether nothing at all runs below: the usual case, for the price of one system call."""
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        return False

    def _below(self, child: Child | None = None) -> list[Process]:
        """Descendants of this process, of one command or all; dead orphans are collected on the way."""
        with self._lock:
            families: dict[int, list[Process]] = {}
            for process in _table():
                families.setdefault(process.parent, []).append(process)
            found: list[Process] = []
            heirs = [process for process in families.get(os.getpid(), ()) if self._concerns(process, child)]
            while heirs:
                process = heirs.pop()
                found.append(process)
                heirs += families.get(process.pid, ())
            return found

    def _concerns(self, process: Process, child: Child | None) -> bool:
        """Whether a direct child of the hands, and so all below it, belongs to a command (or to any)."""
        if process.state == "Z" and process.pid not in self._leaders:
            with suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
            return False
        if child is None:
            return True
        leader = self._leaders.get(process.pid)
        mark = leader or _mark_of(process.pid)
        if mark is None:
            return process.since >= child.since
        return mark == child.mark

    # -- standing still -------------------------------------------------------------------------

    def now(self) -> float:
        """Seconds from some moment, not counting those spent frozen."""
        frozen_at = self._frozen_at
        return (time.monotonic() if frozen_at is None else frozen_at) - self._frozen_for

    @property
    def frozen(self) -> bool:
        """Whether everything is held."""
        return self._frozen_at is not None

    def freeze(self) -> None:
        """Hold every process where it is."""
        if self.frozen:
            return
        with self._lock:
            self._frozen_at = time.monotonic()
        deadline = time.monotonic() + _FREEZE_PATIENCE
        while (running := [each for each in self._below() if not each.held]) and time.monotonic() < deadline:
            self._hold(running)
            time.sleep(0.001)  # a stop takes effect when the process is next scheduled

    def _hold(self, processes: list[Process]) -> None:
        for process in processes:
            _signal(process, signal.SIGSTOP)
        self._stopped += processes

    def thaw(self) -> None:
        """Let those go on that were held."""
        with self._lock:
            if self._frozen_at is None:
                return
            for process in self._stopped:
                _signal(process, signal.SIGCONT)
            self._stopped.clear()
            self._frozen_for += time.monotonic() - self._frozen_at
            self._frozen_at = None


def end_marked(mark: str) -> None:
    """End what is left of hands that died without ending it themselves; for the engine's side."""
    _end_all(lambda: [each for each in _table() if (_mark_of(each.pid) or "").startswith(f"{mark}.")])


def _see_off(processes: Callable[[], list[Process]], *, seconds: float) -> None:
    """Wait until none is left, for so long at the most."""
    deadline = time.monotonic() + seconds
    while (left := processes()) and time.monotonic() < deadline:
        _await_end(left[0])


def _end_all(victims: Callable[[], list[Process]]) -> None:
    """Kill until nobody is left, for a bounded time: a process may fork while it is looked for."""
    deadline = time.monotonic() + _KILL_PATIENCE
    while (left := victims()) and time.monotonic() < deadline:
        for process in left:
            _signal(process, signal.SIGKILL)
        for process in left:
            _await_end(process)


def _signal(process: Process, number: signal.Signals) -> None:
    """Signal a process, and never another that has got its number."""
    with _handle(process) as handle, suppress(OSError):
        if handle is not None:
            signal.pidfd_send_signal(handle, number)


def _await_end(process: Process) -> None:
    """Wait a moment for a process to be gone."""
    with _handle(process) as handle:
        if handle is not None:
            poller = select.poll()
            poller.register(handle, select.POLLIN)
            poller.poll(100)


@contextmanager
def _handle(process: Process) -> Iterator[int | None]:
    """A descriptor of exactly this process; none where it is gone."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        yield None
        return
    try:
        same = _process(process.pid)
        yield handle if same and same.since == process.since else None
    finally:
        os.close(handle)


def _table() -> Iterator[Process]:
    for name in os.listdir("/proc"):
        if name.isdigit() and (process := _process(int(name))):
            yield process


def _process(pid: int) -> Process | None:
    """A process as `proc_pid_stat(5)` shows it; none when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            line = file.read()
    except OSError:
        return None
    fields = line[line.rindex(b")") + 2 :].split()
    return Process(pid, fields[0].decode(), int(fields[1]), int(fields[19]))


def _mark_of(pid: int) -> str | None:
    """The mark a process carries; none where it wiped it or does not show it."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            entries = file.read().split(b"\0")
    except OSError:
        return None
    prefix = f"{MARK}=".encode()
    return next((entry[len(prefix) :].decode(errors="replace") for entry in entries if entry.startswith(prefix)), None)
