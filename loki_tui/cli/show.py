"""`loki status`, `loki logs` and `loki runs`: what is going on, from any process."""

from __future__ import annotations

import json as jsonlib
import os
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json, Run
from loki_tui.cli.output import say

if TYPE_CHECKING:
    from loki_tui.runtime.client import RunClient


def status(
    run: Run = None,
    *,
    json: Json = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Again whenever something happens.")] = False,
) -> None:
    """Is Loki running right now, what is it doing, and how do I stop it?"""
    import asyncio  # noqa: PLC0415 (imports when chosen)

    client = _client(run)
    if watch:
        asyncio.run(_watch(client, json=json))
    else:
        _print_status(client, json=json)


async def _watch(client: RunClient, *, json: bool) -> None:
    _print_status(client, json=json)
    async for _ in client.follow(after=client.view().state.seq):
        _print_status(client, json=json)


def _print_status(client: RunClient, *, json: bool) -> None:
    from loki_tui.headless.summary import summarise, summary_lines  # noqa: PLC0415 (imports when chosen)

    view = client.view()
    if json:
        say(jsonlib.dumps(summarise(view)))
        return
    for line in summary_lines(view):
        say(line)


def logs(
    run: Run = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as things happen.")] = False,
    json: Json = False,
) -> None:
    """Print what a run did."""
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.headless.present import present, show  # noqa: PLC0415

    client = _client(run)
    if follow:
        asyncio.run(present(client.run, client.follow(), write=say, json_lines=json))
        return
    for record in client.records():
        show(client.run, record, write=say, json_lines=json)


def runs(*, json: Json = False) -> None:
    """List this project's runs, latest first."""
    from loki_tui.headless.summary import run_line, run_row  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    holder = project.engine()
    for summary in project.runs():
        engine = holder is not None and holder.run == summary.id
        say(jsonlib.dumps(run_row(summary, engine=engine)) if json else run_line(summary, engine=engine))


def _client(run: str | None) -> RunClient:
    from loki_tui.runtime.client import RunClient, choose_run  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    return RunClient(project, choose_run(project, run).id)
