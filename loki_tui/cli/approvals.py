"""`loki approvals`: what waits for a person, and the person's decisions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from loki_tui.cli.options import Json, OfRun
from loki_tui.cli.output import remark, say

if TYPE_CHECKING:
    from loki_tui.core.state import Approval
    from loki_tui.runtime.client import RunClient

app = typer.Typer(help="What waits for a person, and the decisions.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="APPROVAL", help="Its name, such as p3.")]


@app.command("list")
def list_(*, run: OfRun = None, json: Json = False) -> None:
    """List what waits."""
    found = _client(run).view().state.waiting_approvals
    for waiting in found:
        request = waiting.request
        say(request.model_dump_json() if json else f"{request.approval}  {request.risk}  {request.title}")
    if not found:
        remark("Nothing waits for you.")


@app.command()
def show(approval: Name, *, run: OfRun = None) -> None:
    """Show exactly what an approval is about."""
    request = _find(_client(run), approval).request
    say(f"{request.approval}: {request.title}")
    say(f"risk: {request.risk}; {request.reason}")
    say(f"digest: {request.digest}")
    for line in request.detail.splitlines():
        say(f"  {line}")


@app.command()
def approve(approval: Name, *, run: OfRun = None) -> None:
    """Approve exactly what is shown."""
    _decide(run, approval, "approved")


@app.command()
def deny(
    approval: Name,
    *,
    run: OfRun = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; the agent is told.")] = "",
) -> None:
    """Deny it; the reason reaches the agent."""
    _decide(run, approval, "denied", reason=reason)


def _decide(run: str | None, name: str, decision: Literal["approved", "denied"], *, reason: str = "") -> None:
    client = _client(run)
    client.decide(_find(client, name), decision, reason=reason)
    remark(f"{name} is {decision}.")


def _find(client: RunClient, name: str) -> Approval:
    """The approval that waits under this name."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)

    approval = client.view().state.approvals.get(name)
    if approval is None:
        raise UsageError(f"There is no approval {name!r} in run {client.run}.", hint="loki approvals list")
    if approval.decision is not None:
        decided = approval.decision
        raise UsageError(f"{name} was {decided.decision} already, by {decided.by}.", hint="loki approvals list")
    return approval


def _client(run: str | None) -> RunClient:
    from loki_tui.runtime.client import RunClient, choose_run  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    return RunClient(project, choose_run(project, run, unfinished=True).id)
