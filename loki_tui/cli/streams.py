"""`loki streams`: the parts of a parallel run, one by one: seen, held, ended, given money, told something."""

from __future__ import annotations

import json as jsonlib
import os
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json, OfRun
from loki_tui.cli.output import remark, say

if TYPE_CHECKING:
    from loki_tui.runtime.client import RunClient

app = typer.Typer(
    help="Streams of a parallel run: seen, paused, stopped, given a share of the budget, steered.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="STREAM", help="Its name, as `loki streams list` has it.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")]


@app.command("list")
def list_(*, run: OfRun = None, json: Json = False) -> None:
    """List the streams: where each is and why, its iterations, cost and share, what it did last."""
    from loki_tui.wording.stream_rows import stream_lines, stream_rows, together_lines  # noqa: PLC0415 (when chosen)

    state = _find(run).view().state
    if json:
        for row in stream_rows(state):
            say(jsonlib.dumps(row))
    else:
        for line in (*together_lines(state), *stream_lines(state)):
            say(line)
    if not state.streams:
        remark(f"Run {state.run} has no streams. A run that has: loki start --parallel PRD")


@app.command()
def show(stream: Name, *, run: OfRun = None, json: Json = False) -> None:
    """Show all there is to one stream: what it is to do, its files, branch and worktree, iterations, checks."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)
    from loki_tui.wording.stream_rows import detail_lines, detail_row  # noqa: PLC0415

    client = _find(run)
    state = client.view().state
    if stream not in state.streams:
        raise UsageError(f"Run {client.run} has no stream {stream!r}.", hint="loki streams list")
    if json:
        say(jsonlib.dumps(detail_row(state, stream)))
        return
    for line in detail_lines(state, stream):
        say(line)


@app.command()
def pause(stream: Name, *, run: OfRun = None, reason: Reason = "", json: Json = False) -> None:
    """Hold one stream where it is; the others go on."""
    client = _at_work(run, stream)
    request = client.pause(reason, stream=stream)
    _tell(
        client,
        stream,
        request,
        json=json,
        said=f"Stream {stream} is asked to pause. Go on: loki streams resume {stream}",
    )


@app.command()
def resume(stream: Name, *, run: OfRun = None, json: Json = False) -> None:
    """Have a stream that was paused go on."""
    client = _at_work(run, stream)
    request = client.resume(stream=stream)
    _tell(client, stream, request, json=json, said=f"Stream {stream} is asked to go on.")


@app.command()
def stop(stream: Name, *, run: OfRun = None, reason: Reason = "", json: Json = False) -> None:
    """End one stream; what it did stays on its branch, and the others go on."""
    client = _at_work(run, stream)
    request = client.stop(reason, stream=stream)
    _tell(client, stream, request, json=json, said=f"Stream {stream} is asked to stop.")


@app.command()
def share(
    stream: Name,
    amount: Annotated[str, typer.Argument(metavar="USD", help="What it may spend in all, such as 2.50.")],
    *,
    run: OfRun = None,
    json: Json = False,
) -> None:
    """Give a stream another share of the run's budget, whose own cap stays."""
    from loki_tui.core.money import format_limit, parse_usd  # noqa: PLC0415 (imports when chosen)

    limit = parse_usd(amount, name="the share")
    client = _at_work(run, stream)
    request = client.set_budget(limit, stream=stream)
    _tell(
        client, stream, request, json=json, said=f"Stream {stream} may spend {format_limit(limit)} of the run's budget."
    )


@app.command()
def steer(
    stream: Name,
    note: Annotated[str, typer.Argument(metavar="NOTE", help="What its agent is to know; read at its next turn.")],
    *,
    run: OfRun = None,
) -> None:
    """Leave a note for the agent of one stream; `loki steer` leaves one for all."""
    _at_work(run, stream).steer(note, stream=stream)
    remark(f"The agent of stream {stream} reads it at its next turn.")


def _tell(client: RunClient, stream: str, request: int, *, said: str, json: bool) -> None:
    """Say that something was asked; for a program, under which number."""
    if json:
        say(jsonlib.dumps({"run": client.run, "stream": stream, "request": request}))
    else:
        remark(said)


def _at_work(run: str | None, stream: str) -> RunClient:
    """The run that is meant, in which this stream has to be at work."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)

    client = _find(run, unfinished=True)
    state = client.view().state
    found = state.streams.get(stream)
    if found is None:
        named = f"It has {', '.join(state.streams)}." if state.streams else "It is not parallel."
        raise UsageError(f"Run {client.run} has no stream {stream!r}.", hint=named)
    if not found.is_open:
        raise UsageError(f"Stream {stream} is {state.stream_status(stream)}, and not at work.")
    if client.engine() is None:
        raise UsageError(f"No engine is at work on run {client.run}.", hint="Take it up: loki resume")
    return client


def _find(run: str | None, *, unfinished: bool = False) -> RunClient:
    """The run that is meant."""
    from loki_tui.runtime.client import RunClient, choose_run  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    return RunClient(project, choose_run(project, run, unfinished=unfinished).id)
