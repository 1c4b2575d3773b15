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


Name = Annotated[str, typer.Argument(metavar="NAME", help="A setting, such as max_turns or LOKI_MAX_TURNS.")]


# A value may begin with a dash; that it is wrong then is the setting's to say.
@app.command("set", context_settings={"ignore_unknown_options": True})
def put(
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="As the variable would hold it; a table as JSON.")],
) -> None:
    """Write a setting into your own configuration file, if it is right; comments and order stay."""
    _save(name, value)


@app.command()
def unset(name: Name) -> None:
    """Take a setting out of your own configuration file."""
    _save(name, None)


def _save(name: str, value: str | None) -> None:
    """Change the file, and show what is in force by now: another source may stand above it."""
    from loki_tui.core.settings_docs import describe  # noqa: PLC0415 (imports when chosen)
    from loki_tui.core.settings_docs import show as written  # noqa: PLC0415
    from loki_tui.core.settings_sources import resolve_settings  # noqa: PLC0415
    from loki_tui.runtime.preferences import save_setting  # noqa: PLC0415
    from loki_tui.runtime.surroundings import config_file  # noqa: PLC0415

    field = next((doc.name for doc in describe() if name == doc.variable), name)
    save_setting(field, value, environ=os.environ)
    # Not the workspace's file: this may be called anywhere.
    resolved = resolve_settings(environ=os.environ, overrides={}, config_file=config_file(), workspace=None)
    for doc in describe():
        if doc.name == field:
            say(f"{doc.variable}={written(getattr(resolved.settings, field))}  from {resolved.origins[field]}")
