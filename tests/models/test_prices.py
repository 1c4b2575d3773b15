from __future__ import annotations

from decimal import Decimal

import pytest

from loki_tui.core.errors import UsageError
from loki_tui.core.messages import Usage
from loki_tui.core.setting_types import ModelPrice
from loki_tui.models.prices import GenaiPrices

OWN = ModelPrice(input=Decimal(3), output=Decimal(15))
MILLION = 1_000_000


@pytest.fixture
def prices() -> GenaiPrices:
    return GenaiPrices({"local": OWN, "claude-opus-5-5": ModelPrice(input=Decimal(1), output=Decimal(2))})


def test_every_tier_has_its_price() -> None:
    usage = Usage(
        input_tokens=1000,
        cache_read_tokens=2000,
        cache_write_tokens=3000,
        cache_write_long_tokens=4000,
        output_tokens=100,
    )
    # claude-opus-5-5: 4 in, 0.20 read, 5 written, 8 written for an hour, 20 out
    expected = Decimal(1000 * 4 + 2000 * 5 * 4 // 100 + 3000 * 5 + 4000 * 8 + 100 * 20) / MILLION
    assert GenaiPrices({}).cost("claude-opus-5-5", usage) == expected


def test_a_long_prompt_can_be_dearer_a_token() -> None:
    short = GenaiPrices({}).cost("claude-haiku-5-5", Usage(input_tokens=100_000))
    longer = GenaiPrices({}).cost("claude-haiku-5-5", Usage(cache_read_tokens=1, input_tokens=100_000))
    assert short == Decimal("0.01")
    assert longer > 5 * short


def test_ones_own_price_comes_first(prices: GenaiPrices) -> None:
    assert prices.cost("claude-opus-5-5", Usage(input_tokens=MILLION, output_tokens=MILLION)) == 3


def test_a_tier_without_a_price_of_its_own_costs_what_input_does(prices: GenaiPrices) -> None:
    usage = Usage(cache_read_tokens=MILLION, cache_write_tokens=MILLION, cache_write_long_tokens=MILLION)
    assert prices.cost("local", usage) == 9
    free_reads = GenaiPrices({"local": OWN.model_copy(update={"cache_read": Decimal(0)})})
    assert free_reads.cost("local", usage) == 6


def test_a_price_of_nothing_is_a_price() -> None:
    assert GenaiPrices({"local": ModelPrice(input=Decimal(0), output=Decimal(0))}).knows("local")


@pytest.mark.parametrize("model", ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-sonnet-4-5"])
@pytest.mark.parametrize("size", [10, 99_999, 100_001, 250_000])
def test_no_request_of_a_size_costs_more_than_its_worst_case(model: str, size: int) -> None:
    prices = GenaiPrices({})
    worst = prices.worst_case(model, prompt_tokens=size, output_tokens=500)
    for read in (0, size // 3, size):
        for long in (0, (size - read) // 2, size - read):
            usage = Usage(
                cache_read_tokens=read,
                cache_write_long_tokens=long,
                cache_write_tokens=size - read - long,
                output_tokens=500,
            )
            assert prices.cost(model, usage) <= worst


def test_the_worst_case_at_ones_own_price() -> None:
    dear = OWN.model_copy(update={"cache_write_long": Decimal(6)})
    assert GenaiPrices({"m": dear}).worst_case("m", prompt_tokens=MILLION, output_tokens=0) == 6


@pytest.mark.parametrize("model", ["llama3", "claude-foo", ""])
def test_an_unknown_model_says_how_to_give_its_price(model: str) -> None:
    prices = GenaiPrices({})
    assert not prices.knows(model)
    with pytest.raises(UsageError, match="cost") as caught:
        prices.cost(model, Usage())
    assert "LOKI_MODEL_PRICES" in caught.value.hint
    with pytest.raises(UsageError):
        prices.worst_case(model, prompt_tokens=1, output_tokens=1)


def test_windows() -> None:
    prices = GenaiPrices({})
    assert prices.context_window("claude-sonnet-5-5") == 1_000_000
    assert prices.context_window("claude-haiku-4-5") == 200_000
    assert prices.context_window("llama3") == 200_000
