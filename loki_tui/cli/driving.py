"""What `start` and `resume` do once their options are read."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import typer

from loki_tui.cli.output import ReaderGoneError, complain, remark, say
from loki_tui.core.errors import ExitCode, LokiError
from loki_tui.core.terminal import visible
from loki_tui.headless.present import Presenter
from loki_tui.headless.summary import closing_lines, read_receipt
from loki_tui.runtime.build import Recording
from loki_tui.runtime.client import RunClient, choose_run
from loki_tui.runtime.host import RunHost
from loki_tui.runtime.orders import Order
from loki_tui.runtime.starting import begin, make_ready, take_up
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.runtime.webhooks import untold
from loki_tui.wording.line import Line


def start_here(order: Order, environ: Mapping[str, str], *, json: bool) -> ExitCode:
    """Begin a run and drive it in this process."""
    ready = make_ready(order, environ, consent=consent)
    if ready.settings.dashboard:
        # First: whoever sent the run off finds it up as soon as they are told that the run has begun.
        _serve_beside(environ, ready.around)
    with begin(ready, run=order.run, recording=Recording(keep=order.record)) as host:
        remark(f"run {host.run_id} in {ready.around.project.workspace}; to end it: loki stop")
        return drive(host, json=json)


def resume(run: str | None, environ: Mapping[str, str], *, budget: Decimal | None, json: bool) -> ExitCode:
    """Go on with a run, wherever that has to happen."""
    around = Surroundings.here(environ)
    summary = choose_run(around.project, run, unfinished=True)
    client = RunClient(around.project, summary.id)
    view = client.view()
    if view.engine is not None:
        client.resume(budget)
        remark(f"Run {summary.id} goes on in process {view.engine.pid}. Watch: loki logs -f")
        return ExitCode.COMPLETED
    with take_up(client, environ, budget=budget) as host:
        if around.settings().dashboard:
            _serve_beside(environ, around)
        return drive(host, json=json, after=view.state.seq)


def _serve_beside(environ: Mapping[str, str], around: Surroundings) -> None:
    from loki_tui.cli.serving import serve_beside  # noqa: PLC0415 (for those who want one)

    serve_beside(environ, around.project)


def drive(host: RunHost, *, json: bool, after: int = 0) -> ExitCode:
    """Drive a run to its end, print what happens, and say where the work is.

    Args:
        host: Holds the run.
        json: Whether events are printed as JSON.
        after: The last event that is not printed, since it was before.

    Returns:
        What the process is to exit with.
    """
    code = asyncio.run(_drive(host, Presenter(host.run_id, write=say, json_lines=json, after=after)))
    for line in closing_lines(host.client.view().state, read_receipt(host.client)):
        remark(line)
    for missed in untold(host.client.project.state.deliveries(host.run_id)):
        remark(Line(missed, "warn"))
    return code


async def _drive(host: RunHost, presenter: Presenter) -> ExitCode:
    printing = asyncio.create_task(_print(presenter, host))
    try:
        return await host.run()
    finally:
        printing.cancel()
        await asyncio.gather(printing, return_exceptions=True)
        with _output_may_go():
            presenter.show(host.client.records(after=presenter.seq))


async def _print(presenter: Presenter, host: RunHost) -> None:
    with _output_may_go():
        await presenter.follow(host.follow(after=presenter.seq))


@contextmanager
def _output_may_go() -> Iterator[None]:
    """Paid work is not given up because nobody watches it any more."""
    try:
        yield
    except ReaderGoneError:
        remark("Nobody reads the output any more; the run goes on. Look: loki logs -f. End: loki stop.")
    except LokiError as error:
        complain(error)


def consent(workspace: Path) -> bool:
    """Ask whether a directory may become a repository, where there is a person to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm(f"{visible(str(workspace))} is no git repository. Make it one?", err=True)
