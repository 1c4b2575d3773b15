"""QA phases: what was measured, on which files, and how long ago. Unknown is never green, stale neither."""

from __future__ import annotations

from loki_tui.core.events import PhaseFinished
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Verdict
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, crop, row, spread
from loki_tui.tui.views.signs import VERDICT
from loki_tui.wording.amounts import age


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    phases = picture.state.phases.values()
    good = sum(phase.verdict is Verdict.PASSED and not picture.state.stale(phase) for phase in phases)
    return f"Checks {good} of {len(phases)} pass" if phases else "Checks"


def rows(picture: Picture, width: int) -> tuple[list[Row], list[int]]:
    """Two rows for each phase that was measured."""
    state = picture.state
    lines: list[Row] = []
    items: list[int] = []
    if state.running_phase is not None:
        running = row(("▶ ", "accent"), (one_line(state.running_phase), "loud"), " is being measured")
        lines.append(crop(running, width))
    for name, fact in state.phases.items():
        items.append(len(lines))
        lines += _fact(picture, name, fact, width)
    if not lines:
        lines.append(crop(row(("? ", "warn"), ("Nothing was measured yet.", "quiet")), width))
    return lines, items or [0]


def _fact(picture: Picture, name: str, fact: PhaseFinished, width: int) -> list[Row]:
    word = fact.verdict.replace("_", " ")
    sign, tone = VERDICT[fact.verdict]
    if picture.state.stale(fact):
        # The files it covers have changed since: nobody knows what it would say now.
        sign, tone, word = "~", "warn", f"stale, was {word}"
    at = picture.state.measured_at.get(name)
    when = age(at, picture.now) if at is not None else ""
    needed = " (required)" if fact.required else ""
    first = spread(
        row((f"{sign} ", tone), (one_line(name), "loud"), (needed, "quiet"), (f" {word}", tone)),
        row((when, "quiet")),
        width,
    )
    return [first, crop(row(("  ", "plain"), (one_line(fact.why), "quiet")), width)]
