"""`loki approvals rules`: what is approved for a run, what a pattern would have let through, and taking it back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json, OfRun
from loki_tui.cli.output import remark, say

if TYPE_CHECKING:
    from loki_tui.runtime.client import RunClient
    from loki_tui.runtime.rehearsal import Rehearsal

app = typer.Typer(help="What is approved for a run beforehand.", invoke_without_command=True, rich_markup_mode=None)

Pattern = Annotated[str, typer.Argument(metavar="PATTERN", help="Such as 'pytest *' or 'src/**'.")]


@app.callback()
def root(context: typer.Context) -> None:
    """List them, where nothing else is wanted."""
    if context.invoked_subcommand is None:
        list_()


@app.command("list")
def list_(*, run: OfRun = None, json: Json = False) -> None:
    """List them: who made each, when, and how often it was used."""
    from datetime import UTC, datetime  # noqa: PLC0415 (imports when chosen)

    from loki_tui.wording.approving import learned_in_words  # noqa: PLC0415

    learned = _client(run, reads=True).view().state.learned
    for one in learned:
        rule = one.rule
        if json:
            used = one.used_at.isoformat() if one.used_at is not None else None
            _say_json({**rule.model_dump(), "since": one.since.isoformat(), "uses": one.uses, "used_at": used})
        else:
            say(f"{rule.pattern}  {learned_in_words(one, datetime.now(UTC))}")
    if not learned:
        remark("Nothing is approved for this run beforehand.")


@app.command("try")
def try_(
    pattern: Pattern,
    *,
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help="One run alone; else all of them.")] = None,
    json: Json = False,
) -> None:
    """Say what a rule of this pattern would have let through so far. Nothing is approved."""
    from loki_tui.runtime.client import choose_run  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.rehearsal import rehearse  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    found = rehearse(project, pattern, run=None if run is None else choose_run(project, run).id)
    _print_json(found) if json else _print(found)


def _print(found: Rehearsal) -> None:
    from loki_tui.wording.approving import rehearsal_in_words  # noqa: PLC0415 (imports when chosen)

    for line in rehearsal_in_words(found):
        say(line)


def _print_json(found: Rehearsal) -> None:
    from dataclasses import asdict  # noqa: PLC0415 (imports when chosen)

    _say_json({**asdict(found), "named": [{**asdict(one), "at": one.at.isoformat()} for one in found.named]})


def _say_json(value: dict[str, object]) -> None:
    import json  # noqa: PLC0415 (imports when chosen)

    say(json.dumps(value, ensure_ascii=False))


@app.command()
def revoke(
    pattern: Pattern,
    *,
    run: OfRun = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the engine took it; exit 1 where it did not.")
    ] = False,
) -> None:
    """Have such actions asked about again, from now on; at once in a run that is at work."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)

    client = _client(run)
    patterns = [rule.pattern for rule in client.view().state.rules]
    if pattern not in patterns:
        known = f"There are: {', '.join(patterns)}." if patterns else "There is none."
        raise UsageError(f"{pattern!r} is no rule of run {client.run}. {known}", hint="loki approvals rules list")
    number = client.revoke(pattern)
    remark(f"{pattern} is asked about again from now on.")
    if wait:
        from loki_tui.cli.waiting import taken_in_time  # noqa: PLC0415 (imports when chosen)

        if not taken_in_time(client, number):
            remark("No engine has taken it yet; the next one will.")
            raise typer.Exit(1)


def _client(run: str | None, *, reads: bool = False) -> RunClient:
    from loki_tui.runtime.client import RunClient, choose_run, ended_alone  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    return RunClient(project, choose_run(project, run, unfinished=not (reads and ended_alone(project))).id)
