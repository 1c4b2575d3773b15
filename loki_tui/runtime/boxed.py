"""Where hands work: on this machine, or in boxes of its container engine. The one place that decides it.

What speaks to an engine is imported when boxes are wanted: most runs want none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from loki_tui.core.errors import ConfinementError
from loki_tui.core.settings import Settings
from loki_tui.engine.boxes import Boxes
from loki_tui.hands.policy import Demands
from loki_tui.hands.workspace import HandsWorkspaces

if TYPE_CHECKING:
    from loki_tui.containers.engine import Engine


def open_workspaces(demands: Demands, settings: Settings, *, run: str = "") -> HandsWorkspaces:
    """What launches hands as the settings say.

    Args:
        demands: What is demanded of them.
        settings: The confinement, and what boxes are like.
        run: The run they belong to; empty for none.

    Raises:
        ConfinementError: The demanded confinement is not to be had.
        UsageError: A path that was named is not there.
    """
    boxes = boxes_of(demands.root, demands.environ, settings, run=run) if settings.confinement == "docker" else None
    return HandsWorkspaces(demands, boxes=boxes)


def boxes_of(workspace: Path, environ: Mapping[str, str], settings: Settings, *, run: str = "") -> Boxes:
    """Boxes for a workspace, as the settings want them.

    Raises:
        ConfinementError: There is no engine, or no image.
    """
    engine = connect(environ)
    from loki_tui.containers.boxes import BoxLimits, DockerBoxes  # noqa: PLC0415 (imports when wanted)

    limits = BoxLimits(
        image=settings.sandbox_image,
        cpus=settings.sandbox_cpus,
        memory=settings.sandbox_memory,
        network=settings.sandbox_network,
        read_only=settings.sandbox_readonly,
    )
    return DockerBoxes(engine, limits, workspace=workspace, run=run)


def connect(environ: Mapping[str, str]) -> Engine:
    """The container engine of this machine.

    Raises:
        ConfinementError: There is none, or what speaks to it is not installed.
    """
    try:
        from loki_tui.containers import engine  # noqa: PLC0415 (imports when wanted)
    except ModuleNotFoundError as error:
        raise ConfinementError(
            "The Docker SDK for Python is not installed, without which Loki cannot speak to a container engine.",
            hint="pip install 'loki-tui[sandbox]'. Without it: LOKI_CONFINEMENT=bwrap or landlock holds agents in a "
            "way of its own, and auto takes the best.",
        ) from error
    return engine.connect(environ)
