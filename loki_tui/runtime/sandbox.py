"""The sandbox of a project: a box to look around in, and the boxes of its runs, as `loki sandbox` has them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loki_tui.core.errors import LokiError, UsageError
from loki_tui.core.settings import Settings
from loki_tui.hands.boxing import PACKAGE_IN_BOX
from loki_tui.runtime.boxed import boxes_of, connect, open_workspaces
from loki_tui.runtime.build import demands_of
from loki_tui.runtime.client import RunClient
from loki_tui.runtime.surroundings import Surroundings

if TYPE_CHECKING:
    from loki_tui.containers.census import Found

_STOP_SECONDS = 5
_RUN_SECONDS = 60.0
"""How long a run may take to bring its work to a safe place."""
_LOOK_SECONDS = 0.1
_WITNESS = f"import sys; sys.path.insert(0, {PACKAGE_IN_BOX!r}); from loki_tui.hands.box.witness import main; main()"


@dataclass(frozen=True, slots=True)
class BoxView:
    """A container of this project, as a person sees it."""

    name: str
    kind: str
    run: str
    state: str
    orphaned: bool
    user: str = ""
    holds: tuple[str, ...] = ()
    """What holds it, one phrase each."""
    lacks: tuple[str, ...] = ()
    """What does not though it should; nothing, as Loki makes them."""
    open_ends: tuple[str, ...] = ()
    """What no container holds."""
    writable: tuple[str, ...] = ()
    """Places of this machine that can be written from it."""
    readable: tuple[str, ...] = ()


class Sandbox:
    """The containers of one project.

    Raises:
        ConfinementError: No engine answers.
    """

    def __init__(self, around: Surroundings, settings: Settings) -> None:
        self._around = around
        self._workspace = around.project.workspace
        self._settings = settings.model_copy(update={"confinement": "docker"})
        self._engine = connect(around.environ)
        from loki_tui.containers.census import Census  # noqa: PLC0415 (imports when wanted)

        self._census = Census(self._engine)

    @property
    def engine(self) -> str:
        """Which engine it is."""
        return self._engine.name

    def start(self) -> tuple[str, bool]:
        """Open a box for a person, with what agents have in theirs.

        Returns:
            Its name, and whether it had been open already.

        Raises:
            ConfinementError: The engine refuses, or has no such image.
        """
        from loki_tui.containers.boxes import DockerBoxes  # noqa: PLC0415 (imports when wanted)

        self._census.clean(self._workspace)
        for found in self._census.of(self._workspace):
            if found.kind == "shell" and found.running:
                return found.name, True
        state = self._around.project.state
        state.prepare()
        boxes = boxes_of(self._workspace, self._around.environ, self._settings)
        assert isinstance(boxes, DockerBoxes)
        demands = demands_of(self._around, self._settings, private=state.root / "sandbox")
        workspaces = open_workspaces(demands, self._settings)
        order = workspaces.shell_order(("python3", "-I", "-S", "-X", "utf8", "-c", _WITNESS))
        return boxes.open(order), False

    def views(self) -> list[BoxView]:
        """Every container of this project, with what holds those that run."""
        return [self._view(found) for found in self._found()]

    def _view(self, found: Found) -> BoxView:
        from loki_tui.containers import isolation  # noqa: PLC0415 (imports when wanted)

        view = BoxView(found.name, found.kind, found.run, found.state, found.orphaned)
        looked = self._census.inspect(found.id) if found.running else None
        if looked is None:
            return view
        traits = isolation.isolation_of(looked, seccomp=self._engine.seccomp)
        mounts = isolation.mounts_of(looked)
        return replace(
            view,
            user=isolation.user_of(looked),
            holds=tuple(trait.phrase for trait in traits if trait.holds),
            lacks=tuple(trait.phrase for trait in traits if not trait.holds),
            open_ends=tuple(isolation.open_ends(looked)),
            writable=tuple(path for path, writable in mounts if writable),
            readable=tuple(path for path, writable in mounts if not writable),
        )

    def shell(self, command: tuple[str, ...] = ()) -> int:
        """Open a shell where agents are at work, else in the person's own box.

        Returns:
            What it exited with.
        """
        from loki_tui.containers.shell import open_shell  # noqa: PLC0415 (imports when wanted)

        return open_shell(self._engine, self._choose(), directory=str(self._workspace), command=command)

    def logs(self, *, last: int, follow: bool) -> Iterator[str]:
        """What the box has said."""
        from loki_tui.containers.logs import lines_of  # noqa: PLC0415 (imports when wanted)

        return lines_of(self._engine, self._choose(), last=last, follow=follow)

    def stop(self) -> list[str]:
        """End every container of this project; a run at work in one is brought to a safe place first.

        Returns:
            Names of what is gone. Nothing of the workspace is.

        Raises:
            LokiError: The run does not end.
        """
        there = self._found()
        if any(found.running and not found.orphaned and found.kind != "shell" for found in there):
            self._stop_run()  # which takes its own with it
        left = self._found()
        for found in left:
            self._census.end(found.id, seconds=_STOP_SECONDS)
        return list(dict.fromkeys(found.name for found in (*there, *left)))

    def _found(self) -> list[Found]:
        return self._census.of(self._workspace)

    def _choose(self) -> str:
        running = [found for found in self._found() if found.running]
        for kind in ("agent", "shell"):
            for found in running:
                if found.kind == kind:
                    return found.id
        raise UsageError(f"No sandbox runs for {self._workspace}.", hint="Start one: loki sandbox start")

    def _stop_run(self) -> None:
        holder = self._around.project.engine()
        if holder is None:
            return  # hands of a command that measures: they end with it
        client = RunClient(self._around.project, holder.run)
        client.stop("loki sandbox stop")
        deadline = time.monotonic() + _RUN_SECONDS
        while client.engine() is not None:
            if time.monotonic() > deadline:
                raise LokiError(
                    f"Run {holder.run} did not end within {_RUN_SECONDS:g} s; its box was left alone.",
                    hint="Look: loki status. Its process is named there; ended, it can be resumed.",
                )
            with suppress(InterruptedError):
                time.sleep(_LOOK_SECONDS)
