"""`loki council`: what the completion council did in a run, and the call for it to sit."""

from __future__ import annotations

import json as jsonlib
import os
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json, Run
from loki_tui.cli.output import remark, say

if TYPE_CHECKING:
    from loki_tui.core.events import Record
    from loki_tui.runtime.client import RunClient
    from loki_tui.runtime.convergence import Convergence
    from loki_tui.runtime.sittings import Sitting

app = typer.Typer(
    help="The completion council: how it voted, and whether the run converges.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

NOT_APPROVED = 1
"""What `force-review --wait` exits with where the sitting did not approve, or there was none."""


@app.command()
def status(run: Run = None, *, json: Json = False) -> None:
    """Show the council's rules, its last sitting, when it sits next and why, and how well its members see."""
    from loki_tui.headless.council import status_lines  # noqa: PLC0415 (imports when chosen)
    from loki_tui.wording.council_rows import rules_of, status_row  # noqa: PLC0415 (imports when chosen)

    state = _client(run).view().state
    rules = rules_of(state.created)
    if json:
        say(jsonlib.dumps(status_row(state, rules)))
        return
    for line in status_lines(state, rules):
        say(line)


@app.command()
def verdicts(run: Run = None, *, json: Json = False) -> None:
    """Show every sitting so far: who voted how, why, on what evidence, and which votes do not count."""
    from loki_tui.headless.council import sitting_lines  # noqa: PLC0415 (imports when chosen)
    from loki_tui.wording.council_rows import sitting_row  # noqa: PLC0415 (imports when chosen)

    client = _client(run)
    none = True
    for sitting in _sittings(client):
        none = False
        if json:
            say(jsonlib.dumps({"run": client.run, **sitting_row(sitting)}))
            continue
        for line in sitting_lines(sitting):
            say(line)
    if none:
        remark(f"The council of run {client.run} has not sat yet.")


@app.command()
def convergence(run: Run = None, *, json: Json = False) -> None:
    """Show what each iteration changed, proved and cost, what fails again and again, and what that means."""
    from loki_tui.headless.council import convergence_lines, convergence_row  # noqa: PLC0415 (imports when chosen)
    from loki_tui.wording.council_rows import rules_of  # noqa: PLC0415 (imports when chosen)

    client = _client(run)
    found = _convergence(client)
    state = client.view().state
    rules = rules_of(state.created)
    if json:
        say(jsonlib.dumps(convergence_row(found, state, rules)))
        return
    for line in convergence_lines(found, state, rules):
        say(line)


@app.command("force-review")
def force_review(
    run: Run = None,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the sitting; exit 0 where it approves, 1 where it does not.")
    ] = False,
    json: Json = False,
) -> None:
    """Have the council sit as soon as the iteration at hand is over, whatever the interval says."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)
    from loki_tui.headless.council import sitting_lines  # noqa: PLC0415 (imports when chosen)
    from loki_tui.wording.council_rows import rules_of, sitting_row  # noqa: PLC0415 (imports when chosen)

    client = _client(run, unfinished=True)
    view = client.view()
    if view.engine is None:
        over = "It has ended." if view.state.status.ended else "It is not running. Take it up: loki resume"
        raise UsageError(f"No engine is at work on run {client.run}, so nobody hears this.", hint=over)
    if not rules_of(view.state.created).enabled:
        raise UsageError(f"Run {client.run} has no council.", hint="It was switched off by LOKI_COUNCIL_ENABLED.")
    if not wait:
        request = client.force_review()
        if json:
            say(jsonlib.dumps({"run": client.run, "request": request}))
        remark(f"The council of run {client.run} is asked to sit. See: loki council status")
        return
    from loki_tui.cli.sitting import wait_for_sitting  # noqa: PLC0415

    sitting, why = wait_for_sitting(client)
    if sitting is None:
        if json:
            say(jsonlib.dumps({"run": client.run, "decided": False, "why": why}))
        remark(f"The council did not decide: {why}.")
        raise typer.Exit(NOT_APPROVED)
    if json:
        say(jsonlib.dumps({"run": client.run, **sitting_row(sitting)}))
    else:
        for line in sitting_lines(sitting):
            say(line)
    if sitting.decided is None or not sitting.decided.approved:
        raise typer.Exit(NOT_APPROVED)


@app.command()
def report(
    run: Run = None,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there instead of printing it.")
    ] = None,
    json: Json = False,
) -> None:
    """Print facts, sittings and convergence as a Markdown document."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)
    from loki_tui.headless.council import convergence_row  # noqa: PLC0415 (imports when chosen)
    from loki_tui.headless.council_report import report as report_of  # noqa: PLC0415
    from loki_tui.wording.council_rows import rules_of, sitting_row, status_row  # noqa: PLC0415 (imports when chosen)

    client = _client(run)
    found = _convergence(client)
    state = client.view().state
    rules = rules_of(state.created)
    if json:
        sittings = [sitting_row(sitting) for sitting in _sittings(client)]
        row = {"status": status_row(state, rules), "sittings": sittings}
        lines = iter([jsonlib.dumps({**row, "convergence": convergence_row(found, state, rules)})])
    else:
        lines = report_of(state, rules, _sittings(client), found)
    if output is None:
        for line in lines:
            say(line)
        return
    try:
        output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.", hint="Name another file.") from error
    remark(f"Written to {output}.")


def _sittings(client: RunClient) -> Iterator[Sitting]:
    from loki_tui.runtime.sittings import KINDS, sittings  # noqa: PLC0415 (imports when chosen)

    return sittings(_records(client, KINDS))


def _convergence(client: RunClient) -> Convergence:
    from loki_tui.runtime.convergence import KINDS, converge  # noqa: PLC0415 (imports when chosen)

    return converge(_records(client, KINDS))


def _records(client: RunClient, kinds: Collection[str]) -> Iterator[Record]:
    with closing(client.project.reader()) as reader:
        yield from reader.of_kinds(client.run, kinds)


def _client(run: str | None, *, unfinished: bool = False) -> RunClient:
    """The run that is meant."""
    from loki_tui.runtime.client import RunClient, choose_run  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    return RunClient(project, choose_run(project, run, unfinished=unfinished).id)
