"""Money: exact US dollars. Floats never touch it."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Annotated

from pydantic import PlainSerializer

from loki_tui.core.errors import UsageError

Money = Annotated[Decimal, PlainSerializer(str, return_type=str, when_used="json")]
"""US dollars, exact; a string in JSON."""

ZERO = Decimal(0)


def parse_usd(text: str, *, name: str) -> Decimal:
    """Read an amount of dollars that a person typed.

    Args:
        text: Such as `10`, `10.50` or `$10.50`.
        name: The option or setting it came from, for the error.

    Raises:
        UsageError: It is no positive, finite amount.
    """
    try:
        amount = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        raise UsageError(
            f"{name} is {text!r}, which is no amount of dollars.",
            hint="Give a number above 0, such as 10.00.",
        )
    return amount


def format_usd(amount: Decimal) -> str:
    """An amount as a person reads it: cents, or four places below ten cents, never rounded down to zero."""
    places = Decimal("0.0001") if abs(amount) < Decimal("0.1") else Decimal("0.01")
    return f"${amount.quantize(places, rounding=ROUND_UP)}" if amount else "$0.00"
