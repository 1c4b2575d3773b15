"""`loki verify`: whether a branch holds what a run would have had to prove, without a run."""

from __future__ import annotations

import json as jsonlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, cast

import typer
from typer.core import TyperCommand

from loki_tui.cli.options import Json
from loki_tui.cli.output import ReaderGoneError, complain, say
from loki_tui.core.errors import LokiError
from loki_tui.wording.line import Line, Tone

if TYPE_CHECKING:
    from loki_tui.core.messages import JsonObject
    from loki_tui.runtime.branch_verdict import BranchVerdict, Standing

EXIT_CODES: dict[Standing, int] = {"verified": 0, "concerns": 1, "blocked": 2, "error": 3}

_HEADLINES: dict[Standing, tuple[str, Tone]] = {
    "verified": ("VERIFIED", "good"),
    "concerns": ("VERIFIED WITH GAPS", "warn"),
    "blocked": ("NOT VERIFIED", "bad"),
    "error": ("NOT VERIFIED: something could not be measured", "bad"),
}


_WrongUsage = cast("type[Exception]", typer.BadParameter.__mro__[1])
"""Every way to call a command wrongly; by this name, since typer has a click of its own or takes another's."""


class VerifyCommand(TyperCommand):
    """A command whose exit code 2 means something else than wrong usage."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # as above
        """Read the command line; wrong usage ends with 3."""
        try:
            return super().parse_args(ctx, args)
        except _WrongUsage as error:
            setattr(error, "exit_code", EXIT_CODES["error"])  # noqa: B010 (the class is known by another name)
            raise


def verify(
    base: Annotated[
        str | None,
        typer.Argument(metavar="BASE", help="The commit to compare with; else where HEAD left the default branch."),
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Verify the commit that is checked out: every QA phase but code review, without a model.

    Exits with 0 where it is verified; with 1 where there are gaps: phases that were not run, findings that are
    not grave; with 2 where it is blocked: a phase is red, no test ran, nothing was changed; and with 3 where
    that cannot be told, or for wrong usage. Uncommitted changes are not looked at.
    """
    try:
        raise typer.Exit(_verify(base, json=json))
    except ReaderGoneError:
        raise
    except LokiError as error:
        complain(error)
        if json:
            say(jsonlib.dumps({"verdict": "error", "errors": [error.message]}))
        raise typer.Exit(EXIT_CODES["error"]) from error


def _verify(base: str | None, *, json: bool) -> int:
    from loki_tui.cli.measuring import all_phases, measure, telling_of  # noqa: PLC0415 (imports when chosen)
    from loki_tui.headless.phases import phase_row, subject_row  # noqa: PLC0415
    from loki_tui.runtime.branch_verdict import judge  # noqa: PLC0415

    telling = telling_of(os.environ, quiet=json)
    subject = measure(os.environ, choose=lambda _: all_phases(), committed=True, base=base, telling=telling)
    verdict = judge(subject, [(result.phase, result.measured) for result in telling.results])
    if json:
        rows = [phase_row(result.phase, result.measured, redact=telling.redact) for result in telling.results]
        say(jsonlib.dumps({**_row(verdict, telling.redact), **subject_row(subject), "phases": rows}))
    else:
        _print(verdict, telling.redact)
    return EXIT_CODES[verdict.standing]


def _row(verdict: BranchVerdict, redact: Callable[[str], str]) -> JsonObject:
    return {
        "verdict": verdict.standing,
        "blocking": [redact(each) for each in verdict.blocking],
        "errors": [redact(each) for each in verdict.errors],
        "gaps": [redact(each) for each in verdict.gaps],
        "without": ["code review"],
    }


def _print(verdict: BranchVerdict, redact: Callable[[str], str]) -> None:
    from loki_tui.core.terminal import one_line  # noqa: PLC0415 (imports when chosen)

    headline, tone = _HEADLINES[verdict.standing]
    say(Line(headline, tone))
    for label, told in (("blocked by", verdict.blocking), ("not measured", verdict.errors), ("gap", verdict.gaps)):
        for each in told:
            say(Line(f"  {label}: {one_line(redact(each))}", "warn" if label == "gap" else "bad"))
    say(Line("Code review takes a model, and is no part of this.", "quiet"))
