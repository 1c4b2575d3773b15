"""`loki checkpoint`: what was saved, and the way back to it."""

from __future__ import annotations

import json as jsonlib
import os
from typing import Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import remark, say

app = typer.Typer(help="Saved states of the workspace.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="CHECKPOINT", help="Its name, such as c3.")]


@app.command("list")
def list_(*, json: Json = False) -> None:
    """List all checkpoints, oldest first."""
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.runtime.restoring import checkpoints_of  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    points = asyncio.run(checkpoints_of(Surroundings.here(os.environ)).list())
    for point in points:
        row = {
            "checkpoint": point.id,
            "at": point.at.isoformat(),
            "label": point.label,
            "iteration": point.iteration,
            "files": point.files,
            "changed": point.changed,
            "tree": point.tree,
        }
        line = f"{point.id:6} {point.at.astimezone():%Y-%m-%d %H:%M}  {point.changed:5} changed  {point.label}"
        say(jsonlib.dumps(row) if json else line)
    if not points:
        remark("There is no checkpoint yet: a run takes them.")


@app.command()
def show(checkpoint: Name) -> None:
    """Show what a checkpoint changed against the one before."""
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.runtime.restoring import show_checkpoint  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    for line in asyncio.run(show_checkpoint(Surroundings.here(os.environ), checkpoint)).splitlines():
        say(line)


@app.command()
def restore(checkpoint: Name) -> None:
    """Bring the workspace back to a checkpoint.

    How it is now is saved as a checkpoint first. Files that git ignores stay as they are.
    """
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.runtime.restoring import restore_checkpoint  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    saved = asyncio.run(restore_checkpoint(Surroundings.here(os.environ), checkpoint))
    remark(f"The workspace is as it was at {checkpoint}. How it was just now is {saved.checkpoint}.")
