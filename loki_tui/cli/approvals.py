"""`loki approvals`: what waits for a person, and the person's decisions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli import rules
from loki_tui.cli.options import Json, OfRun
from loki_tui.cli.output import remark, say
from loki_tui.wording.requests import says_everything

if TYPE_CHECKING:
    from loki_tui.core.events import ApprovalRequested
    from loki_tui.core.messages import JsonObject
    from loki_tui.core.state import Approval
    from loki_tui.runtime.client import RunClient
    from loki_tui.runtime.history import History

app = typer.Typer(help="What waits for a person, and the decisions.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(rules.app, name="rules")

Name = Annotated[str, typer.Argument(metavar="APPROVAL", help="Its name, such as p3.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="APPROVAL...", help="Their names, such as p3 p4.")]
All = Annotated[bool, typer.Option("--all", help="Everything that waits.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the run's engine took it; exit 1 where it did not.")]
Seconds = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long --wait waits.", show_default=False),
]


@app.command("list")
def list_(
    *,
    run: OfRun = None,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Wait until something does; exit 1 where --timeout came first, 20 at the end."),
    ] = False,
    timeout: Seconds = None,
    json: Json = False,
) -> None:
    """List what waits."""
    client = _client(run, reads=True)
    found = client.view().state.waiting_approvals
    code = 0
    if wait and not found:
        from loki_tui.cli.waiting import wait_for_approvals  # noqa: PLC0415 (imports when chosen)

        found, code = wait_for_approvals(client, timeout)
    for waiting in found:
        request = waiting.request
        whose = f"[{waiting.stream}] " if waiting.stream else ""
        plain = f"{request.approval}  {request.risk}  {whose}{request.title}"
        say(_listed_as_json(waiting) if json else plain)
    if not found:
        closed = client.view().state.closed
        over = "" if closed is None else f" Run {client.run} has ended: {closed.outcome}."
        remark(f"Nothing waits for you.{over}")
    raise typer.Exit(code)


@app.command()
def show(approval: Name, *, run: OfRun = None, json: Json = False) -> None:
    """Show exactly what an approval is about."""
    client = _client(run)
    waiting = _find(client, approval)
    with client.history() as history:
        for line in _as_json(waiting, history) if json else _shown(waiting, history):
            say(line)


@app.command()
def approve(  # noqa: PLR0913 (an option each)
    approvals: Names = None,
    *,
    run: OfRun = None,
    everything: All = False,
    for_run: Annotated[
        bool, typer.Option("--for-run", help="And such actions from now on, in this run, as `show` suggests.")
    ] = False,
    pattern: Annotated[
        str | None, typer.Option("--pattern", metavar="PATTERN", help="As --for-run, such as 'pytest *' or 'src/**'.")
    ] = None,
    command: Annotated[
        str | None, typer.Option("--command", metavar="TEXT", help="Run this command instead; the agent is told.")
    ] = None,
    wait: Wait = False,
    timeout: Seconds = None,
    json: Json = False,
) -> None:
    """Approve exactly what is shown."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)

    client = _client(run)
    chosen = _choose(client, approvals or [], everything=everything)
    if len(chosen) > 1 and (pattern or command is not None):
        raise UsageError("--pattern and --command are about one approval.", hint="Name it alone.")
    for waiting in chosen:
        asked = waiting.request
        if for_run and not pattern and not asked.pattern:
            raise UsageError(
                f"Loki suggests no pattern for {asked.approval}.", hint="Name one with --pattern, or approve it alone."
            )
    posted: dict[str, int] = {}
    for waiting in chosen:
        asked = waiting.request
        widened = pattern or (asked.pattern if for_run else None)
        edited = None if command is None else _with_command(asked, command)
        posted[asked.approval] = client.decide(waiting, "approved", edited=edited, pattern=widened)
        changed = ", changed" if edited is not None else ""
        remark(f"{asked.approval} is approved{changed}{f', and in this run: {widened}' if widened else ''}.")
    _settle(client, posted, decision="approved", wait=wait, timeout=timeout, json=json)


@app.command()
def deny(
    approvals: Names = None,
    *,
    run: OfRun = None,
    everything: All = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; the agent is told.")] = "",
    wait: Wait = False,
    timeout: Seconds = None,
    json: Json = False,
) -> None:
    """Deny it; the reason reaches the agent."""
    client = _client(run)
    posted: dict[str, int] = {}
    for waiting in _choose(client, approvals or [], everything=everything):
        posted[waiting.request.approval] = client.decide(waiting, "denied", reason=reason)
        remark(f"{waiting.request.approval} is denied.")
    _settle(client, posted, decision="denied", wait=wait, timeout=timeout, json=json)


