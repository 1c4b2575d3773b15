"""`loki notify`: who is told when a run waits or ends, and whether that works."""

from __future__ import annotations

import json as jsonlib
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import remark, ring, say
from loki_tui.wording.line import Line

if TYPE_CHECKING:
    from loki_tui.core.notices import Delivery
    from loki_tui.runtime.webhooks import Webhooks

app = typer.Typer(
    help="Webhooks that are told when a run waits, nears its budget, or ends.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

FAILED = 1
"""What `loki notify test` exits with where a channel was not reached; 2 where none is set up."""


@app.command("test")
def try_(*, json: Json = False) -> None:
    """Send a notice to every webhook, once, and say what came of each.

    Exits with 0 where all took it, with 1 where one did not, and with 2 where none is set up. The terminal's bell is
    rung where there is a terminal; whether it was heard, only you know.
    """
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.core.errors import UsageError  # noqa: PLC0415
    from loki_tui.runtime.webhooks import messenger_of  # noqa: PLC0415

    messenger = messenger_of(os.environ, record=None)
    if sys.stdout.isatty() and not json:
        ring()
        remark("The bell was rung; whether your terminal made anything of it, only you know.")
    if messenger is None:
        raise UsageError(
            "No webhook is set up, so nobody was told.",
            hint="Set LOKI_NOTIFY_WEBHOOK, LOKI_NOTIFY_SLACK or LOKI_NOTIFY_DISCORD to an address.",
        )
    deliveries = asyncio.run(_try_all(messenger))
    for each in deliveries:
        _print(each, json=json)
    if not all(each.ok for each in deliveries):
        raise typer.Exit(FAILED)


@app.command()
def status(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Which run; else the latest.")] = None,
    *,
    json: Json = False,
) -> None:
    """List the webhooks, and what became of a run's notices."""
    from loki_tui.runtime.client import choose_run, find_run  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415
    from loki_tui.runtime.webhooks import channels_of, remembered  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    for channel in channels_of(os.environ):
        say(jsonlib.dumps({"channel": channel.name}) if json else Line(f"set up: {channel.name}"))
    found = choose_run(project, run) if run is not None else find_run(project)
    if found is None:
        remark("There is no run here yet.")
        return
    for each in remembered(project.state.deliveries(found.id)):
        _print(each, json=json)


async def _try_all(messenger: Webhooks) -> list[Delivery]:
    import asyncio  # noqa: PLC0415 (imports when chosen)
    import platform  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from loki_tui.core.notices import Delivery, Notice  # noqa: PLC0415
    from loki_tui.engine.telling import NotDeliveredError  # noqa: PLC0415

    now = datetime.now(UTC)
    text = f"If you read this, notices from {platform.node()} arrive."
    notice = Notice(about="test", run="", project="", title="A test by loki notify test", text=text, at=now)

    async def one(channel: str) -> Delivery:
        error = ""
        try:
            await messenger.send(channel, notice)
        except NotDeliveredError as failed:
            error = failed.message
        return Delivery(about="test", channel=channel, ok=not error, attempts=1, at=now, error=error)

    try:
        return await asyncio.gather(*map(one, messenger.channels))
    finally:
        await messenger.close()


def _print(delivery: Delivery, *, json: bool) -> None:
    from loki_tui.wording.asides import told_text  # noqa: PLC0415 (imports when chosen)

    if json:
        say(delivery.model_dump_json())
    else:
        say(Line(f"{delivery.at.astimezone():%H:%M:%S} {told_text(delivery)}", "good" if delivery.ok else "bad"))
