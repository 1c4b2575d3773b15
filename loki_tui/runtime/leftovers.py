"""What runs left behind: processes without an engine, containers of dead runs, locks that nobody holds for good."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from pydantic import JsonValue

from loki_tui.runtime.checks.docker import ContainerEngine
from loki_tui.store.lock import Holder
from loki_tui.store.paths import StateDirectory

RUN_LABEL, KIND_LABEL = "loki.run", "loki.kind"
"""The labels by which a container says which run it belongs to, and what it is for."""

KEPT_KIND = "shell"
"""A person's own box, which outlives what started it."""

LOCK_SECONDS = 300.0
"""No git of ours holds its index for so long."""


@dataclass(frozen=True, slots=True)
class LeftProcess:
    """A process of a run whose engine is gone."""

    pid: int
    name: str
    run: str
    seconds: float
    """How old it is."""


def processes(state: StateDirectory, holder: Holder | None) -> list[LeftProcess]:
    """Processes of agents that belong to no living engine: their home is one that a run of this project made.

    Args:
        state: The project's.
        holder: The living engine; what is below it is no leftover, nor, where it is in a container, what is of its run.
    """
    runs = f"{state.root}{os.sep}runs{os.sep}"
    found = [left for process in psutil.process_iter() for left in _of_run(process, runs, holder)]
    return found if holder is None or holder.in_sight else [left for left in found if left.run != holder.run]


def _of_run(process: psutil.Process, runs: str, holder: Holder | None) -> Iterator[LeftProcess]:
    # It may end at any moment, and other people's do not show what they were given.
    with suppress(psutil.Error, OSError):
        home = process.environ().get("HOME", "")
        if not home.startswith(runs) or process.status() == psutil.STATUS_ZOMBIE:
            return
        if holder is None or not holder.in_sight or holder.pid not in {above.pid for above in process.parents()}:
            run = home.removeprefix(runs).partition(os.sep)[0]
            yield LeftProcess(process.pid, process.name(), run, time.time() - process.create_time())


def containers(engine: ContainerEngine, *, runs: set[str], living: str | None) -> list[str]:
    """Containers of this project's runs that no engine is at work on, by name.

    Args:
        engine: Asked.
        runs: The names of this project's runs.
        living: The run that has an engine, if one has.

    Raises:
        EngineError: The engine cannot be asked.
    """
    return [
        _name(each)
        for each in engine.containers(RUN_LABEL)
        if (run := _label(each, RUN_LABEL)) in runs and run != living and _label(each, KIND_LABEL) != KEPT_KIND
    ]


def _label(container: Mapping[str, JsonValue], name: str) -> str:
    labels = container.get("Labels")
    return str(labels.get(name, "")) if isinstance(labels, dict) else ""


def _name(container: Mapping[str, JsonValue]) -> str:
    names = container.get("Names")
    found = str(names[0]).lstrip("/") if isinstance(names, list) and names else str(container.get("Id", "?"))[:12]
    return found[:80]


def stuck_locks(state: StateDirectory, holder: Holder | None) -> list[tuple[str, str]]:
    """Locks that hold up the next run: what is wrong with each, and what to do.

    Args:
        state: The project's.
        holder: Who holds the engine's lock, if anybody does.
    """
    found = []
    if holder is not None and not described_lives(holder):
        pids = ", ".join(map(str, _openers(state.lock))) or "unknown to this user"
        found.append(
            (
                f"{state.lock} is held, but process {holder.pid} that took it is gone; held by {pids}",
                f"End what holds it: kill {pids}" if pids[0].isdigit() else "End what holds it.",
            )
        )
    for index in (state.workspace / ".git" / "index.lock", state.checkpoints / "index.lock"):
        with suppress(OSError):
            seconds = time.time() - index.stat().st_mtime
            if seconds > LOCK_SECONDS and not _openers(index):
                found.append((f"{index} was left {seconds / 60:.0f} minutes ago by a git that died", f"rm {index}"))
    return found


def described_lives(holder: Holder) -> bool:
    """Whether the process that a lock names lives; one that cannot be looked at from here, in a container say, may."""
    if not holder.in_sight:
        return True
    try:
        fields = Path(f"/proc/{holder.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return holder.started is None or int(fields[19]) == holder.started


def _openers(file: Path) -> list[int]:
    """Processes of this user that have a file open."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            descriptors = Path(f"/proc/{process.pid}/fd")
            if any(entry.readlink() == file for entry in descriptors.iterdir()):
                found.append(process.pid)
    return found
