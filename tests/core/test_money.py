"""Dollars as people type and read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.errors import UsageError
from loki_tui.core.money import format_usd, parse_usd


@pytest.mark.parametrize(
    ("text", "amount"), [("10", "10"), ("10.50", "10.50"), ("$10.50", "10.50"), (" 0.001 ", "0.001"), ("1e2", "100")]
)
def test_amounts_that_people_type(text: str, amount: str) -> None:
    assert parse_usd(text, name="--budget") == Decimal(amount)


@pytest.mark.parametrize("text", ["", "$", "ten", "0", "-1", "NaN", "sNaN", "Infinity", "1,50", "10€", "0x10", "$$5"])
def test_no_amounts(text: str) -> None:
    with pytest.raises(UsageError, match="--budget is"):
        parse_usd(text, name="--budget")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("12", "$12.00"),
        ("1.234", "$1.24"),
        ("0.1", "$0.10"),
        ("0.05", "$0.0500"),
        ("0.00001", "$0.0001"),
        ("0.09999", "$0.1000"),
        ("-0.5", "$-0.50"),
    ],
)
def test_amounts_that_people_read(amount: str, shown: str) -> None:
    assert format_usd(Decimal(amount)) == shown


@given(st.decimals(min_value="0.000001", max_value=10**6, allow_nan=False, allow_infinity=False))
def test_what_is_needed_is_never_shown_as_less(amount: Decimal) -> None:
    shown = parse_usd(format_usd(amount), name="shown")
    assert amount <= shown <= amount + Decimal("0.01")
