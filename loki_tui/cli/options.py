"""Options that several commands share."""

from __future__ import annotations

import os
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer

from loki_tui.cli.screen import has_screen


def budget_option(text: str | None) -> Decimal | None:
    """What `--budget` says."""
    from loki_tui.core.money import parse_usd  # noqa: PLC0415 (loads pydantic, which most commands do without)

    return None if text is None else parse_usd(text, name="--budget")


class Face(StrEnum):
    """How a run is shown."""

    SCREEN = "screen"
    """The full-screen application."""
    LINES = "lines"
    """Printed, and steered from elsewhere."""
    LINEAR = "linear"
    """Printed line by line with numbers, and steered by typing lines."""


def face_of(context: typer.Context, *, headless: bool, json: bool = False) -> Face:
    """The face a person asked for, else the best there is where output goes.

    Args:
        context: Of the command; holds what was said before it.
        headless: Whether the command itself was told so.
        json: Whether it prints data.
    """
    wanted = context.find_root().obj
    if headless or json or wanted is Face.LINES:
        return Face.LINES
    if wanted is Face.LINEAR:
        return Face.LINEAR
    return Face.SCREEN if has_screen(os.environ) else Face.LINES


Run = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="A run's name or its beginning; else the one at work, or the latest."),
]
OfRun = Annotated[
    str | None, typer.Option("--run", metavar="RUN", help="Which run; else the one at work, or the latest.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
Budget = Annotated[str | None, typer.Option("--budget", help="Cap in US dollars, such as 10.00.", metavar="USD")]
Headless = Annotated[bool, typer.Option("--headless", help="No screen: print events as lines.")]
