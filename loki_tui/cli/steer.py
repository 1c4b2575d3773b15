"""`loki pause`, `loki stop` and `loki steer`: a word to a run that is under way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import OfRun, Run
from loki_tui.cli.output import remark

if TYPE_CHECKING:
    from loki_tui.runtime.client import RunClient

Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")]


def pause(run: Run = None, *, reason: Reason = "") -> None:
    """Hold a run where it is: nothing starts until it is resumed."""
    client = _client(run)
    client.pause(reason)
    remark(f"Run {client.run} is asked to pause. Go on: loki resume")


def stop(run: Run = None, *, reason: Reason = "") -> None:
    """Bring a run's work to a safe place and end the run, also where its engine is gone."""
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.runtime.starting import wind_up  # noqa: PLC0415

    client = _find(run)
    if client.engine() is None:
        asyncio.run(wind_up(client, os.environ, reason=reason))
        remark(f"Run {client.run}, which was not running, is ended. Its work: loki status")
        return
    client.stop(reason)
    remark(f"Run {client.run} is asked to stop.")


def steer(
    note: Annotated[
        str, typer.Argument(metavar="NOTE", help="What the agent is to know; it reads it at its next turn.")
    ],
    *,
    run: OfRun = None,
) -> None:
    """Leave a note for the agent."""
    client = _client(run)
    client.steer(note)
    remark(f"The agent of run {client.run} reads it at its next turn.")


def _client(run: str | None) -> RunClient:
    """The run that is meant, which must have an engine to hear this."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)

    client = _find(run)
    if client.engine() is None:
        raise UsageError(
            f"No engine is at work on run {client.run}.", hint="It is not running. Take it up: loki resume"
        )
    return client


def _find(run: str | None) -> RunClient:
    """The run that is meant."""
    from loki_tui.runtime.client import RunClient, choose_run  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    return RunClient(project, choose_run(project, run, unfinished=True).id)
