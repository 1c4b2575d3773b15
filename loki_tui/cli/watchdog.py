"""`loki watchdog`: whether a run is healthy, and a keeper that takes it up again after a crash."""

from __future__ import annotations

import json as jsonlib
import os
from typing import Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import remark, say
from loki_tui.wording.line import Line, Tone

app = typer.Typer(
    help="Whether a run is healthy, and a keeper that takes it up again after a crash.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SICK = 1
"""What `loki watchdog status` exits with where something is wrong; 2 is wrong usage."""

_TONES: dict[str, Tone] = {"good": "good", "missing": "warn", "bad": "bad"}
_MARKS = {"good": "ok", "missing": "--", "bad": "NO"}


@app.command()
def status(*, json: Json = False) -> None:
    """Look at this project's run: heartbeat, loop, hung calls and commands, what was left behind.

    Exits with 0 where all is well or nothing runs, and with 1 where something is wrong: a crashed or stuck engine, a
    hung model call or command, leftover processes or containers, a stale lock.
    """
    from dataclasses import asdict  # noqa: PLC0415 (imports when chosen)

    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415
    from loki_tui.runtime.watchdog import look  # noqa: PLC0415

    report = look(Surroundings.here(os.environ).project, os.environ)
    if json:
        checks = [asdict(check) for check in report.checks]
        say(jsonlib.dumps({"run": report.run, "healthy": report.healthy, "checks": checks}))
    else:
        for check in report.checks:
            say(Line(f"{_MARKS[check.standing]}  {check.name:<22}{check.found}", _TONES[check.standing]))
            if check.fix and check.standing != "good":
                say(Line(f"{'':<26}{check.fix}", "quiet"))
        told = f"run {report.run} is {'healthy' if report.healthy else 'NOT healthy'}" if report.run else "no run"
        say(Line(told, "good" if report.healthy else "bad"))
    if not report.healthy:
        raise typer.Exit(SICK)


@app.command("help")
def help_(context: typer.Context) -> None:
    """List the commands of the watchdog."""
    assert context.parent is not None
    say(context.parent.get_help())


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    *,
    restarts: Annotated[
        int, typer.Option(min=0, max=1000, metavar="N", help="Crashes in a row without progress before it gives up.")
    ] = 10,
    wait: Annotated[
        float,
        typer.Option(
            min=0.01, max=3600, metavar="SECONDS", help="Seconds before the first restart; doubles each time."
        ),
    ] = 1.0,
    silence: Annotated[
        float,
        typer.Option(min=10, max=86_400, metavar="SECONDS", help="Seconds without a heartbeat before it is killed."),
    ] = 120.0,
) -> None:
    """Supervise a headless run: take it up again after a crash, or where it is stuck.

    All else is for `loki start`, such as a PRD or --budget 10; without any, a run that has not ended goes on. Exits
    as the run does: 0 completed, 20 ended for good (never tried again), 130 interrupted; with 1 if it kept crashing.
    """
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.runtime.supervising import Patience, Supervisor  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    patience = Patience(restarts=restarts, wait=wait, silence=silence)

    async def supervise() -> int:
        project = Surroundings.here(os.environ).project
        return await Supervisor(project, os.environ, say=remark, patience=patience).run(context.args)

    raise typer.Exit(asyncio.run(supervise()))
