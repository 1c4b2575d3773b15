"""Money: exact US dollars. Floats never touch it."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Annotated

from pydantic import PlainSerializer

from loki_tui.core.errors import UsageError

Money = Annotated[Decimal, PlainSerializer(str, return_type=str, when_used="json")]
"""US dollars, exact; a string in JSON."""

ZERO = Decimal(0)

MOST = Decimal(1_000_000)
"""More than this is a slip of the finger; the setting has the same bound."""

_CENT, _FINE, _SMALL = Decimal("0.01"), Decimal("0.0001"), Decimal("0.1")
"""How fine amounts are shown, and below what they are shown finer."""

_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
"""Thousands apart, as they are shown here."""


def parse_usd(text: str, *, name: str) -> Decimal:
    """Read an amount of dollars that a person typed.

    Args:
        text: Such as `10`, `10.50`, `$10.50` or `$1,250.00`.
        name: The option or setting it came from, for the error.

    Raises:
        UsageError: It is no positive amount, or more than `MOST`.
    """
    figures = text.strip().removeprefix("$")
    try:
        amount = Decimal(figures.replace(",", "") if _GROUPED.fullmatch(figures) else figures)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 < amount <= MOST:
        raise UsageError(
            f"{name} is {text!r}, which is no amount of dollars.",
            hint=f"Give a number above 0 and up to {MOST:,}, such as 10.00.",
        )
    return amount


def format_usd(amount: Decimal) -> str:
    """What was spent, as a person reads it: to the nearest cent, or to four places below ten cents.

    What is not nothing never looks like nothing.
    """
    return _shown(amount, ROUND_HALF_EVEN)


def format_left(amount: Decimal) -> str:
    """What is left, which is never shown as more than it is."""
    return _shown(amount, ROUND_FLOOR)


def format_needed(amount: Decimal) -> str:
    """What is needed, which is never shown as less than it is: who gives that much has given enough."""
    return _shown(amount, ROUND_CEILING)


def format_limit(amount: Decimal) -> str:
    """A limit, exactly as it holds: all its places, and at least two."""
    places = max(2, -int(amount.normalize().as_tuple().exponent))
    return _signed(amount, f"{abs(amount):,.{places}f}")


def _shown(amount: Decimal, rounding: str) -> str:
    fine = amount.quantize(_FINE, rounding=rounding)
    if amount and not fine:
        return f"<${_FINE}" if amount > 0 else f"-<${_FINE}"
    rounded = fine if 0 < abs(fine) < _SMALL else amount.quantize(_CENT, rounding=rounding)
    return _signed(rounded, f"{abs(rounded):,}")


def _signed(amount: Decimal, figures: str) -> str:
    return f"-${figures}" if amount < 0 else f"${figures}"
