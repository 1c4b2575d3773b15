"""Processes that the tests kill, freeze or run against each other: `python -m tests.store.child JOB STATE …`.

A child says on stdout, a line at a time, what it has been promised is durable.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from loki_tui.core.errors import LokiError
from loki_tui.core.requests import Steer
from loki_tui.store.inbox import post_request
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory
from tests.store.samples import RUN, created, notes, open_journal, request_of_a_model


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def hold(state: StateDirectory) -> None:
    """Hold the lock until stdin ends."""
    with EngineLock.acquire(state, run=RUN):
        say("held")
        sys.stdin.read()


def hold_beside_a_command(state: StateDirectory) -> None:
    """Hold the lock while a command runs, which ends when stdin does."""
    with EngineLock.acquire(state, run=RUN), subprocess.Popen(["cat"], close_fds=False) as command:
        say(command.pid)


def append_for_ever(state: StateDirectory) -> None:
    """Append batches until killed."""
    with open_journal(state) as journal:
        journal.append(created())
        while True:
            durable = journal.append(*notes(20), request_of_a_model(), *notes(20))
            say(durable[-1].seq)


def die_in_append(state: StateDirectory, statement: str) -> None:
    """Kill itself before the given statement of an append."""
    with open_journal(state) as journal:
        say(journal.append(created(), *notes(2))[-1].seq)
        journal._connection.set_trace_callback(_executioner(int(statement)))
        journal.append(*notes(2, first=3), request_of_a_model())
        say("survived")


def _executioner(patience: int) -> Callable[[str], None]:
    seen: list[str] = []

    def trace(statement: str) -> None:
        seen.append(statement)
        if len(seen) == patience:
            os.kill(os.getpid(), signal.SIGKILL)

    return trace


def fill(state: StateDirectory) -> None:
    """Append until the disk is full; then show that everything promised is still there."""
    with open_journal(state) as journal:
        durable = journal.append(created())[-1].seq
        try:
            while True:
                durable = journal.append(*notes(50), request_of_a_model())[-1].seq
        except LokiError as error:
            say(type(error).__name__)
            say(error.message)
        say(sum(1 for _ in journal.records()) == durable == journal.last_seq)
        try:
            journal.put_blob(bytes(2_000_000))
        except LokiError as error:
            say(error.message)
        say(len(list(state.blobs.rglob("*"))))


def begin(state: StateDirectory) -> None:
    """Create a run."""
    try:
        with open_journal(state) as journal:
            journal.append(created())
    except LokiError as error:
        say(type(error).__name__)
        say(error)


def steer(state: StateDirectory, note: str) -> None:
    """Leave a request."""
    say(post_request(state, RUN, Steer(by="child", note=note)))


def append(state: StateDirectory, count: str) -> None:
    """Append single events to a run that was begun, then end."""
    with EngineLock.acquire(state, run=RUN) as lock, SqliteJournal.open(lock) as journal:
        for event in notes(int(count), first=journal.last_seq):
            say(journal.append(event)[0].seq)


JOBS: dict[str, Callable[..., None]] = {
    job.__name__: job
    for job in (hold, hold_beside_a_command, append_for_ever, die_in_append, fill, begin, steer, append)
}

if __name__ == "__main__":
    name, root, *arguments = sys.argv[1:]
    place = Path(root)
    JOBS[name](StateDirectory(root=place, workspace=place.parent / "workspace"), *arguments)
