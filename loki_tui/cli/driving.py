"""What `start` and `resume` do once their options are read."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from loki_tui.cli.output import remark, say
from loki_tui.core.errors import ExitCode, LokiError, UsageError
from loki_tui.headless.lines import Line
from loki_tui.headless.present import present
from loki_tui.runtime.build import Recording
from loki_tui.runtime.client import RunClient, choose_run
from loki_tui.runtime.host import RunHost, new_run_id, settings_of_run
from loki_tui.runtime.prd import Prd, find_prd, read_prd
from loki_tui.runtime.readiness import check_prices, check_provider, ensure_repository
from loki_tui.runtime.surroundings import Surroundings

DETACH_PATIENCE = 30.0
"""Seconds a detached run has to journal its first event."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked `start` for."""

    prd: Path | None
    overrides: Mapping[str, object]
    record: Path | None = None
    run: str | None = None
    json: bool = False
    consents: bool = False
    """Whether every question is answered with yes."""
    asks: bool = True
    """Whether a question may be asked, given a terminal."""


def start_here(order: Order, environ: Mapping[str, str]) -> ExitCode:
    """Begin a run and drive it in this process."""
    around = Surroundings.here(environ)
    settings = around.settings(order.overrides)
    prd = _prd(order, around)
    check_provider(settings, environ)
    check_prices(settings)
    ensure_repository(around, settings, consent=_consent(order, around))
    recording = Recording(keep=order.record)
    with RunHost.open(around, settings, run=order.run or new_run_id(), recording=recording) as host:
        host.begin(prd)
        if not order.json:
            remark(f"run {host.run_id} in {around.project.workspace}; to end it: loki stop")
        return asyncio.run(drive(host, json=order.json))


def start_detached(order: Order, environ: Mapping[str, str]) -> ExitCode:
    """Begin a run in a process of its own, and return once it is under way."""
    around = Surroundings.here(environ)
    settings = around.settings(order.overrides)
    prd = _prd(order, around)
    check_provider(settings, environ)
    check_prices(settings)
    ensure_repository(around, settings, consent=_consent(order, around))
    if (holder := around.project.engine()) is not None:
        raise UsageError(f"Run {holder.run} is at work here already (process {holder.pid}).", hint="End it: loki stop")
    run = new_run_id()
    around.project.state.prepare()
    log = around.project.state.prepare_run(run).home.parent / "engine.log"
    options = [
        argument
        for name, value in order.overrides.items()
        if value is not None
        for argument in (f"--{_OPTIONS[name]}", str(value))
    ]
    if order.record is not None:
        options += ["--record", str(order.record.absolute())]
    command = [sys.executable, "-m", "loki_tui", "--headless", "start", str(prd.path), "--run", run, *options]
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=around.project.workspace,
            env=dict(environ),
            start_new_session=True,
        )
    _await_engine(RunClient(around.project, run), child, log=log)
    say(run)
    remark(f"It goes on in the background (process {child.pid}). Watch: loki logs -f. End: loki stop.")
    return ExitCode.COMPLETED


_OPTIONS = {
    "budget_limit": "budget",
    "max_iterations": "max-iterations",
    "model": "model",
    "provider": "provider",
}


def _await_engine(client: RunClient, child: subprocess.Popen[bytes], *, log: Path) -> None:
    deadline = time.monotonic() + DETACH_PATIENCE
    while client.engine() is None:
        try:
            child.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                continue
        said = log.read_text(errors="replace").strip()
        if child.returncode == ExitCode.COMPLETED:
            return
        raise LokiError(f"The run did not start: {said or 'it said nothing'}", hint=f"Its output is in {log}.")


def resume(run: str | None, environ: Mapping[str, str], *, budget: Decimal | None, json: bool) -> ExitCode:
    """Go on with a run, wherever that has to happen."""
    around = Surroundings.here(environ)
    summary = choose_run(around.project, run, unfinished=True)
    client = RunClient(around.project, summary.id)
    if summary.outcome is not None:
        raise UsageError(f"Run {summary.id} has ended: {summary.outcome}.", hint="Start another: loki start")
    if (holder := client.engine()) is not None:
        client.resume(budget)
        remark(f"Run {summary.id} goes on in process {holder.pid}. Watch: loki logs -f")
        return ExitCode.COMPLETED
    created = client.view().state.created
    assert created is not None
    settings = around.settings(settings_of_run(around, created))
    check_provider(settings, environ)
    with RunHost.open(around, settings, run=summary.id) as host:
        host.take_up(budget=budget)
        return asyncio.run(drive(host, json=json))


async def drive(host: RunHost, *, json: bool) -> ExitCode:
    """Drive a run and print what happens.

    Returns:
        What the process is to exit with.
    """
    printer = asyncio.create_task(present(host.run_id, host.follow(), write=say, json_lines=json))
    try:
        code = await host.run()
        if code is not ExitCode.INTERRUPTED:
            await printer
        return code
    finally:
        printer.cancel()


def _prd(order: Order, around: Surroundings) -> Prd:
    return read_prd(order.prd if order.prd is not None else find_prd(around.project.workspace))


def _consent(order: Order, around: Surroundings) -> bool:
    """Whether a directory that is no repository may become one; asks where it can."""
    if order.consents or (around.project.workspace / ".git").exists():
        return order.consents
    if not (order.asks and sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    say(Line(f"{around.project.workspace} is no git repository. Make it one? [y/N] "), to=sys.stderr)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
