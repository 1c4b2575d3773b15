"""`loki doctor`: what this machine offers, and with `--attack` whether its limits hold."""

from __future__ import annotations

import json as jsonlib
import os
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import remark, say
from loki_tui.core.errors import ExitCode
from loki_tui.wording.line import Line, Tone

if TYPE_CHECKING:
    from loki_tui.core.settings import Settings
    from loki_tui.runtime.attack import Report

_TONES: dict[str, Tone] = {"good": "good", "missing": "warn", "bad": "bad"}


def doctor(
    *,
    attack: Annotated[
        bool,
        typer.Option("--attack", help="Try the shipped escapes on this machine's own confinement; 0 if none leaks."),
    ] = False,
    json: Json = False,
) -> None:
    """Look at this machine: what is there, and which limits it can keep."""
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415 (imports when chosen)

    settings = Surroundings.here(os.environ).settings()
    good = _attack(settings, json=json) if attack else _examine(settings, json=json)
    if not good:
        raise typer.Exit(ExitCode.ENDED)


def _examine(settings: Settings, *, json: bool) -> bool:
    from dataclasses import asdict  # noqa: PLC0415 (imports when chosen)

    from loki_tui.runtime.doctor import examine  # noqa: PLC0415

    checks = examine(os.environ, confinement=settings.confinement, network=settings.network, settings=settings)
    for check in checks:
        if json:
            say(jsonlib.dumps(asdict(check)))
        else:
            say(Line(f"{check.name:<20}{check.found}", _TONES[check.standing]))
    return all(check.standing != "bad" for check in checks)


def _attack(settings: Settings, *, json: bool) -> bool:
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.core.blocking import DEFAULT_BLOCKED  # noqa: PLC0415
    from loki_tui.hands.shell_policy import ShellPolicy  # noqa: PLC0415
    from loki_tui.runtime.attack import attack  # noqa: PLC0415

    if not json:
        remark("Trying escapes in a directory made for it; this takes half a minute.")
    policy = ShellPolicy(DEFAULT_BLOCKED, root="/nowhere/workspace", home="/nowhere/home")
    report = asyncio.run(attack(os.environ, confinement=settings.confinement, policy=policy, settings=settings))
    (_print_rows if json else print_report)(report)
    return report.count("leaked") == 0


def _print_rows(report: Report) -> None:
    from dataclasses import asdict  # noqa: PLC0415 (imports when chosen)

    for outcome in report.outcomes:
        say(jsonlib.dumps(asdict(outcome)))


def print_report(report: Report) -> None:
    """Sum an attack up: what leaked, what the rung never claimed to hold, and how many were stopped by what."""
    held = report.confinement
    for outcome in report.outcomes:
        if outcome.stopped_by == "leaked":
            say(Line(f"LEAKED     {outcome.kind}, {outcome.name}: {outcome.how}", "bad"))
    gaps = dict.fromkeys(outcome.how for outcome in report.outcomes if outcome.stopped_by == "not covered")
    for gap in gaps:
        tried = sum(outcome.how == gap for outcome in report.outcomes)
        say(Line(f"not covered  {gap} ({tried} not tried)", "warn"))
    say(f"{len(report.outcomes)} attempts on {held.rung} {held.detail}".rstrip())
    say(f"  blocked by parser   {report.count('parser')}")
    say(f"  blocked by kernel   {report.count('kernel')}")
    say(f"  not covered         {report.count('not covered')}")
    leaked = report.count("leaked")
    say(Line(f"  leaked              {leaked}", "bad" if leaked else "good"))
