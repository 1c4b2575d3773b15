"""`loki start`, `loki resume` and `loki attach`: drive a run here, on a screen or in lines, or send it off."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Budget, Face, Headless, Json, Run, budget_option, face_of

if TYPE_CHECKING:
    from decimal import Decimal

    from loki_tui.runtime.orders import Order
    from loki_tui.tui.session import RunSession


def start(  # noqa: PLR0913 (an option each)
    context: typer.Context,
    prd: Annotated[
        Path | None, typer.Argument(metavar="PRD", help="The PRD; without one the usual places are searched.")
    ] = None,
    *,
    headless: Headless = False,
    budget: Budget = None,
    max_iterations: Annotated[int | None, typer.Option(metavar="N", help="Iterations at most.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model agents work with.")] = None,
    provider: Annotated[str | None, typer.Option(metavar="NAME", help="anthropic, claude, acp or replay.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background.")] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Agents work in containers; as LOKI_CONFINEMENT=docker.")
    ] = False,
    parallel: Annotated[
        bool,
        typer.Option("--parallel", help="Work on independent parts at once, in git worktrees; as LOKI_PARALLEL_MODE."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer every question with yes.")] = False,
    init_git: Annotated[bool, typer.Option("--init-git", help="Make the directory a git repository.")] = False,
    record: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the model's answers in a new file.")] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what the run may cost and take, and start nothing.")
    ] = False,
    json: Json = False,
    run: Annotated[str | None, typer.Option("--run", hidden=True)] = None,
) -> None:
    """Work on a PRD until the product is verified complete."""
    from loki_tui.runtime.orders import Order  # noqa: PLC0415 (imports when chosen)

    overrides: dict[str, object] = {
        "budget_limit": budget_option(budget),
        "max_iterations": max_iterations,
        "model": model,
        "provider": provider,
        "confinement": "docker" if sandbox else None,
        "parallel_mode": True if parallel else None,
    }
    order = Order(prd=prd, overrides=overrides, record=record, run=run, consents=yes or init_git)
    if estimate:
        from loki_tui.cli.estimating import print_estimate  # noqa: PLC0415 (imports when chosen)

        print_estimate(order, os.environ, json_lines=json)
    elif detach:
        from loki_tui.cli.detaching import start_detached  # noqa: PLC0415

        raise typer.Exit(start_detached(order, os.environ, json_lines=json))
    else:
        raise typer.Exit(_drive(order, face_of(context, headless=headless, json=json), json=json))


def _drive(order: Order, face: Face, *, json: bool) -> int:
    """Begin a run in this process, shown as is wanted."""
    match face:
        case Face.SCREEN:
            return _start_on_screen(order)
        case Face.LINEAR:
            from loki_tui.cli import linear  # noqa: PLC0415 (imports when chosen)

            return linear.start(order, os.environ)
        case Face.LINES:
            from loki_tui.cli.driving import start_here  # noqa: PLC0415

            return start_here(order, os.environ, json=json)


def _start_on_screen(order: Order) -> int:
    """Ask what only a plain terminal can be asked, then open the application."""
    from loki_tui.cli.driving import consent  # noqa: PLC0415 (imports when chosen)
    from loki_tui.cli.screen import show  # noqa: PLC0415
    from loki_tui.runtime.starting import make_ready  # noqa: PLC0415

    if not order.consents and not any((place / ".git").exists() for place in (Path.cwd(), *Path.cwd().parents)):
        make_ready(order, os.environ, consent=consent)

    def opening() -> RunSession:
        from loki_tui.tui.openings import start as begin  # noqa: PLC0415 (on a thread of the application)

        return begin(order, os.environ)

    return show(os.environ, opening, title="Getting ready")


def resume(
    context: typer.Context,
    run: Run = None,
    *,
    headless: Headless = False,
    budget: Budget = None,
    json: Json = False,
) -> None:
    """Go on with a paused or crashed run.

    A paused run goes on where its engine lives; one whose engine is gone is taken up here.
    """
    match face_of(context, headless=headless, json=json):
        case Face.SCREEN:
            code = _resume_on_screen(run, budget_option(budget))
        case Face.LINEAR:
            from loki_tui.cli import linear  # noqa: PLC0415 (imports when chosen)

            code = linear.resume(run, os.environ, budget=budget_option(budget))
        case _:
            from loki_tui.cli.driving import resume as go_on  # noqa: PLC0415

            code = go_on(run, os.environ, budget=budget_option(budget), json=json)
    raise typer.Exit(code)


def _resume_on_screen(run: str | None, budget: Decimal | None) -> int:
    from loki_tui.cli.screen import show  # noqa: PLC0415 (imports when chosen)

    def opening() -> RunSession:
        from loki_tui.tui.openings import resume as go_on  # noqa: PLC0415 (on a thread of the application)

        return go_on(run, os.environ, budget)

    return show(os.environ, opening, title="Going on with the run")


def attach(context: typer.Context, run: Run = None) -> None:
    """Open the full-screen application on a run: at work anywhere on this machine, or long over."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)

    match face_of(context, headless=False):
        case Face.LINES:
            raise UsageError("There is no terminal to open the application on.", hint="loki status, or: loki logs -f")
        case Face.LINEAR:
            from loki_tui.cli import linear  # noqa: PLC0415

            raise typer.Exit(linear.attach(run, os.environ))
        case Face.SCREEN:
            pass
    from loki_tui.cli.screen import show_run  # noqa: PLC0415

    raise typer.Exit(show_run(run, os.environ))
