"""What a SIGKILL at a moment of a run would leave on disk, taken without killing anybody.

An engine stops itself at a moment, threads and all (`stop_here`). Whoever started it then stops its descendants, so
that nothing moves any more, copies the place, and lets all of them go on (`accompany`). One life so yields what as many
deaths would leave, and each of these can be resumed from. A kernel that has taken a write keeps it when the writer is
killed, so the files that others see are the files that are left.

What this cannot show are the dead themselves: their hands that live on for a moment, and the locks they held. Those
are seen where engines are really killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_BESIDE_THE_POINT = frozenset({"heartbeat.json", "journal.db-shm"})
"""Files that say nothing to an engine that takes the run up: what time it was, and which page of the write-ahead log
is where, which SQLite works out anew when the first of all processes opens a database."""
_MOMENTS = "moments.jsonl"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a run at which its engine might be killed."""

    name: str
    """Unique in its run."""
    still: Path
    """The place as it lay there; the same path for moments between which nothing changed."""

    @property
    def kind(self) -> str:
        """On which side of its append it is."""
        return self.name.split()[0]


def first_of_each(moments: Sequence[Moment]) -> list[Moment]:
    """The moments at which something is new: one for each still."""
    first: dict[Path, Moment] = {}
    for moment in moments:
        first.setdefault(moment.still, moment)
    return list(first.values())


def put_back(moment: Moment, place: Path) -> None:
    """Have the place as it was at a moment. Where it was, since much in it knows its own path; once."""
    shutil.rmtree(place)
    moment.still.rename(place)


def stop_here(name: str, *, tell: int) -> None:
    """Stop this process, whole, until it is told to go on.

    Args:
        name: What to call the moment.
        tell: A pipe to whoever accompanies this process.
    """
    os.write(tell, f"{name}\n".encode())
    os.kill(os.getpid(), signal.SIGSTOP)


def accompany(pid: int, told: int, *, place: Path, into: Path) -> int:
    """Take a still of a place whenever a child of this process has stopped itself; wait for the child's end.

    Args:
        pid: The child.
        told: The other end of its pipe.
        place: What to copy.
        into: A new directory for the stills and the list of moments.

    Returns:
        What the child ended with: a status, or the negative number of a signal.
    """
    assert Path(f"/proc/self/task/{os.getpid()}/children").exists(), "this kernel does not tell who descends from whom"
    into.mkdir()
    known: dict[str, str] = {}
    while True:
        status = os.waitpid(pid, os.WUNTRACED)[1]
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        stopped = _stop_below(pid)
        name = os.read(told, 4096).decode().strip()
        digest = digest_of(place)
        if digest not in known:
            known[digest] = str(len(known) + 1)
            shutil.copytree(place, into / known[digest], symlinks=True)
        with (into / _MOMENTS).open("a") as file:
            file.write(json.dumps([name, known[digest]]) + "\n")
        for process in (*stopped, pid):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def read_moments(into: Path) -> list[Moment]:
    """All moments of a life, in order."""
    lines = (into / _MOMENTS).read_text().splitlines()
    return [Moment(name, into / still) for name, still in map(json.loads, lines)]


def digest_of(place: Path) -> str:
    """Names all that lies below a directory: paths, modes, links and contents, but no times."""
    whole = hashlib.sha256()
    for path in sorted(place.rglob("*")):
        if path.name in _BESIDE_THE_POINT:
            continue
        mode = path.lstat().st_mode
        content = b""
        if stat.S_ISLNK(mode):
            content = os.fsencode(path.readlink())
        elif stat.S_ISREG(mode):
            content = path.read_bytes()
        for part in (os.fsencode(path.relative_to(place)), str(mode).encode(), content):
            whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()


def _stop_below(pid: int) -> list[int]:
    """Stop every descendant of a process that has stopped; nobody is left who could start another."""
    stopped: list[int] = []
    while running := [child for child in _below(pid) if child not in stopped or _state(child) not in "TtZX"]:
        for child in running:
            if child not in stopped:
                stopped.append(child)
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGSTOP)
        os.sched_yield()  # a stop takes effect when the process is next scheduled
    return stopped


def _below(pid: int) -> Iterator[int]:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has just ended
            for child in map(int, (thread / "children").read_text().split()):
                yield child
                with suppress(OSError):
                    yield from _below(child)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"
