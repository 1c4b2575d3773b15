"""`loki checkpoint`: what was saved, and the way back to it."""

from __future__ import annotations

import asyncio
import json as jsonlib
import os
from typing import Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import remark, say

app = typer.Typer(help="Saved states of the workspace.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="The checkpoint, such as c3.")]


@app.command("list")
def list_(*, json: Json = False) -> None:
    """List all checkpoints, oldest first."""
    from loki_tui.runtime.restoring import checkpoints_of  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    for point in asyncio.run(checkpoints_of(Surroundings.here(os.environ)).list()):
        row = {
            "checkpoint": point.id,
            "at": point.at.isoformat(),
            "label": point.label,
            "iteration": point.iteration,
            "files": point.files,
            "changed": point.changed,
            "tree": point.tree,
        }
        line = f"{point.id:6} {point.at:%Y-%m-%d %H:%M} UTC  {point.changed:5} changed  {point.label}"
        say(jsonlib.dumps(row) if json else line)


@app.command()
def show(checkpoint: Name) -> None:
    """Show what a checkpoint changed against the one before."""
    from loki_tui.runtime.restoring import checkpoints_of  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    text = asyncio.run(checkpoints_of(Surroundings.here(os.environ)).show(checkpoint))
    for line in text.splitlines():
        say(line)


@app.command()
def restore(checkpoint: Name) -> None:
    """Bring the workspace back to a checkpoint; how it is now is saved first."""
    from loki_tui.runtime.restoring import restore_checkpoint  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    saved = asyncio.run(restore_checkpoint(Surroundings.here(os.environ), checkpoint))
    remark(f"The workspace is as it was at {checkpoint}. How it was just now is {saved.checkpoint}.")
