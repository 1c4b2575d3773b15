"""The PRD line by line, how far each line is proven, and by what."""

from __future__ import annotations

from functools import lru_cache

from loki_tui.core.state import Judged
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Proof, Requirement
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, bar, crop, row, spread, wrap
from loki_tui.tui.views.signs import PROOF
from loki_tui.wording.amounts import counted
from loki_tui.wording.proof import LONG_CHARS, evidence_text, short

EVIDENCE = 6
"""Rows of evidence where there is room."""
TESTS = 4
"""Tests that are named where there is room."""

INDENT = "    "


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    state = picture.state
    return f"Requirements {state.proven} of {len(state.requirements)} proven" if state.requirements else "Requirements"


def entries(picture: Picture) -> list[Judged]:
    """What the pane's items are about."""
    return list(picture.state.requirements.values())


def rows(picture: Picture, width: int, *, whole: bool = False) -> tuple[list[Row], list[int]]:
    """Each requirement with its state, and what that rests on.

    Args:
        picture: The run.
        width: Cells of a row.
        whole: Whether there is room for all of the evidence; else it takes one row.
    """
    state = picture.state
    if not state.requirements:
        return wrap("No plan yet: the PRD becomes a list of requirements first.", width, tone="quiet"), [0]
    lines: list[Row] = []
    items: list[int] = []
    if state.planned is not None and state.planned.fallback:
        lines += wrap("No usable plan came: the whole PRD is one requirement.", width, tone="warn")
    if width >= 30:
        lines.append(_progress(picture, width))
    for judged in state.requirements.values():
        items.append(len(lines))
        lines += _made(judged.requirement, judged.proof, judged.evidence, judged.tests, judged.claimed, width, whole)
    return lines, items


@lru_cache(maxsize=1024)
def _made(
    requirement: Requirement,
    proof: Proof,
    evidence: str,
    tests: tuple[str, ...],
    claimed: tuple[str, ...],
    width: int,
    whole: bool,
) -> tuple[Row, ...]:
    """The rows of a requirement, once: of two hundred, one is judged at a time."""
    judged = Judged(requirement, proof, evidence, tests, claimed=claimed)
    first = _standing(judged, width)
    if whole:
        return (first, *_grounds(judged, width))
    rests = evidence_text(judged)
    return (first, crop(row((INDENT, "plain"), (rests, "quiet")), width)) if rests else (first,)


def _standing(judged: Judged, width: int) -> Row:
    sign, tone = PROOF[judged.proof]
    asked = judged.requirement
    said = row((f"{sign} ", tone), (f"{one_line(asked.id)} ", "accent"), one_line(asked.title))
    return spread(said, row((judged.proof.value, tone)), width)


def _grounds(judged: Judged, width: int) -> list[Row]:
    """What a requirement's state rests on."""
    if evidence := evidence_text(judged, LONG_CHARS):
        fine = judged.proof is Proof.PROVEN
        lines = wrap(evidence, width, indent=INDENT, most=EVIDENCE, tone="quiet" if fine else "plain")
    else:
        lines = [crop(row((INDENT, "plain"), (_nothing(judged), "quiet")), width)]
    for word, named in (("shown by", judged.tests), ("agent names", judged.claimed if not judged.tests else ())):
        lines += [crop(row((f"{INDENT}{word} ", "quiet"), (short(test), "plain")), width) for test in named[:TESTS]]
        if len(named) > TESTS:
            lines.append(crop(row((f"{INDENT}and {counted(len(named) - TESTS, 'test')} more", "quiet")), width))
    return lines


def _nothing(judged: Judged) -> str:
    return "nobody has looked yet" if judged.claimed else "no test is named for it yet"


def _progress(picture: Picture, width: int) -> Row:
    proven, count = picture.state.proven, len(picture.state.requirements)
    full, rest = bar(proven / count, min(40, width - 12))
    return row((full, "good"), (rest, "quiet"), f" {proven}/{count}")
