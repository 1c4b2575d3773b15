"""What is approved for a run beforehand, and what a pattern would have let through."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from loki_tui.core.state import Learned
from loki_tui.core.terminal import one_line
from loki_tui.tui.rows import Row, crop, row, wrap
from loki_tui.tui.views.signs import RISK
from loki_tui.wording.approving import learned_in_words, rehearsal_in_words

if TYPE_CHECKING:
    from loki_tui.runtime.rehearsal import Rehearsal


def rows(learned: Sequence[Learned], now: datetime, width: int) -> tuple[list[Row], list[int]]:
    """The rules, and the first row of each."""
    made: list[Row] = []
    starts = []
    for one in learned:
        starts.append(len(made))
        word, tone = RISK[one.rule.risk]
        made.append(crop(row((one_line(one.rule.pattern), "loud"), (f"  {word}", tone)), width))
        made += wrap(learned_in_words(one, now), width, tone="quiet", indent="  ")
    return made, starts


def tried_rows(found: Rehearsal, width: int) -> list[Row]:
    """What came of trying a pattern."""
    first, *more = rehearsal_in_words(found)
    lines = wrap(first, width, tone="warn" if found.risky else "good")
    return [*lines, *(made for line in more for made in wrap(line, width))]
