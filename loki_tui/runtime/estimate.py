"""What a run on a PRD would cost and how long it would take, said before anything is spent.

From what earlier completed runs came to, where there are any: each is taken as it was, and again as if cost
and time grew with the PRD's size; what lies between is the estimate, wider the fewer runs there are.

Without such runs from assumptions, which are not measurements and are held wide:

| assumed                                            | light   | heavy |
|----------------------------------------------------|---------|-------|
| requirements for each thing the PRD lists          | 0.5     | 1     |
| iterations for each requirement                    | 0.3     | 1     |
| turns in an iteration                              | 15      | 40    |
| tokens that a turn adds to the prompt              | 1,000   | 2,000 |
| tokens that a turn answers with                    | 300     | 800   |
| share of a prompt that is read from the cache      | 97 %    | 90 %  |
| seconds for a turn, with its actions               | 8       | 25    |
| seconds for checking an iteration                  | 20      | 180   |
| tokens of the plan                                 | 1,500   | 8,000 |

A prompt begins with 4,000 tokens of instructions and tools, and the PRD at four bytes a token. A thing listed
is an item of a list or a row of a table, or 80 words where there are few of either.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Literal, TypeVar

from loki_tui.core.messages import TextPart, ToolSpec, Usage
from loki_tui.core.settings import Settings
from loki_tui.core.tools import AGENT_TOOLS, SubmitPlan, spec
from loki_tui.core.vocabulary import Confinement, Status
from loki_tui.engine import prompts
from loki_tui.engine.asking import FRAMING_BYTES
from loki_tui.models.prices import GenaiPrices
from loki_tui.runtime.prd import Prd
from loki_tui.runtime.runs import RunEntry

__all__ = ["BudgetVerdict", "Estimate", "estimate"]

BudgetVerdict = Literal["no_budget", "unknown", "covers", "may_not_cover", "falls_short", "not_one_request"]
"""Whether the budget lasts: for all that is estimated, for some of it, for less than the least, or not even for
the first request; `unknown` where prices are."""

_Number = TypeVar("_Number", Decimal, float)

_ENOUGH = 3
"""From so many on, runs of the same project speak for themselves, and those of others are left aside."""

_MOST_SCALED = 10.0
"""A PRD ten times as long says something of the work; how much more a hundred times would say nobody knows."""

_INSTRUCTION_TOKENS = 4_000
_BYTES_A_TOKEN = 4
_WORDS_A_REQUIREMENT = 80

_LISTED = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\S|^\s*\|(?!\s*:?-)", re.MULTILINE)
"""An item of a list, or a row of a table that is not the rule under its head."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """From the least to the most that is to be expected. It binds nobody; the budget does."""

    low: Decimal | None
    """US dollars, two digits of them; none where prices are not known."""
    high: Decimal | None
    iterations_low: int
    iterations_high: int
    seconds_low: float
    seconds_high: float
    basis: str
    """What it rests on, in a sentence."""
    worst_request: Decimal | None
    """The most that one request can be billed: with less, a run pauses before it has done anything."""
    budget: Decimal | None

    @property
    def budget_verdict(self) -> BudgetVerdict:
        """Whether the budget lasts."""
        if self.budget is None:
            return "no_budget"
        if self.low is None or self.high is None or self.worst_request is None:
            return "unknown"
        if self.budget < self.worst_request:
            return "not_one_request"
        if self.budget >= self.high:
            return "covers"
        return "may_not_cover" if self.budget >= self.low else "falls_short"


@dataclass(frozen=True, slots=True)
class _Amount:
    """What a run comes to."""

    dollars: Decimal | None
    iterations: float
    seconds: float

    def times(self, factor: float) -> _Amount:
        dollars = None if self.dollars is None else self.dollars * Decimal(str(factor))
        return _Amount(dollars, self.iterations * factor, self.seconds * factor)

    def at_least(self, other: _Amount) -> _Amount:
        """This, or where less, the other."""
        dollars = None if self.dollars is None or other.dollars is None else max(self.dollars, other.dollars)
        return _Amount(dollars, max(self.iterations, other.iterations), max(self.seconds, other.seconds))


@dataclass(frozen=True, slots=True)
class _Case:
    """A column of the table above."""

    requirements: float
    iterations: float
    turns: int
    added_tokens: int
    answer_tokens: int
    cached: float
    turn_seconds: float
    check_seconds: float
    plan_tokens: int


_LIGHT = _Case(0.5, 0.3, 15, 1_000, 300, 0.97, 8, 20, 1_500)
_HEAVY = _Case(1, 1, 40, 2_000, 800, 0.9, 25, 180, 8_000)


def estimate(prd: Prd, settings: Settings, past: Sequence[RunEntry], *, workspace: Path | None = None) -> Estimate:
    """Estimate a run. Loads the price data, which takes a moment: not for the thread that draws.

    Args:
        prd: What it is to work on.
        settings: What it is to work with.
        past: Earlier runs, of any project and with any end.
        workspace: Where it is to work; runs there tell more than others.
    """
    prices = GenaiPrices(settings.model_prices)
    runs, where = _telling(past, settings, workspace)
    if runs:
        low, high = _from_runs(runs, prd, settings, prices)
        basis = f"From {_counted(len(runs))} of {where}, scaled by the size of the PRD."
    else:
        low, high = (_assumed(case, prd, settings, prices) for case in (_LIGHT, _HEAVY))
        basis = "From general assumptions: there is no earlier completed run to go by."
    if settings.provider == "replay":
        basis += " A recording is set to play, for which nobody is billed."
    low, high = (_within_limits(amount, settings) for amount in (low, high))
    high = high.at_least(low)
    return Estimate(
        low=None if low.dollars is None else _two_digits(low.dollars, ROUND_FLOOR),
        high=None if high.dollars is None else _two_digits(high.dollars, ROUND_CEILING),
        iterations_low=_whole(low.iterations, ROUND_FLOOR),
        iterations_high=_whole(high.iterations, ROUND_CEILING),
        seconds_low=float(_two_digits(_exact(low.seconds), ROUND_FLOOR)),
        seconds_high=float(_two_digits(_exact(high.seconds), ROUND_CEILING)),
        basis=basis,
        worst_request=_worst_request(prd, settings, prices, workspace=workspace or prd.path.parent),
        budget=settings.budget_limit,
    )


# -- from earlier runs --------------------------------------------------------------------------


def _telling(past: Sequence[RunEntry], settings: Settings, workspace: Path | None) -> tuple[list[RunEntry], str]:
    """The runs that say something of a new one, and where they are from."""
    completed = [
        run for run in past if run.status is Status.COMPLETED and run.iterations and run.provider == settings.provider
    ]
    here = [run for run in completed if run.workspace == workspace]
    if here and (len(here) >= _ENOUGH or len(here) == len(completed)):
        return here, "this project"
    return completed, "this machine"


def _from_runs(runs: Sequence[RunEntry], prd: Prd, settings: Settings, prices: GenaiPrices) -> tuple[_Amount, _Amount]:
    size = len(prd.text.encode())
    lows: list[_Amount] = []
    highs: list[_Amount] = []
    for run in runs:
        grown = min(_MOST_SCALED, max(1 / _MOST_SCALED, size / run.prd_bytes)) if run.prd_bytes else 1.0
        came_to = _Amount(_billed(run, settings, prices), run.iterations, run.elapsed.total_seconds())
        lows.append(came_to.times(min(1.0, grown)))
        highs.append(came_to.times(max(1.0, grown)))
    wider = 1 + 1 / len(runs)
    return _edge(lows, lowest=True).times(1 / wider), _edge(highs, lowest=False).times(wider)


def _edge(amounts: Sequence[_Amount], *, lowest: bool) -> _Amount:
    """The least or the most of each."""
    dollars = [amount.dollars for amount in amounts if amount.dollars is not None]
    return _Amount(
        _end(dollars, lowest=lowest) if dollars else None,
        _end([amount.iterations for amount in amounts], lowest=lowest),
        _end([amount.seconds for amount in amounts], lowest=lowest),
    )


def _end(values: Sequence[_Number], *, lowest: bool) -> _Number:
    """The least or the most, but for one in ten: there is always a run that went astray."""
    skipped = len(values) // 10
    return sorted(values)[skipped if lowest else -1 - skipped]


def _billed(run: RunEntry, settings: Settings, prices: GenaiPrices) -> Decimal | None:
    """What a run was billed, or, with other models than now, what its tokens would be billed by those at work now."""
    models = settings.models
    if not run.unpriced and all(run.models.get(tier) == models[tier] for tier in ("planning", "work")):
        return run.spent
    return prices.cost(models["work"], run.usage) if prices.knows(models["work"]) else None


# -- from assumptions ---------------------------------------------------------------------------


def _assumed(case: _Case, prd: Prd, settings: Settings, prices: GenaiPrices) -> _Amount:
    listed = max(len(_LISTED.findall(prd.text)), len(prd.text.split()) / _WORDS_A_REQUIREMENT, 1)
    iterations = math.ceil(max(1, listed * case.requirements) * case.iterations)
    turns = min(case.turns, settings.max_turns)
    seconds = iterations * (turns * case.turn_seconds + case.check_seconds)
    work, planning = settings.models["work"], settings.models["planning"]
    if not (prices.knows(work) and prices.knows(planning)):
        return _Amount(None, iterations, seconds)
    opening = _INSTRUCTION_TOKENS + len(prd.text.encode()) // _BYTES_A_TOKEN
    prompt = min(opening + case.added_tokens * turns // 2, settings.context_window or prices.context_window(work))
    turn = prices.cost(work, _usage(prompt, case.answer_tokens, cached=case.cached, settings=settings))
    plan = prices.cost(planning, Usage(input_tokens=opening, output_tokens=case.plan_tokens))
    return _Amount(plan + turn * turns * iterations, iterations, seconds)


def _usage(prompt: int, answer: int, *, cached: float, settings: Settings) -> Usage:
    """A turn's tokens: what was not read from the cache is written to it."""
    read = int(prompt * cached)
    written = "cache_write_long_tokens" if settings.cache_ttl == "1h" else "cache_write_tokens"
    return Usage(cache_read_tokens=read, output_tokens=answer).model_copy(update={written: prompt - read})