# -- what is shown ------------------------------------------------------------------------------


def _listed_as_json(waiting: Approval) -> str:
    import json as jsonlib  # noqa: PLC0415 (when it is wanted)

    return jsonlib.dumps({**waiting.request.model_dump(mode="json"), "stream": waiting.stream or None})


def _shown(waiting: Approval, history: History) -> Iterator[str]:
    """All of a request, as lines."""
    request = waiting.request
    yield f"{request.approval}: {request.title}"
    yield f"risk: {request.risk}; {request.reason}"
    if waiting.stream:
        yield f"stream: {waiting.stream}"
    if request.agent:
        yield f"by: {request.agent}"
    if request.cwd:
        yield f"in: {request.cwd}"
    if request.pattern:
        yield f"such actions: {request.pattern} (loki approvals approve {request.approval} --for-run)"
    yield f"digest: {request.digest}"
    diff = history.text_of(request.diff) if request.diff is not None else ""
    yield from _indented(diff)
    if not diff or not says_everything(diff):
        yield from _indented(_detail(request, history))


def _as_json(waiting: Approval, history: History) -> Iterator[str]:
    """The same as one object, with its texts whole."""
    import json as jsonlib  # noqa: PLC0415 (when it is wanted)

    from loki_tui.core.vocabulary import Excerpt  # noqa: PLC0415 (imports when chosen)

    request = waiting.request
    whole: dict[str, object] = {"detail": _detail(request, history), "detail_blob": None}
    if request.diff is not None:
        text = history.text_of(request.diff)
        whole["diff"] = Excerpt(text=text, size=len(text))
    row = request.model_copy(update=whole).model_dump(mode="json", exclude_none=True)
    yield jsonlib.dumps({**row, "stream": waiting.stream} if waiting.stream else row)


def _detail(request: ApprovalRequested, history: History) -> str:
    from loki_tui.core.vocabulary import Excerpt  # noqa: PLC0415 (imports when chosen)

    return history.text_of(Excerpt(text=request.detail, blob=request.detail_blob))


def _indented(text: str) -> Iterator[str]:
    return (f"  {line}" for line in text.splitlines())


# -- what is decided ----------------------------------------------------------------------------


def _settle(
    client: RunClient, posted: dict[str, int], *, decision: str, wait: bool, timeout: float | None, json: bool
) -> None:
    """Wait until the engine took each decision, where that is wanted, and exit with whether it did."""
    from loki_tui.cli.waiting import TAKEN_SECONDS, Came, wait_until_taken  # noqa: PLC0415 (imports when chosen)

    came = (
        wait_until_taken(client, posted, decision, timeout or TAKEN_SECONDS)
        if wait
        else [Came(name, None) for name in posted]
    )
    for one in came:
        if json:
            say(one.as_json(decision))
        elif one.why:
            remark(f"{one.approval}: {one.why}")
    if any(one.taken is False for one in came):
        raise typer.Exit(1)


def _with_command(asked: ApprovalRequested, command: str) -> JsonObject:
    """The action with another command."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)
    from loki_tui.core.tools import Shell  # noqa: PLC0415

    if asked.tool != Shell.tool:
        raise UsageError(f"{asked.approval} is no command: {asked.title}.", hint="Deny it with a --reason instead.")
    return {**(asked.input or {}), "command": command}


def _choose(client: RunClient, names: Sequence[str], *, everything: bool) -> list[Approval]:
    """The approvals that are named, or all that wait, each of them undecided."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)

    if bool(names) == everything:
        raise UsageError("Name approvals, or say --all.", hint="loki approvals list")
    if everything:
        found = client.view().state.waiting_approvals
        if not found:
            remark("Nothing waits for you.")
        return found
    return [_find(client, name) for name in dict.fromkeys(names)]


def _find(client: RunClient, name: str) -> Approval:
    """The approval that waits under this name."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)

    approval = client.view().state.approval(name)
    if approval is None:
        raise UsageError(f"There is no approval {name!r} in run {client.run}.", hint="loki approvals list")
    if approval.decision is not None:
        decided = approval.decision
        raise UsageError(f"{name} was {decided.decision} already, by {decided.by}.", hint="loki approvals list")
    return approval


def _client(run: str | None, *, reads: bool = False) -> RunClient:
    from loki_tui.runtime.client import RunClient, choose_run, ended_alone  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    return RunClient(project, choose_run(project, run, unfinished=not (reads and ended_alone(project))).id)
