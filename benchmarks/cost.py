"""What a run is billed, beside the best possible caching of the very same prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from benchmarks import scenario
from benchmarks.figures import Effort, Figure
from benchmarks.trial import Contestant, run_trial
from loki_tui.core.messages import Usage
from loki_tui.models.prices import GenaiPrices

Body = dict[str, Any]

_TURNS = 60


def measure(effort: Effort) -> Iterator[Figure]:
    del effort  # It is arithmetic: once is enough.
    two_iterations = [
        *scenario.work(_TURNS),
        scenario.finish(claims_done=False),
        *scenario.work(_TURNS // 2),
        scenario.finish(),
    ]
    yield _billed("ours", f"billed, {_TURNS} turns and {_TURNS // 2} in a second iteration", two_iterations)
    yield _billed("floor", f"billed, {_TURNS} turns, the bare loop", [*scenario.work(_TURNS), scenario.finish()])


def _billed(who: Contestant, name: str, script: Sequence[Body]) -> Figure:
    trial = run_trial(who, script, blind=False)
    if trial.exit_code:
        raise RuntimeError(f"{who} ended with {trial.exit_code}: {trial.output}")
    billed, best = (float(_dollars(usages) * 100) for usages in (trial.billed, trial.best))
    return Figure(name, "cents", billed, best, "ratio", 1.1 if who == "ours" else None)


def _dollars(usages: Sequence[Body]) -> Decimal:
    prices = GenaiPrices({})
    return sum((prices.cost(scenario.MODEL, _usage(usage)) for usage in usages), Decimal(0))


def _usage(given: Body) -> Usage:
    return Usage(
        input_tokens=given["input_tokens"],
        cache_read_tokens=given["cache_read_input_tokens"],
        cache_write_tokens=given["cache_creation_input_tokens"],
        output_tokens=given["output_tokens"],
    )