# -- limits and money ---------------------------------------------------------------------------


def _within_limits(amount: _Amount, settings: Settings) -> _Amount:
    """No more than the run's limits let happen; the budget is none of them, since a person may raise it."""
    factor = min(1.0, settings.max_iterations / amount.iterations)
    if settings.max_duration is not None and amount.seconds * factor > settings.max_duration:
        factor = settings.max_duration / amount.seconds
    return amount.times(factor)


def _worst_request(prd: Prd, settings: Settings, prices: GenaiPrices, *, workspace: Path) -> Decimal | None:
    """What the engine would set aside for the plan, or for a first turn whose requirements are as long as the PRD."""
    held = Confinement(rung="landlock")
    work = prompts.agent_system(workspace=str(workspace), prd=prd.text, confinement=held)
    first = (
        ("planning", _bytes(prompts.planner_system(), [spec(SubmitPlan)], prompts.plan_question(prd.text))),
        ("work", _bytes(work, [spec(tool) for tool in AGENT_TOOLS], prd.text)),
    )
    worst = [
        prices.worst_case(model, prompt_tokens=size, output_tokens=settings.max_output_tokens)
        for tier, size in first
        if prices.knows(model := settings.models[tier])
    ]
    return max(worst) if len(worst) == len(first) else None


def _bytes(system: str, tools: Sequence[ToolSpec], opening: str) -> int:
    """The engine's own bound on the tokens of a first request; see `loki_tui.engine.asking`."""
    declared = sum(len(tool.model_dump_json().encode()) for tool in tools)
    return len(system.encode()) + declared + len(TextPart(text=opening).model_dump_json().encode()) + 2 * FRAMING_BYTES


def _two_digits(amount: Decimal, rounding: str) -> Decimal:
    """An amount to the two digits that an estimate can honestly have."""
    if not amount:
        return Decimal(0)
    rounded = amount.quantize(Decimal(1).scaleb(amount.adjusted() - 1), rounding)
    return rounded if rounded.adjusted() < 2 else rounded.quantize(Decimal(1))


def _whole(number: float, rounding: str) -> int:
    return max(1, int(_two_digits(_exact(number).to_integral_value(rounding), rounding)))


def _exact(number: float) -> Decimal:
    """A number without the trace that scaling leaves far behind the point, which is not to be rounded up."""
    return Decimal(str(round(number, 6)))


def _counted(runs: int) -> str:
    return f"{runs} earlier completed run{'s' if runs > 1 else ''}"
