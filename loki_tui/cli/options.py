"""Options that several commands share."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer

from loki_tui.core.money import parse_usd


def budget_option(text: str | None) -> Decimal | None:
    """What `--budget` says."""
    return None if text is None else parse_usd(text, name="--budget")


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
