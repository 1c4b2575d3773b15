"""The command line: which commands there are. Each imports what it needs when it is chosen."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from loki_tui import __version__
from loki_tui.cli import approvals, checkpoint, config, demo, show, start, steer
from loki_tui.cli.output import ReaderGoneError, complain
from loki_tui.core.errors import ExitCode, LokiError

READER_GONE = 141
"""What a shell shows for a program whose reader went away (128 + SIGPIPE)."""

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


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"loki {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    headless: Annotated[bool, typer.Option("--headless", help="No screen: print events as lines.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take what may stand before the command."""
    del headless, version  # Lines are the only face so far.


@app.command()
def version() -> None:
    """Print the version."""
    _print_version(wanted=True)


def run() -> int:
    """Run the command line.

    Returns:
        What the process is to exit with.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that knows no emoji is no reason to break off.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except ReaderGoneError:
        return READER_GONE
    except LokiError as error:
        complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return ExitCode.COMPLETED
