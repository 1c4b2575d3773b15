"""Programs that are talked with: an agent of somebody else's, which reads requests and writes answers by lines.

Apart from commands because these have an input, say as much as they like for hours, and keep what they complain
about away from what they say. They end like commands: with everything that they started.
"""

from __future__ import annotations

import codecs
import errno
import os
import select
import threading
from contextlib import suppress
from queue import SimpleQueue

from loki_tui.hands.box.commands import Job
from loki_tui.hands.box.processes import Child, Plumbing, Processes
from loki_tui.hands.box.protocol import Message, OperationError, Result, nested, text

_CHUNK = 1 << 16
_COMPLAINT_BYTES = 4000
"""How much of the end of what it complains about is told."""
_NOT_EXECUTABLE, _NOT_FOUND = 126, 127
_GRACE = 2.0
"""Seconds to end by itself once its input has ended, or it was told to."""


class Talks:
    """The programs that are talked with, each by the number of the request that started it.

    Args:
        processes: Starts and ends them.
    """

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._feeds: dict[int, SimpleQueue[bytes | None]] = {}

    def open(self, number: int) -> None:
        """A program is about to be started: what is said from now on reaches it."""
        self._feeds[number] = SimpleQueue()

    def feed(self, number: int, said: str | None) -> None:
        """Say something to a program; nothing more is to come where that is none. Too late is no error."""
        if (queue := self._feeds.get(number)) is not None:
            queue.put(None if said is None else said.encode("utf-8", "replace"))

    def run(self, job: Job, given: Message) -> Result:
        """Start a program and pass on what it says until it has ended.

        Raises:
            OperationError: It cannot be started, and may be another time.
        """
        queue = self._feeds[job.number]
        try:
            return self._run(job, given, queue)
        finally:
            del self._feeds[job.number]
            queue.put(None)

    def _run(self, job: Job, given: Message, queue: SimpleQueue[bytes | None]) -> Result:
        argv = given.get("argv")
        if not isinstance(argv, list) or not argv:
            raise OperationError("`argv` must be a list.")
        extra = {name: text(nested(given, "environment"), name) for name in nested(given, "environment")}
        source, feed = os.pipe()
        complaints, sink = os.pipe()
        try:
            child = self._processes.spawn(
                [str(word) for word in argv], str(job.number), plumbing=Plumbing(source, sink, extra)
            )
        except (OSError, ValueError) as error:
            for descriptor in (feed, complaints):
                os.close(descriptor)
            return _not_started(str(argv[0]), error)
        finally:
            os.close(source)
            os.close(sink)
        threading.Thread(target=_write, args=(queue, feed), daemon=True).start()
        return _Talk(job, child, self._processes).hold(complaints)


def _not_started(program: str, error: OSError | ValueError) -> Result:
    """What a shell would say of a program that is none, with its exit codes.

    Raises:
        OperationError: It was not the program's fault.
    """
    said = f"{program} cannot be started: {os.strerror(error.errno or 0) if isinstance(error, OSError) else error}."
    match error:
        case OSError(errno=errno.ENOENT) if os.path.exists(program):
            return Result(ok=False, output=f"{said} It names an interpreter that is not here.", exit_code=_NOT_FOUND)
        case OSError(errno=errno.ENOENT):
            return Result(ok=False, output=said, exit_code=_NOT_FOUND)
        case OSError(errno=errno.EACCES | errno.ENOEXEC | errno.ENOTDIR | errno.ELOOP):
            return Result(ok=False, output=said, exit_code=_NOT_EXECUTABLE)
        case _:
            raise OperationError(said) from error


class _Talk:
    def __init__(self, job: Job, child: Child, processes: Processes) -> None:
        self._job = job
        self._child = child
        self._processes = processes
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._complaint = bytearray()

    def hold(self, complaints: int) -> Result:
        """Be between the program and the engine until it has ended."""
        began = self._processes.now()
        try:
            self._pass_on(complaints)
        finally:
            status = self._end()
            self._rest(complaints)
        said = bytes(self._complaint).decode("utf-8", "replace")
        code = status if status >= 0 else 128 - status
        return Result(ok=status == 0, output=said, exit_code=code, seconds=self._processes.now() - began)

    def _pass_on(self, complaints: int) -> None:
        """Until it is gone, is to go, or has closed both of its outputs."""
        poller = select.poll()
        for descriptor in (self._child.output, complaints, self._child.pidfd, self._job.wakeup):
            poller.register(descriptor, select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poller.poll()]
            if self._job.wakeup in ready:
                os.eventfd_read(self._job.wakeup)
                if self._job.cancelled:
                    return
            for descriptor in (self._child.output, complaints):
                if descriptor in ready and not self._take(descriptor, complaints):
                    poller.unregister(descriptor)
            if ready == [self._child.pidfd]:
                return

    def _take(self, descriptor: int, complaints: int) -> bool:
        chunk = os.read(descriptor, _CHUNK)
        if descriptor == complaints:
            self._complaint = (self._complaint + chunk)[-_COMPLAINT_BYTES:]
        elif self._job.send and (said := self._decoder.decode(chunk)):
            self._job.send(said)
        return bool(chunk)

    def _end(self) -> int:
        """End it and all that it started, gently where it takes that."""
        processes = self._processes
        if not processes.frozen:
            processes.terminate(self._child)
            processes.see_off(self._child, seconds=_GRACE)
        return processes.finish(self._child)

    def _rest(self, complaints: int) -> None:
        for descriptor in (self._child.output, complaints):
            os.set_blocking(descriptor, False)
            with suppress(BlockingIOError):
                while self._take(descriptor, complaints):
                    pass
            os.close(descriptor)


def _write(queue: SimpleQueue[bytes | None], feed: int) -> None:
    """Say what is to be said as fast as the program listens; closes its input."""
    try:
        while (said := queue.get()) is not None:
            rest = memoryview(said)
            while rest:
                rest = rest[os.write(feed, rest) :]
    except OSError:
        pass
    finally:
        os.close(feed)
