"""`loki dashboard`: the face over the network, started, stopped, looked after."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import remark, say

if TYPE_CHECKING:
    from loki_tui.runtime.dashboards import Standing
    from loki_tui.store.project import Project

app = typer.Typer(
    help="Health, runs, control and the application in a browser, over HTTP.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

NOT_WELL = 1
"""What `status` exits with where no dashboard is up, or something is not as it should be."""

PATIENCE = 30.0
"""Seconds a dashboard has to end."""


@app.command()
def start(
    *,
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Listen there instead.")] = None,
    port: Annotated[int | None, typer.Option(metavar="N", help="Listen on this port instead.")] = None,
    foreground: Annotated[bool, typer.Option("--foreground", help="Serve here, until interrupted.")] = False,
    json: Json = False,
) -> None:
    """Start this project's dashboard in the background, and say how to get in."""
    overrides: dict[str, object] = {"dashboard_host": host, "dashboard_port": port}
    if foreground:
        from loki_tui.cli.serving import serve_here  # noqa: PLC0415 (imports when chosen)

        serve_here(os.environ, overrides, ready=lambda found: _tell(found, json=json))
        return
    from loki_tui.cli.foreground import require_outliving  # noqa: PLC0415
    from loki_tui.cli.serving import serve_apart  # noqa: PLC0415

    require_outliving("loki dashboard start --foreground")
    _tell(serve_apart(os.environ, overrides), json=json)


@app.command()
def stop() -> None:
    """Stop this project's dashboard; runs go on."""
    from loki_tui.cli.serving import end  # noqa: PLC0415 (imports when chosen)
    from loki_tui.core.errors import LokiError  # noqa: PLC0415

    project = _project()
    found = _standing(project)
    if not end(project, found, patience=PATIENCE):
        raise LokiError(f"The dashboard, process {found.pid}, did not end.", hint=f"kill -9 {found.pid}")
    remark("The dashboard is down.")


@app.command()
def status(*, json: Json = False) -> None:
    """Say whether this project's dashboard is up, and whether what it looks after is well."""
    import json as jsonlib  # noqa: PLC0415 (imports when chosen)

    from loki_tui.cli.serving import health_of  # noqa: PLC0415
    from loki_tui.runtime.dashboards import standing  # noqa: PLC0415

    found = standing(_project().state)
    if found is None:
        if json:
            say(jsonlib.dumps({"up": False}))
        else:
            say("No dashboard is up here. Start one: loki dashboard start")
        raise typer.Exit(NOT_WELL)
    health = health_of(found)
    if json:
        say(jsonlib.dumps({"up": True, "url": found.url, "pid": found.pid, "health": health}))
    else:
        elsewhere = "" if found.seat.is_here else f" on {found.seat.host}"
        why = f", {health['why']}" if "why" in health else ""
        say(f"up at {found.url}, process {found.pid}{elsewhere}: {health['status']}{why}")
        checks = health.get("checks")
        for name, check in checks.items() if isinstance(checks, dict) else ():
            if isinstance(check, dict):
                say(f"  {name:<10} {check.get('state')}")
    if health["status"] != "ok":
        raise typer.Exit(NOT_WELL)


@app.command()
def url() -> None:
    """Print the address to open in a browser; it lets in whoever has it."""
    say(_standing(_project()).entrance)


@app.command(name="open")
def open_() -> None:
    """Open the dashboard in this machine's browser."""
    import webbrowser  # noqa: PLC0415 (imports when chosen)

    from loki_tui.core.errors import LokiError  # noqa: PLC0415

    entrance = _standing(_project()).entrance
    if not webbrowser.open(entrance):
        raise LokiError("There is no browser here to open.", hint="`loki dashboard url` prints the address.")
    remark("Opened in your browser.")


def _tell(found: Standing, *, json: bool) -> None:
    import json as jsonlib  # noqa: PLC0415 (imports when chosen)

    if json:
        row = {"url": found.url, "entrance": found.entrance, "token": found.token, "pid": found.pid}
        say(jsonlib.dumps(row))
        return
    say(found.entrance)
    remark(f"The dashboard is up at {found.url}, process {found.pid}. End it: loki dashboard stop")
    if found.token:
        remark(f"API: curl -H 'Authorization: Bearer {found.token}' {found.url}/api/runs")


def _project() -> Project:
    from loki_tui.runtime.whereabouts import project_here  # noqa: PLC0415 (imports when chosen)

    return project_here(os.environ)


def _standing(project: Project) -> Standing:
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.dashboards import standing  # noqa: PLC0415

    found = standing(project.state)
    if found is None:
        raise UsageError(f"No dashboard of {project.workspace} is up.", hint="Start one: loki dashboard start")
    return found
