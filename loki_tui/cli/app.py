"""The command line: which commands there are. Each imports what it needs when it is chosen."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from loki_tui import __version__
from loki_tui.cli import approvals, checkpoint, config, demo, show, start, steer
from loki_tui.cli.output import complain
from loki_tui.core.errors import ExitCode, LokiError

app = typer.Typer(
    name="loki",
    help="From a product requirements document to a verified branch: within a budget, inside kernel limits.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: Rich would cost every command a tenth of a second.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(start.start)
app.command()(start.resume)
app.command()(steer.pause)
app.command()(steer.stop)
app.command()(steer.steer)
app.command()(show.status)
app.command()(show.logs)
app.command()(show.runs)
app.add_typer(approvals.app, name="approvals")
app.add_typer(checkpoint.app, name="checkpoint")
app.add_typer(config.app, name="config")
app.command()(demo.demo)


@app.callback()
def root(
    context: typer.Context,
    *,
    headless: Annotated[bool, typer.Option("--headless", help="No screen: print events as lines.")] = False,
) -> None:
    """Remember what was said before the command."""
    context.obj = {"headless": headless}


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"loki {__version__}")


def run() -> int:
    """Run the command line.

    Returns:
        What the process is to exit with.
    """
    try:
        app()
    except LokiError as error:
        complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain of it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.CRASHED
    return ExitCode.COMPLETED
