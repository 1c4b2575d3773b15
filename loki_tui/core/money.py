"""Money: exact US dollars. Floats never touch it."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Annotated

from pydantic import PlainSerializer

from loki_tui.core.errors import UsageError

Money = Annotated[Decimal, PlainSerializer(str, return_type=str, when_used="json")]
"""US dollars, exact; a string in JSON."""

ZERO = Decimal(0)

MOST = Decimal(1_000_000)
"""More than this is a slip of the finger; the setting has the same bound."""


def parse_usd(text: str, *, name: str) -> Decimal:
    """Read an amount of dollars that a person typed.

    Args:
        text: Such as `10`, `10.50` or `$10.50`.
        name: The option or setting it came from, for the error.

    Raises:
        UsageError: It is no positive amount, or more than `MOST`.
    """
    try:
        amount = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 < amount <= MOST:
        raise UsageError(
            f"{name} is {text!r}, which is no amount of dollars.",
            hint=f"Give a number above 0 and up to {MOST:,}, such as 10.00.",
        )
    return amount


def format_usd(amount: Decimal) -> str:
    """An amount as a person reads it: cents, or four places below ten cents, never rounded down to zero."""
    places = Decimal("0.0001") if abs(amount) < Decimal("0.1") else Decimal("0.01")
    return f"${amount.quantize(places, rounding=ROUND_UP)}" if amount else "$0.00"
