"""Beginning a run, or going on with one: what every face does before an engine is at work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from loki_tui.core.errors import UsageError
from loki_tui.core.settings import Settings
from loki_tui.runtime.build import Recording
from loki_tui.runtime.client import RunClient
from loki_tui.runtime.host import RunHost, new_run_id
from loki_tui.runtime.orders import Order
from loki_tui.runtime.prd import Prd, find_prd, read_prd
from loki_tui.runtime.readiness import check_parallel, check_prices, check_provider, check_recording, ensure_repository
from loki_tui.runtime.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything a run needs to begin, looked at and found in order."""

    around: Surroundings
    settings: Settings
    prd: Prd


def make_ready(
    order: Order, environ: Mapping[str, str], *, consent: Callable[[Path], bool], directory: Path | None = None
) -> Ready:
    """See that an order can be carried out, before anything is written.

    Args:
        order: What is wanted.
        environ: The environment.
        consent: Asked whether a directory may become a repository, where the order does not say.
        directory: Where the project is; the working directory unless another is named.

    Raises:
        LokiError: It cannot.
    """
    around = Surroundings.here(environ, directory)
    settings = around.settings(order.overrides)
    workspace = around.project.workspace
    prd = read_prd(order.prd if order.prd is not None else find_prd(workspace))
    check_provider(settings, environ)
    check_prices(settings)
    if order.record is not None:
        check_recording(order.record)
    ensure_repository(around, settings, consent=lambda: order.consents or consent(workspace))
    check_parallel(around, settings)
    return Ready(around, settings, prd)


def begin(ready: Ready, *, run: str | None = None, recording: Recording | None = None) -> RunHost:
    """Create the run and hold it; its engine is not at work yet.

    Raises:
        BusyError: Another engine holds the project.
        LokiError: The state directory cannot be used.
    """
    host = RunHost.open(ready.around, ready.settings, run=run or new_run_id(), recording=recording)
    try:
        host.begin(ready.prd)
    except BaseException:
        host.close()
        raise
    return host


def take_up(client: RunClient, environ: Mapping[str, str], *, budget: Decimal | None = None) -> RunHost:
    """Hold a run whose engine is gone, to go on with it.

    Raises:
        UsageError: It has ended, or a setting is wrong.
        BusyError: An engine is at work in the project.
        LokiError: The state directory cannot be used.
    """
    state = client.view().state
    if state.status.ended:
        raise UsageError(f"Run {client.run} has ended: {state.status}.", hint="Start another: loki start")
    assert state.created is not None
    around = Surroundings(environ, client.project)
    settings = around.settings_of(state.created)
    check_provider(settings, environ)
    check_prices(settings if budget is None else settings.model_copy(update={"budget_limit": budget}))
    host = RunHost.open(around, settings, run=client.run)
    try:
        host.take_up(budget=budget)
    except BaseException:
        host.close()
        raise
    return host


async def wind_up(client: RunClient, environ: Mapping[str, str], *, reason: str) -> None:
    """End a run whose engine is gone: what it left is saved and delivered.

    Raises:
        LokiError: It cannot.
    """
    around = Surroundings(environ, client.project)
    created = client.view().state.created
    assert created is not None
    with RunHost.open(around, around.settings_of(created), run=client.run) as host:
        await host.wind_up(reason)
