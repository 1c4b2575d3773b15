"""What the screen that begins a run shows: PRDs to choose from, a look into one, and what a run may come to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from loki_tui.core.errors import LokiError
from loki_tui.core.terminal import one_line
from loki_tui.runtime.choosing import PrdCandidate
from loki_tui.runtime.estimate import Estimate
from loki_tui.tui.rows import Row, row, spread, wrap
from loki_tui.wording.amounts import age, in_bytes
from loki_tui.wording.estimates import estimate_lines

PREVIEWED = 200
"""Lines of a PRD that are shown before one asks for all of it."""

_NAMES = 12
"""Cells that the words of an estimate begin after."""


def candidate_rows(candidates: Sequence[PrdCandidate], workspace: Path, width: int, *, now: datetime) -> list[Row]:
    """A row for each file that may be the PRD."""
    return [
        spread(
            row((one_line(str(one.path.relative_to(workspace))), "loud"), (f"  {one.title}", "plain")),
            row((f"{in_bytes(one.size)} {age(one.modified, now)}", "quiet")) if width >= 60 else (),
            width,
        )
        for one in candidates
    ]


def no_candidate_rows(workspace: Path, width: int) -> list[Row]:
    """What to do where there is nothing to choose from."""
    return [
        *wrap(f"There is no text in {workspace} that could be a PRD.", width, tone="loud"),
        *wrap("Write down what is to be built, in prd.md for instance, then come back here.", width, tone="quiet"),
    ]


def preview_rows(text: str, width: int) -> list[Row]:
    """The beginning of a PRD."""
    lines = text.splitlines()
    shown = [piece for line in lines[:PREVIEWED] for piece in wrap(line, width)]
    more = len(lines) - PREVIEWED
    return [*shown, row((f"… {more:,} more lines: enter on the file shows all", "quiet"))] if more > 0 else shown


def estimate_rows(expected: Estimate, width: int) -> list[Row]:
    """What the run may come to."""
    rows: list[Row] = []
    for line in estimate_lines(expected):
        pieces = wrap(line.text[_NAMES:], width - _NAMES, tone=line.tone)
        names = (line.text[:_NAMES], *(" " * _NAMES for _ in pieces[1:]))
        rows += [row((name, "quiet"), *piece) for name, piece in zip(names, pieces, strict=True)]
    return rows


def error_rows(error: LokiError, width: int) -> list[Row]:
    """What is wrong, and what to do."""
    hint = wrap(error.hint, width, tone="plain") if error.hint else []
    return [*wrap(f"! {error.message}", width, tone="bad"), *hint]


def at_work_rows(run: str, width: int) -> list[Row]:
    """That another run has to end first."""
    said = f"Run {one_line(run)} is at work in this project, and there can be one at a time. To begin is to be asked."
    return wrap(said, width, tone="warn")
