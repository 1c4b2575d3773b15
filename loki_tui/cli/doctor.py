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
    from loki_tui.runtime.attack import Report

_TONES: dict[str, Tone] = {"good": "good", "missing": "warn", "bad": "bad"}


def doctor(
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Also ask the provider whether it takes the key; the request is free.")
    ] = False,
    attack: Annotated[
        bool,
        typer.Option("--attack", help="Try the shipped escapes on this machine's own confinement; 0 if none leaks."),
    ] = False,
    json: Json = False,
) -> None:
    """Look at this machine: what Loki needs, which limits it can keep, and what to do about the rest.

    Exits with 0 where nothing stops Loki, and with 20 where something does, whatever form is printed.
    """
    if not (_attack(json=json) if attack else _examine(live=live, json=json)):
        raise typer.Exit(ExitCode.ENDED)


def _examine(*, live: bool, json: bool) -> bool:
    from dataclasses import asdict  # noqa: PLC0415 (imports when chosen)

    from loki_tui.runtime.doctor import examine  # noqa: PLC0415
    from loki_tui.runtime.secrets import redactor_of  # noqa: PLC0415

    redact = redactor_of(os.environ).redact
    checks = examine(os.environ, live=live)
    for check in checks:
        if json:
            say(jsonlib.dumps({name: redact(value) for name, value in asdict(check).items()}))
            continue
        told = f"{check.version}  {check.found}" if check.version else check.found
        mark = {"good": "ok", "missing": "--", "bad": "NO"}[check.standing]
        say(Line(redact(f"{mark}  {check.name:<20}{told}"), _TONES[check.standing]))
        if check.fix and check.standing != "good":
            say(Line(redact(f"{'':<24}{check.fix}"), "quiet"))
    return all(check.standing != "bad" for check in checks)


def _attack(*, json: bool) -> bool:
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.core.blocking import DEFAULT_BLOCKED  # noqa: PLC0415
    from loki_tui.hands.shell_policy import ShellPolicy  # noqa: PLC0415
    from loki_tui.runtime.attack import NOWHERE, attack  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    settings = Surroundings.here(os.environ).settings()
    if not json:
        remark("Trying escapes in a directory made for it; this takes half a minute.")
    policy = ShellPolicy(DEFAULT_BLOCKED, root=NOWHERE, home="/nowhere/home")
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
