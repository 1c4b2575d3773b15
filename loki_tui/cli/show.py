"""`loki status`, `loki logs` and `loki runs`: what is going on, from any process."""

from __future__ import annotations

import json as jsonlib
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json, Run
from loki_tui.cli.output import complain, remark, repaint, say

if TYPE_CHECKING:
    from loki_tui.runtime.client import RunClient, RunView
    from loki_tui.store.project import Project


def status(
    run: Run = None,
    *,
    json: Json = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Again whenever something happens.")] = False,
) -> None:
    """Say whether Loki is running, what it does, and how to stop it."""
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.headless.summary import no_run  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.client import RunClient, choose_run, find_run  # noqa: PLC0415
    from loki_tui.wording.summary_row import summarise_nothing  # noqa: PLC0415 (imports when chosen)

    project = _project()
    found = find_run(project) if run is None else choose_run(project, run)
    if found is None:
        say(jsonlib.dumps(summarise_nothing(project.workspace)) if json else no_run(project.workspace))
        return
    client = RunClient(project, found.id)
    if watch:
        asyncio.run(_watch(client, json=json))
    else:
        _print_status(client.view(), json=json)


async def _watch(client: RunClient, *, json: bool) -> None:
    """Keep one picture up to date on a terminal; elsewhere, print another one whenever something changed."""
    from contextlib import aclosing  # noqa: PLC0415 (imports when chosen)

    from loki_tui.headless.summary import summary_lines  # noqa: PLC0415

    shown: object = None
    async with aclosing(client.watch()) as views:
        async for view in views:
            if sys.stdout.isatty() and not json:
                repaint(summary_lines(view))
            elif shown != (shown := (view.state.seq, view.status)):
                _print_status(view, json=json)


def _print_status(view: RunView, *, json: bool) -> None:
    from loki_tui.headless.summary import summary_lines  # noqa: PLC0415 (imports when chosen)
    from loki_tui.wording.summary_row import summarise  # noqa: PLC0415 (imports when chosen)

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

    from loki_tui.headless.present import Presenter  # noqa: PLC0415
    from loki_tui.runtime.client import RunClient, choose_run  # noqa: PLC0415

    project = _project()
    client = RunClient(project, choose_run(project, run).id)
    presenter = Presenter(client.run, write=say, json_lines=json)
    presenter.show(client.records())
    if not follow or presenter.over:
        return
    if client.engine() is None:
        remark(f"No engine is at work on run {client.run}; it goes on with: loki resume")
    asyncio.run(presenter.follow(client.follow(after=presenter.seq)))


def runs(
    *,
    everywhere: Annotated[bool, typer.Option("--all", "-a", help="Those of all projects of this machine.")] = False,
    json: Json = False,
) -> None:
    """List this project's runs, latest first: how each stands, what it has cost, its branch."""
    from loki_tui.headless.summary import no_run  # noqa: PLC0415
    from loki_tui.runtime.runs import detail, summaries  # noqa: PLC0415
    from loki_tui.wording.rows import run_row  # noqa: PLC0415 (imports when chosen)
    from loki_tui.wording.runs import run_line  # noqa: PLC0415

    project = _project()
    listing = summaries(os.environ, here=project, everywhere=everywhere)
    for listed in listing.runs:
        entry = detail(listed)
        say(jsonlib.dumps(run_row(entry)) if json else run_line(entry, workspace=everywhere))
    for problem in listing.problems:
        if not everywhere:
            raise problem.error
        complain(problem.error)
    if not listing.runs and not listing.problems:
        remark("There is no run on this machine yet." if everywhere else no_run(project.workspace))


def _project() -> Project:
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415 (imports when chosen)

    return Surroundings.here(os.environ).project
