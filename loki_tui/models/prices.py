"""What models cost: the community's price data, and a person's own prices before it.

The data is the one that came with the installed `genai-prices`; nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from loki_tui.core.errors import UsageError
from loki_tui.core.messages import Usage
from loki_tui.core.setting_types import ModelPrice

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

_DEFAULT_WINDOW = 200_000
"""Tokens, where nobody knows better: what every current model can take at the least."""

_MILLION = Decimal(1_000_000)


class GenaiPrices:
    """Prices from `genai-prices`.

    Args:
        own: Model to the price a person set; it comes first.
    """

    def __init__(self, own: Mapping[str, ModelPrice]) -> None:
        self._own = own

    def knows(self, model: str) -> bool:
        """Whether there is a price."""
        return model in self._own or _find(model) is not None

    def cost(self, model: str, usage: Usage) -> Decimal:
        """What a request of this usage is billed, in US dollars.

        Raises:
            UsageError: Nobody knows what the model costs.
        """
        if price := self._own.get(model):
            return _own_cost(price, usage)
        entry = _find(model)
        if entry is None:
            raise UsageError(
                f"What {model} costs is not known, so a budget cannot be kept.",
                hint='Set LOKI_MODEL_PRICES, in dollars per million tokens: {"'
                + model
                + '": {"input": 3, "output": 15}}',
            )
        return entry.cost(usage)

    def worst_case(self, model: str, *, prompt_tokens: int, output_tokens: int) -> Decimal:
        """The most a request of at most this size can be billed: all input at its dearest tier.

        Raises:
            UsageError: Nobody knows what the model costs.
        """
        return max(
            self.cost(model, Usage(output_tokens=output_tokens).model_copy(update={tier: prompt_tokens}))
            for tier in ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_long_tokens")
        )

    def context_window(self, model: str) -> int:
        """Tokens the model can take in and give out together."""
        entry = _find(model)
        return (entry and entry.model.context_window) or _DEFAULT_WINDOW


@dataclass(frozen=True, slots=True)
class _Entry:
    """A model in the price data."""

    provider: Provider
    model: ModelInfo

    def cost(self, usage: Usage) -> Decimal:
        from genai_prices import Usage as Counts  # noqa: PLC0415 - slow: see `loki_tui.models.sdk`

        # In the data's words a tier is part of what it belongs to: a long write of all writes,
        # and every one of them of the input.
        counts = Counts(
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens + usage.cache_write_long_tokens,
            cache_write_1h_tokens=usage.cache_write_long_tokens,
        )
        return self.model.calc_price(counts, self.provider).total_price


def _find(model: str) -> _Entry | None:
    """The data's entry, if it has one with a price for input and output."""
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - slow: see `loki_tui.models.sdk`

    try:
        provider, info = get_snapshot().find_provider_model(model, None, None, None)
    except LookupError:
        return None
    prices = info.get_prices(datetime.now(UTC))
    return _Entry(provider, info) if prices.input_mtok and prices.output_mtok else None


def _own_cost(price: ModelPrice, usage: Usage) -> Decimal:
    """The cost at a person's own price: a tier they left out costs what plain input does."""
    tiers = (
        (usage.input_tokens, price.input),
        (usage.output_tokens, price.output),
        (usage.cache_read_tokens, price.cache_read),
        (usage.cache_write_tokens, price.cache_write),
        (usage.cache_write_long_tokens, price.cache_write_long),
    )
    total = sum((count * (price.input if rate is None else rate) for count, rate in tiers), Decimal(0))
    return total / _MILLION


class UnknownPrices:
    """Of models that nobody here knows: nothing is set aside, and what they cost is not known."""

    def knows(self, model: str) -> bool:  # noqa: ARG002
        """There is no price."""
        return False

    def cost(self, model: str, usage: Usage) -> Decimal:  # noqa: ARG002
        """Raises `UsageError`: there is none."""
        raise UsageError("What the agent's models cost is not known.")

    def worst_case(self, model: str, *, prompt_tokens: int, output_tokens: int) -> Decimal:  # noqa: ARG002
        """Nothing that a budget could be held against."""
        return Decimal(0)

    def context_window(self, model: str) -> int:  # noqa: ARG002
        """Tokens, by guess."""
        return _DEFAULT_WINDOW
