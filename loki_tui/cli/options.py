"""Options that several commands share."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer

from loki_tui.core.money import parse_usd


def budget_option(text: str | None) -> Decimal | None:
    """What `--budget` says."""
    return None if text is None else parse_usd(text, name="--budget")


Run = Annotated[str | None, typer.Argument(help="A run's name or its beginning; the latest where none is given.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Budget = Annotated[str | None, typer.Option("--budget", help="Cap in US dollars, such as 10.00.", metavar="USD")]
Headless = Annotated[bool, typer.Option("--headless", help="No screen: print events as lines.")]
