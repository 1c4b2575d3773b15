"""The command line: which commands there are. Each imports what it needs when it is chosen."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from loki_tui import __version__
from loki_tui.cli import (
    approvals,
    checkpoint,
    completion,
    config,
    council,
    dashboard,
    demo,
    doctor,
    notify,
    plan,
    policy,
    qa,
    receipt,
    requirements,
    sandbox,
    screen,
    secrets,
    show,
    start,
    steer,
    streams,
    verify,
    watchdog,
    worktrees,
)
from loki_tui.cli.options import Face, Headless, face_of
from loki_tui.cli.output import guarded
from loki_tui.core.errors import ExitCode

app = typer.Typer(
    name="loki",
    help="From a product requirements document to a verified branch: within a budget, inside kernel limits.",
    invoke_without_command=True,
    add_completion=False,
    # Plain help: Rich would cost every command a tenth of a second.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(start.start)
app.command()(start.resume)
app.command()(start.attach)
app.command()(steer.pause)
app.command()(steer.stop)
app.command()(steer.steer)
app.command()(plan.plan)
app.command()(requirements.requirements)
app.command(cls=verify.VerifyCommand)(verify.verify)
app.command()(show.status)
app.command()(show.logs)
app.command()(show.runs)
app.add_typer(approvals.app, name="approvals")
app.add_typer(checkpoint.app, name="checkpoint")
app.add_typer(config.app, name="config")
app.add_typer(council.app, name="council")
app.add_typer(dashboard.app, name="dashboard")
app.add_typer(notify.app, name="notify")
app.add_typer(policy.app, name="policy")
app.add_typer(qa.app, name="qa")
app.add_typer(receipt.app, name="receipt")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(secrets.app, name="secrets")
app.add_typer(streams.app, name="streams")
app.add_typer(watchdog.app, name="watchdog")
app.add_typer(worktrees.app, name="worktrees")
app.command()(demo.demo)
app.command()(doctor.doctor)
app.command()(completion.completion)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"loki {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    *,
    headless: Headless = False,
    linear: Annotated[
        bool, typer.Option("--linear", help="No screen: numbered lines, and lines typed to steer; for screen readers.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take what may stand before the command; without one, open the application."""
    del version  # It has been printed.
    context.obj = Face.LINES if headless else Face.LINEAR if linear else None
    if context.invoked_subcommand is not None:
        return
    match face_of(context, headless=headless):
        case Face.SCREEN:
            raise typer.Exit(screen.show(os.environ))
        case Face.LINEAR:
            from loki_tui.cli.linear import attach  # noqa: PLC0415 (imports when chosen)

            raise typer.Exit(attach(None, os.environ))
        case Face.LINES:
            typer.echo(context.get_help())
            raise typer.Exit(ExitCode.USAGE)


@app.command()
def version() -> None:
    """Print the version."""
    _print_version(wanted=True)


def run() -> int:
    """Run the command line.

    Returns:
        What the process is to exit with.
    """
    if completion.VARIABLE in os.environ:
        completion.answer_shells()
    return guarded(app)
