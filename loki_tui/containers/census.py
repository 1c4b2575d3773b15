"""Whose containers there are: labels tell workspace, run and the process whose they are, and so which ones are left.

A container lives as long as the process that speaks to it. One whose process was killed while the engine did not
answer, or before it was started, is found by its label and removed. Work is never in a container: a workspace lies
outside and stays.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from docker.errors import DockerException, NotFound

from loki_tui.containers.engine import Engine, explained
from loki_tui.core.terminal import one_line

WORKSPACE, RUN, KIND, BRAIN = "loki.workspace", "loki.run", "loki.kind", "loki.brain"
_KEPT = "shell"
"""The kind that outlives the process that started it."""
_MOST = 1000
"""Containers that are looked at."""


@dataclass(frozen=True, slots=True)
class Found:
    """A container of ours."""

    id: str
    name: str
    kind: str
    run: str
    state: str
    """As the engine has it, such as `running` or `exited`."""
    orphaned: bool
    """Whether the process that it was started for is gone."""

    @property
    def running(self) -> bool:
        """Whether something runs in it."""
        return self.state == "running"


class Census:
    """Finds and removes containers of ours."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, workspace: Path) -> list[Found]:
        """Every container of a workspace, running or not.

        Raises:
            ConfinementError: The engine does not answer.
        """
        with explained("list its containers"):
            listed = self._engine.api.containers(
                all=True, limit=_MOST, filters={"label": f"{WORKSPACE}={_name_of(workspace)}"}
            )
        return [_found(row) for row in listed]

    def clean(self, workspace: Path) -> list[Found]:
        """Remove those whose process is gone, and shells that have ended; gives what was removed.

        Raises:
            ConfinementError: The engine does not answer.
        """
        gone = [found for found in self.of(workspace) if found.orphaned or (found.kind == _KEPT and not found.running)]
        for found in gone:
            self.remove(found.id)
        return gone

    def inspect(self, container: str) -> Mapping[str, object] | None:
        """What the engine says of a container; none where it is gone by now.

        Raises:
            ConfinementError: The engine does not answer.
        """
        with explained("look at a container"), suppress(NotFound):
            looked: Mapping[str, object] = self._engine.api.inspect_container(container)
            return looked
        return None

    def end(self, container: str, *, seconds: int) -> None:
        """Have a container end by itself, and remove it.

        Raises:
            ConfinementError: The engine does not answer.
        """
        with explained("stop a container"), suppress(NotFound):
            self._engine.api.stop(container, timeout=seconds)
        self.remove(container)

    def remove(self, container: str) -> None:
        """Remove a container, running or not; what it has mounted stays."""
        with suppress(DockerException, OSError):  # gone already, or the next sweep's
            self._engine.api.remove_container(container, v=True, force=True)


def labels_of(workspace: Path, *, run: str, kind: str) -> dict[str, str]:
    """What a container of this process is known by."""
    return {WORKSPACE: _name_of(workspace), RUN: run, KIND: kind, BRAIN: _identity(os.getpid())}


def _name_of(workspace: Path) -> str:
    """A workspace by a name that any label takes."""
    return sha256(os.fsencode(workspace.resolve())).hexdigest()[:16]


def _found(row: Mapping[str, object]) -> Found:
    labels = row.get("Labels")
    known = labels if isinstance(labels, dict) else {}
    names = row.get("Names")
    kind, brain = str(known.get(KIND, "")), str(known.get(BRAIN, ""))
    return Found(
        id=str(row["Id"]),
        name=one_line(str(names[0]).lstrip("/")) if isinstance(names, list) and names else "",
        kind=one_line(kind),
        run=one_line(str(known.get(RUN, ""))),
        state=one_line(str(row.get("State", ""))).lower(),
        orphaned=kind != _KEPT and not _lives(brain),
    )


def _lives(brain: str) -> bool:
    """Whether the process that a label names is still there."""
    pid = brain.partition(".")[0]
    return pid.isascii() and pid.isdigit() and brain == _identity(int(pid))


def _identity(pid: int) -> str:
    """A process by number and time of its start, which no later one shares; nothing where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return f"{pid}.{fields[19]}"
