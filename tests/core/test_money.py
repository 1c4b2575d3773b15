"""Dollars as people type and read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.errors import UsageError
from loki_tui.core.money import format_left, format_limit, format_needed, format_usd, parse_usd


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("10", "10"),
        ("10.50", "10.50"),
        ("$10.50", "10.50"),
        (" 0.001 ", "0.001"),
        ("1e2", "100"),
        ("$1,250.50", "1250.50"),
    ],
)
def test_amounts_that_people_type(text: str, amount: str) -> None:
    assert parse_usd(text, name="--budget") == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["", "$", "ten", "0", "-1", "NaN", "sNaN", "Infinity", "1,50", "1,2500", ",500", "1,000,00", "10€", "0x10", "$$5"],
)
def test_no_amounts(text: str) -> None:
    with pytest.raises(UsageError, match="--budget is"):
        parse_usd(text, name="--budget")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("12", "$12.00"),
        ("1.234", "$1.23"),
        ("1.235", "$1.24"),
        ("1.245", "$1.24"),
        ("0.1", "$0.10"),
        ("0.05", "$0.0500"),
        ("0.00012", "$0.0001"),
        ("0.00001", "<$0.0001"),
        ("-0.00001", "-<$0.0001"),
        ("0.09999", "$0.10"),
        ("-0.5", "-$0.50"),
        ("999.999", "$1,000.00"),
        ("1234567.891", "$1,234,567.89"),
    ],
)
def test_amounts_that_people_read(amount: str, shown: str) -> None:
    assert format_usd(Decimal(amount)) == shown


@pytest.mark.parametrize(
    ("amount", "left", "needed", "limit"),
    [
        ("0", "$0.00", "$0.00", "$0.00"),
        ("10", "$10.00", "$10.00", "$10.00"),
        ("1e3", "$1,000.00", "$1,000.00", "$1,000.00"),
        ("0.125", "$0.12", "$0.13", "$0.125"),
        ("1.999", "$1.99", "$2.00", "$1.999"),
        ("0.00001", "<$0.0001", "$0.0001", "$0.00001"),
        ("0.099999", "$0.0999", "$0.10", "$0.099999"),
        ("2500.500", "$2,500.50", "$2,500.50", "$2,500.50"),
        ("-0.001", "-$0.0010", "-$0.0010", "-$0.001"),
    ],
)
def test_what_is_left_what_is_needed_and_what_holds(amount: str, left: str, needed: str, limit: str) -> None:
    given = Decimal(amount)
    assert (format_left(given), format_needed(given), format_limit(given)) == (left, needed, limit)


amounts = st.decimals(min_value="0.000001", max_value=10**6, allow_nan=False, allow_infinity=False)
to_six_places = st.decimals(min_value="0.000001", max_value=10**6, places=6)


def read(shown: str) -> Decimal:
    return parse_usd(shown.removeprefix("<"), name="shown")


@given(amounts)
def test_what_is_needed_is_never_shown_as_less(amount: Decimal) -> None:
    assert amount <= read(format_needed(amount)) < amount + Decimal("0.01")


@given(amounts)
def test_what_is_left_is_never_shown_as_more(amount: Decimal) -> None:
    shown = format_left(amount)
    assert shown == "<$0.0001" if amount < Decimal("0.0001") else amount - Decimal("0.01") < read(shown) <= amount


@given(amounts)
def test_what_was_spent_is_shown_to_the_nearest_and_never_as_nothing(amount: Decimal) -> None:
    shown = format_usd(amount)
    assert shown != "$0.00"
    assert "0.0000" not in shown
    assert abs(read(shown) - amount) <= (Decimal("0.005") if amount >= Decimal("0.1") else Decimal("0.0001"))


@given(to_six_places)
def test_a_limit_is_shown_exactly(amount: Decimal) -> None:
    assert read(format_limit(amount)) == amount


@given(to_six_places, to_six_places)
def test_what_is_shown_is_in_order_and_signed(one: Decimal, other: Decimal) -> None:
    for shown_as in (format_usd, format_left, format_needed, format_limit):
        low, high = sorted((one, other))
        assert read(shown_as(low)) <= read(shown_as(high))
        assert shown_as(-one).startswith("-")


@given(st.integers(1_000, 10**6))
def test_thousands_are_set_apart_and_can_be_typed_so(dollars: int) -> None:
    for shown_as in (format_usd, format_left, format_needed, format_limit):
        shown = shown_as(Decimal(dollars))
        assert shown == f"${dollars:,}.00"
        assert parse_usd(shown, name="shown") == dollars
