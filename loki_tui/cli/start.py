"""`loki start` and `loki resume`: drive a run in this process, or send it off by itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from loki_tui.cli.options import Budget, Headless, Json, Run, budget_option
from loki_tui.core.errors import ExitCode


def start(  # noqa: PLR0913 (an option each)
    prd: Annotated[Path | None, typer.Argument(help="The PRD; without one the usual places are searched.")] = None,
    *,
    headless: Headless = False,
    budget: Budget = None,
    max_iterations: Annotated[int | None, typer.Option("--max-iterations", help="Iterations at most.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="The model agents work with.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", help="Who answers: anthropic or replay.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer every question with yes.")] = False,
    init_git: Annotated[bool, typer.Option("--init-git", help="Make the directory a git repository.")] = False,
    record: Annotated[Path | None, typer.Option("--record", help="Keep the model's answers in this file.")] = None,
    json: Json = False,
    run: Annotated[str | None, typer.Option("--run", hidden=True)] = None,
) -> None:
    """Work on a PRD until the product is verified complete."""
    from loki_tui.cli import driving  # noqa: PLC0415 (imports when chosen)

    del headless  # Lines are the only face so far.
    overrides: dict[str, object] = {
        "budget_limit": budget_option(budget),
        "max_iterations": max_iterations,
        "model": model,
        "provider": provider,
    }
    order = driving.Order(
        prd=prd, overrides=overrides, record=record, run=run, json=json, consents=yes or init_git, asks=not detach
    )
    code = driving.start_detached(order, os.environ) if detach else driving.start_here(order, os.environ)
    _leave(code)


def resume(
    run: Run = None,
    *,
    headless: Headless = False,
    budget: Budget = None,
    json: Json = False,
) -> None:
    """Go on with a run: a paused one where its engine lives, a crashed one here."""
    from loki_tui.cli import driving  # noqa: PLC0415 (imports when chosen)

    del headless
    _leave(driving.resume(run, os.environ, budget=budget_option(budget), json=json))


def _leave(code: ExitCode) -> None:
    raise typer.Exit(code)
