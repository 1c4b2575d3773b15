"""`loki config`: the settings in force, where each comes from, and whether they are right."""

from __future__ import annotations

import json as jsonlib
import os
from typing import Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import remark, say

app = typer.Typer(help="Settings: what is in force and where it comes from.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def config(context: typer.Context) -> None:
    """Show the settings unless something else is asked."""
    if context.invoked_subcommand is None:
        show()


@app.command()
def show(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those at their defaults.")] = False,
    json: Json = False,
) -> None:
    """Show settings, their values and their sources."""
    from loki_tui.core.settings_docs import describe  # noqa: PLC0415 (imports when chosen)
    from loki_tui.core.settings_docs import show as written  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings, config_file  # noqa: PLC0415

    resolved = Surroundings.here(os.environ).resolve()
    shown = 0
    for doc in describe():
        origin = resolved.origins[doc.name]
        value = written(getattr(resolved.settings, doc.name))
        if value == doc.default and not everything and not json:
            continue
        shown += 1
        if json:
            row = {"variable": doc.variable, "value": value, "source": str(origin), "in_force": doc.in_force}
            say(jsonlib.dumps(row))
        else:
            note = "" if doc.in_force else "  (not in force in this version)"
            say(f"{doc.variable}={value}  from {origin}{note}")
    if not json:
        remark(f"{shown} settings shown; your own file is {config_file()}. All with their meaning: docs/settings.md")


@app.command()
def check() -> None:
    """Check every setting; exits with 2 if one is wrong."""
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415 (imports when chosen)

    Surroundings.here(os.environ).resolve()
    remark("All settings are valid.")
