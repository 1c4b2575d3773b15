"""The PRD line by line, and how far each is proven."""

from __future__ import annotations

from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Proof
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, bar, crop, row, spread, wrap
from loki_tui.tui.views.signs import PROOF


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    judged = picture.state.requirements.values()
    proven = sum(one.proof is Proof.PROVEN for one in judged)
    return f"Requirements {proven} of {len(judged)} proven" if judged else "Requirements"


def rows(picture: Picture, width: int) -> tuple[list[Row], list[int]]:
    """A row for each requirement, and one for its evidence where there is some."""
    state = picture.state
    if not state.requirements:
        return wrap("No plan yet: the PRD becomes a list of requirements first.", width, tone="quiet"), [0]
    lines: list[Row] = []
    items: list[int] = []
    if state.planned is not None and state.planned.fallback:
        lines += wrap("No usable plan came: the whole PRD is one requirement.", width, tone="warn")
    if width >= 30:
        lines.append(_progress(picture, width))
    for name, judged in state.requirements.items():
        items.append(len(lines))
        sign, tone = PROOF[judged.proof]
        said = row((f"{sign} ", tone), (f"{one_line(name)} ", "accent"), one_line(judged.requirement.title))
        lines.append(spread(said, row((judged.proof.value, tone)), width))
        if judged.evidence:
            lines.append(crop(row(("    ", "plain"), (one_line(judged.evidence), "quiet")), width))
    return lines, items


def _progress(picture: Picture, width: int) -> Row:
    judged = list(picture.state.requirements.values())
    proven = sum(one.proof is Proof.PROVEN for one in judged)
    full, rest = bar(proven / len(judged), min(40, width - 12))
    return row((full, "good"), (rest, "quiet"), f" {proven}/{len(judged)}")
