"""The ways a run is opened for the application; called on a thread of it, after its first paint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from loki_tui.runtime.client import RunClient, choose_run
from loki_tui.runtime.whereabouts import project_here
from loki_tui.tui.session import RunSession

if TYPE_CHECKING:
    from loki_tui.runtime.orders import Order
    from loki_tui.store.project import Project


def _refuse(_: Path) -> bool:
    """Nothing is made a repository behind a person's back; the command line asks before the screen opens."""
    return False


def attach(run: str | None, environ: Mapping[str, str]) -> RunSession:
    """A run that is there, wherever its engine lives."""
    project = project_here(environ)
    return RunSession(RunClient(project, choose_run(project, run).id))


def attach_to(project: Project, run: str) -> RunSession:
    """A run of a list, which may be another project's."""
    return RunSession(RunClient(project, run))


def start(
    order: Order,
    environ: Mapping[str, str],
    directory: Path | None = None,
    *,
    consent: Callable[[Path], bool] = _refuse,
) -> RunSession:
    """A new run, with its engine in this process.

    Args:
        order: What is wanted.
        environ: The environment.
        directory: Where the project is; the working directory unless another is named.
        consent: Asked whether a directory may become a repository.
    """
    from loki_tui.runtime.build import Recording  # noqa: PLC0415 (the engine is not wanted where one only looks)
    from loki_tui.runtime.starting import begin, make_ready  # noqa: PLC0415

    ready = make_ready(order, environ, consent=consent, directory=directory)
    host = begin(ready, run=order.run, recording=Recording(keep=order.record))
    return RunSession(host.client, host=host)


def resume(run: str | None, environ: Mapping[str, str], budget: Decimal | None) -> RunSession:
    """A run that is to go on: where its engine lives, else in this process."""
    project = project_here(environ)
    client = RunClient(project, choose_run(project, run, unfinished=True).id)
    if client.engine() is None:
        from loki_tui.runtime.starting import take_up  # noqa: PLC0415 (as above)

        host = take_up(client, environ, budget=budget)
        return RunSession(host.client, host=host)
    client.resume(budget)
    return RunSession(client)


def wind_up_here(client: RunClient, environ: Mapping[str, str]) -> None:
    """End a run whose engine is gone."""
    from loki_tui.runtime.starting import wind_up  # noqa: PLC0415 (as above)

    asyncio.run(wind_up(client, environ, reason=""))
