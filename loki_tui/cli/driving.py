"""What `start` and `resume` do once their options are read."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import typer

from loki_tui.cli.output import ReaderGoneError, complain, remark, say
from loki_tui.core.errors import ExitCode, LokiError, UsageError
from loki_tui.core.settings import Settings
from loki_tui.core.terminal import visible
from loki_tui.headless.present import Presenter
from loki_tui.headless.summary import closing_lines
from loki_tui.runtime.build import Recording
from loki_tui.runtime.client import RunClient, choose_run
from loki_tui.runtime.host import RunHost, new_run_id
from loki_tui.runtime.prd import Prd, find_prd, read_prd
from loki_tui.runtime.readiness import check_prices, check_provider, check_recording, ensure_repository
from loki_tui.runtime.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked `start` for."""

    prd: Path | None
    overrides: Mapping[str, object]
    record: Path | None = None
    run: str | None = None
    """The run's name, where whoever sent this process off chose it."""
    json: bool = False
    consents: bool = False
    """Whether every question is answered with yes."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything a run needs to begin, looked at and found in order."""

    around: Surroundings
    settings: Settings
    prd: Prd


def make_ready(order: Order, environ: Mapping[str, str]) -> Ready:
    """See that an order can be carried out, before anything is written.

    Raises:
        LokiError: It cannot.
    """
    around = Surroundings.here(environ)
    settings = around.settings(order.overrides)
    workspace = around.project.workspace
    prd = read_prd(order.prd if order.prd is not None else find_prd(workspace))
    check_provider(settings, environ)
    check_prices(settings)
    if order.record is not None:
        check_recording(order.record)
    ensure_repository(around, settings, consent=lambda: order.consents or _asked(workspace))
    return Ready(around, settings, prd)


def start_here(order: Order, environ: Mapping[str, str]) -> ExitCode:
    """Begin a run and drive it in this process."""
    ready = make_ready(order, environ)
    recording = Recording(keep=order.record)
    run = order.run or new_run_id()
    with RunHost.open(ready.around, ready.settings, run=run, recording=recording) as host:
        host.begin(ready.prd)
        remark(f"run {run} in {ready.around.project.workspace}; to end it: loki stop")
        return drive(host, json=order.json)


def resume(run: str | None, environ: Mapping[str, str], *, budget: Decimal | None, json: bool) -> ExitCode:
    """Go on with a run, wherever that has to happen."""
    around = Surroundings.here(environ)
    summary = choose_run(around.project, run, unfinished=True)
    client = RunClient(around.project, summary.id)
    if summary.outcome is not None:
        raise UsageError(f"Run {summary.id} has ended: {summary.outcome}.", hint="Start another: loki start")
    view = client.view()
    if view.engine is not None:
        client.resume(budget)
        remark(f"Run {summary.id} goes on in process {view.engine.pid}. Watch: loki logs -f")
        return ExitCode.COMPLETED
    assert view.state.created is not None
    settings = around.settings_of(view.state.created)
    check_provider(settings, environ)
    check_prices(settings if budget is None else settings.model_copy(update={"budget_limit": budget}))
    with RunHost.open(around, settings, run=summary.id) as host:
        host.take_up(budget=budget)
        return drive(host, json=json, after=view.state.seq)


def wind_up(client: RunClient, environ: Mapping[str, str], *, reason: str) -> None:
    """End a run whose engine is gone."""
    around = Surroundings.here(environ)
    created = client.view().state.created
    assert created is not None
    with RunHost.open(around, around.settings_of(created), run=client.run) as host:
        asyncio.run(host.wind_up(reason))


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
    for line in closing_lines(host.client.view().state):
        remark(line)
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


def _asked(workspace: Path) -> bool:
    """Ask whether a directory may become a repository, where there is a person to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm(f"{visible(str(workspace))} is no git repository. Make it one?", err=True)
