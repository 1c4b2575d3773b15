"""`loki plan`: the requirements that a PRD comes to, and what a run on it may cost, before a run is paid for."""

from __future__ import annotations

import json as jsonlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Budget, Json, budget_option
from loki_tui.cli.output import remark, say
from loki_tui.wording.line import Line

if TYPE_CHECKING:
    from loki_tui.core.messages import JsonObject
    from loki_tui.runtime.foreplan import Foreplan

NO_PLAN = 1
"""What it exits with where the model gave no plan that can be used."""


def plan(
    prd: Annotated[
        Path | None, typer.Argument(metavar="PRD", help="The PRD; without one the usual places are searched.")
    ] = None,
    *,
    budget: Budget = None,
    parallel: Annotated[
        bool, typer.Option("--parallel", help="Say what can be worked on at once, too; as LOKI_PARALLEL_MODE.")
    ] = False,
    json: Json = False,
) -> None:
    """Make the plan alone: the requirements, and an estimate of what a run on them may cost and take."""
    from loki_tui.cli.estimating import expected  # noqa: PLC0415 (imports when chosen)
    from loki_tui.core.terminal import one_line  # noqa: PLC0415
    from loki_tui.runtime.foreplan import make_plan  # noqa: PLC0415
    from loki_tui.runtime.prd import find_prd, read_prd  # noqa: PLC0415
    from loki_tui.runtime.readiness import check_prices, check_provider  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415
    from loki_tui.wording.estimates import estimate_lines  # noqa: PLC0415
    from loki_tui.wording.rows import estimate_row  # noqa: PLC0415

    around = Surroundings.here(os.environ)
    overrides = {"budget_limit": budget_option(budget), "parallel_mode": True if parallel else None}
    settings = around.settings(overrides)
    document = read_prd(prd if prd is not None else find_prd(around.project.workspace))
    check_provider(settings, os.environ)
    check_prices(settings)
    remark(f"Planning with {settings.models['planning']} …")
    made = make_plan(around, settings, document, on_wait=lambda why: remark(Line(f"Waiting: {one_line(why)}", "warn")))
    estimate = expected(document, settings, around)
    if json:
        say(jsonlib.dumps({**_row(made), "estimate": estimate_row(estimate)}))
    else:
        for line in (*_lines(made), Line(""), Line("A run on it may come to:", "loud"), *estimate_lines(estimate)):
            say(line)
    remark(f"Nothing was started. What the plan cost is on record in {made.record}.")
    if made.fallback:
        remark(Line("The model gave no plan that can be used: the PRD stands as one requirement.", "warn"))
        raise typer.Exit(NO_PLAN)


def _lines(made: Foreplan) -> Iterator[Line]:
    from loki_tui.core.money import format_needed, format_usd  # noqa: PLC0415 (imports when chosen)
    from loki_tui.core.terminal import one_line  # noqa: PLC0415
    from loki_tui.wording.amounts import counted  # noqa: PLC0415

    yield Line(f"{counted(len(made.requirements), 'requirement')}", "loud")
    for requirement in made.requirements:
        yield Line(f"{one_line(requirement.id)}  {one_line(requirement.title)}")
        for criterion in requirement.criteria:
            yield Line(f"    - {one_line(criterion)}")
    yield from _streams(made)
    least = " at least" if made.unpriced else ""
    lost = f", and up to {format_needed(made.unconfirmed)} for answers that were lost" if made.unconfirmed else ""
    yield Line("")
    yield Line(f"the plan    {format_usd(made.spent)}{least}{lost}, {counted(made.requests, 'request')}")


def _streams(made: Foreplan) -> Iterator[Line]:
    """What can be worked on at once, what each part builds on, and the files it is about."""
    from loki_tui.core.terminal import one_line  # noqa: PLC0415 (imports when chosen)
    from loki_tui.wording.amounts import counted  # noqa: PLC0415

    if made.streams:
        yield Line("")
        yield Line(counted(len(made.streams), "stream"), "loud")
    for stream in made.streams:
        after = f", after {', '.join(stream.after)}" if stream.after else ""
        yield Line(f"{stream.name}  {one_line(', '.join(stream.requirements))}{after}")
        yield from (Line(f"    {one_line(path)}", "quiet") for path in stream.files)
    yield from (Line(one_line(note), "warn") for note in made.notes)


def _row(made: Foreplan) -> JsonObject:
    return {
        "requirements": [requirement.model_dump(mode="json") for requirement in made.requirements],
        "streams": [stream.model_dump(mode="json", exclude={"kind"}) for stream in made.streams],
        "notes": list(made.notes),
        "fallback": made.fallback,
        "spent": str(made.spent),
        "unconfirmed": str(made.unconfirmed),
        "unpriced": made.unpriced,
        "requests": made.requests,
        "record": str(made.record),
    }
