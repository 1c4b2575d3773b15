"""What a run is expected to come to, in words that promise no more than the estimate does."""

from __future__ import annotations

from loki_tui.core.money import format_limit, format_needed, format_usd
from loki_tui.runtime.estimate import BudgetVerdict, Estimate
from loki_tui.wording.line import Line, Tone

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

_VERDICTS: dict[BudgetVerdict, tuple[str, Tone]] = {
    "covers": ("covers that", "good"),
    "may_not_cover": ("may not cover that; the run would pause when it is used up", "warn"),
    "falls_short": ("does not cover even the least of that; the run would pause on the way", "bad"),
    "not_one_request": ("does not cover even the first request; the run would pause at once", "bad"),
    "unknown": ("cannot be kept while a price is not known: set LOKI_MODEL_PRICES", "bad"),
}


def estimate_lines(estimate: Estimate) -> list[Line]:
    """An estimate in a few lines."""
    lines = [
        Line(f"cost        {cost_range(estimate)}", "loud"),
        Line(f"iterations  {_between(f'{estimate.iterations_low:,}', f'{estimate.iterations_high:,}')}"),
        Line(f"time        {time_range(estimate)}"),
        budget_line(estimate),
    ]
    if estimate.worst_request is not None:
        lines.append(Line(f"a request   at most {format_needed(estimate.worst_request)} at the beginning"))
    return [*lines, Line(f"basis       {estimate.basis}", "quiet")]


def cost_range(estimate: Estimate) -> str:
    """From what to what a run may cost."""
    if estimate.low is None or estimate.high is None:
        return "not known, since the price of a model is not"
    return _between(format_usd(estimate.low), format_usd(estimate.high))


def time_range(estimate: Estimate) -> str:
    """How long a run may take."""
    return _between(_roughly(estimate.seconds_low), _roughly(estimate.seconds_high))


def budget_line(estimate: Estimate) -> Line:
    """Whether the budget lasts."""
    if estimate.budget is None:
        return Line("budget      none is set: nothing but the iterations ends the spending", "warn")
    words, tone = _VERDICTS[estimate.budget_verdict]
    return Line(f"budget      {format_limit(estimate.budget)} {words}", tone)


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _roughly(seconds: float) -> str:
    """A time in the unit in which it has two digits."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / _HOUR:.2g} h"
    return f"{seconds / _DAY:.2g} days"
