"""`loki start` and `loki resume`: drive a run in this process, or send it off by itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from loki_tui.cli.options import Budget, Headless, Json, Run, budget_option


def start(  # noqa: PLR0913 (an option each)
    prd: Annotated[
        Path | None, typer.Argument(metavar="PRD", help="The PRD; without one the usual places are searched.")
    ] = None,
    *,
    headless: Headless = False,
    budget: Budget = None,
    max_iterations: Annotated[int | None, typer.Option(metavar="N", help="Iterations at most.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model agents work with.")] = None,
    provider: Annotated[str | None, typer.Option(metavar="NAME", help="Who answers: anthropic or replay.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer every question with yes.")] = False,
    init_git: Annotated[bool, typer.Option("--init-git", help="Make the directory a git repository.")] = False,
    record: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the model's answers in a new file.")] = None,
    json: Json = False,
    run: Annotated[str | None, typer.Option("--run", hidden=True)] = None,
) -> None:
    """Work on a PRD until the product is verified complete."""
    from loki_tui.cli.detaching import start_detached  # noqa: PLC0415 (imports when chosen)
    from loki_tui.cli.driving import Order, start_here  # noqa: PLC0415

    del headless  # Lines are the only face so far.
    overrides: dict[str, object] = {
        "budget_limit": budget_option(budget),
        "max_iterations": max_iterations,
        "model": model,
        "provider": provider,
    }
    order = Order(prd=prd, overrides=overrides, record=record, run=run, json=json, consents=yes or init_git)
    raise typer.Exit((start_detached if detach else start_here)(order, os.environ))


def resume(
    run: Run = None,
    *,
    headless: Headless = False,
    budget: Budget = None,
    json: Json = False,
) -> None:
    """Go on with a paused or crashed run.

    A paused run goes on where its engine lives; one whose engine is gone is taken up here.
    """
    from loki_tui.cli.driving import resume as go_on  # noqa: PLC0415 (imports when chosen)

    del headless  # Lines are the only face so far.
    raise typer.Exit(go_on(run, os.environ, budget=budget_option(budget), json=json))
