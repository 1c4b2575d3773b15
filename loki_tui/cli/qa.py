"""`loki qa`: the QA phases on this repository, without a run and without a model."""

from __future__ import annotations

import json as jsonlib
import os
from collections.abc import Callable
from typing import Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import ReaderGoneError, complain, remark, say
from loki_tui.core.errors import ConfinementError, LokiError, UsageError

app = typer.Typer(
    help="QA phases on this repository: without a run, without a model.", no_args_is_help=True, rich_markup_mode=None
)

RED, UNMEASURED = 1, 3
"""What `loki qa run` exits with where a phase failed, and where one could not be measured; 2 is wrong usage."""


@app.command("list")
def list_(*, json: Json = False) -> None:
    """List the phases: which are on, and what each would run here; nothing of it is run."""
    raise typer.Exit(_guarded(lambda: _list(json=json)))


@app.command()
def run(
    phases: Annotated[
        list[str] | None,
        typer.Argument(metavar="PHASE...", help="Such as 'unit tests' or security; else all that are on."),
    ] = None,
    *,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REV", help="Compare with this commit; else with the default branch."),
    ] = None,
    json: Json = False,
) -> None:
    """Measure the work tree as it is, in clean checkouts.

    Exits with 0 where at least one phase passed and the others do not apply here, with 1 where one failed,
    with 2 for wrong usage, and with 3 where something could not be measured or was not run.
    """
    raise typer.Exit(_guarded(lambda: _run(phases or [], base=base, json=json)))


def _run(names: list[str], *, base: str | None, json: bool) -> int:
    from loki_tui.cli.measuring import enabled_phases, measure, named_phases, telling_of  # noqa: PLC0415 (when chosen)
    from loki_tui.core.vocabulary import Verdict  # noqa: PLC0415
    from loki_tui.headless.phases import phase_row, subject_row, tally  # noqa: PLC0415

    named = named_phases(names)
    telling = telling_of(os.environ, quiet=json)
    subject = measure(
        os.environ,
        choose=lambda settings: named if names else enabled_phases(settings),
        committed=False,
        base=base,
        telling=telling,
    )
    if json:
        about = subject_row(subject)
        for result in telling.results:
            row = phase_row(result.phase, result.measured, redact=telling.redact)
            say(jsonlib.dumps({**row, "subject": about}))
    measured = [result.measured for result in telling.results]
    remark(f"{tally(measured)}.")
    verdicts = {each.verdict for each in measured}
    if Verdict.FAILED in verdicts:
        return RED
    if verdicts & {Verdict.ERROR, Verdict.NOT_RUN} or Verdict.PASSED not in verdicts:
        return UNMEASURED
    return 0


def _list(*, json: bool) -> int:
    from loki_tui.cli.prospects import print_prospects  # noqa: PLC0415 (imports when chosen)

    return print_prospects(os.environ, json=json)


def _guarded(work: Callable[[], int]) -> int:
    """What to exit with; what could not be measured is no failure of what was to be measured."""
    try:
        return work()
    except (UsageError, ConfinementError, ReaderGoneError):
        raise
    except LokiError as error:
        complain(error)
        return UNMEASURED
