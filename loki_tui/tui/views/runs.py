"""The list of runs: two rows for each, how it stands over what it is and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from loki_tui.core.terminal import one_line
from loki_tui.runtime.runs import ProjectProblem, RunEntry, RunListed
from loki_tui.tui.rows import Row, Span, Tone, columns, crop, row, wrap
from loki_tui.tui.run_list import Found
from loki_tui.tui.views.signs import STATUS
from loki_tui.wording.amounts import age, counted
from loki_tui.wording.runs import cost

WIDTHS = (12, 11, 12, 18)
"""Cells for the state, the age, the iterations and the cost; the PRD has the rest."""

Listed = RunListed | ProjectProblem


def rows(listed: Sequence[Listed], width: int, *, now: datetime, machine: bool) -> tuple[list[Row], list[int]]:
    """The rows of all, and the first row of each.

    Args:
        listed: Runs, looked at as a whole or not yet, and projects that cannot be listed.
        width: Cells of a row.
        now: What ages are counted from.
        machine: Whether runs of several projects are listed, so that each says where it works.
    """
    lines: list[Row] = []
    starts: list[int] = []
    for one in listed:
        starts.append(len(lines))
        if isinstance(one, ProjectProblem):
            lines += _problem(one, width)
        else:
            lines += [_standing(one, width, now), crop(_about(one, machine=machine), width)]
    return lines, starts


def title(found: Found, *, machine: bool) -> str:
    """What the list is of."""
    project = found.project.workspace if found.project is not None else "no project"
    return f"Runs of {'this machine' if machine else one_line(str(project))}: {len(found.listing.runs):,}"


def empty_rows(found: Found, width: int, *, machine: bool, keys: Mapping[str, str]) -> list[Row]:
    """What to do where there is nothing to see.

    Args:
        found: What a look brought.
        width: Cells of a row.
        machine: Whether the whole machine was looked at.
        keys: Action to its keys.
    """
    if found.trouble is not None:
        return [*wrap(found.trouble.message, width, tone="bad"), *wrap(found.trouble.hint, width, tone="quiet")]
    where = "on this machine" if machine else "in this project"
    other = "the runs of this project" if machine else "the runs of the whole machine"
    size = max(len(keys["app.start"]), len(keys["runs.everywhere"]))
    return [
        row((f"There is no run {where} yet.", "loud")),
        (),
        row((keys["app.start"].ljust(size), "accent"), "  begins one: choose a PRD, see what it may cost, and go"),
        row((keys["runs.everywhere"].ljust(size), "accent"), f"  shows {other}"),
    ]


def key_of(listed: Listed) -> tuple[Path, str]:
    """What tells it from all others."""
    if isinstance(listed, ProjectProblem):
        return listed.root, ""
    return listed.project.state.root, listed.run


def name_of(listed: RunListed) -> str:
    """The PRD as it is called from its workspace."""
    path = Path(listed.prd_path)
    return one_line(str(path.relative_to(listed.workspace) if path.is_relative_to(listed.workspace) else path))


def _standing(listed: RunListed, width: int, now: datetime) -> Row:
    word, tone = _state(listed)
    figures = columns(("", age(listed.created_at, now), *_figures(listed)), (0, *WIDTHS[1:]))
    return crop(row((word.ljust(WIDTHS[0]), tone), (f"{figures} ", "plain"), (name_of(listed), "loud")), width)


def _state(listed: RunListed) -> tuple[str, Tone]:
    if isinstance(listed, RunEntry) and listed.status is None:
        return "! UNREADABLE", "bad"
    status = listed.status if isinstance(listed, RunEntry) else listed.outcome
    if status is None:
        return ("▶ AT WORK", "good") if listed.engine is not None else ("… ", "quiet")
    sign, tone = STATUS[status]
    return f"{sign} {status.upper()}", tone


def _figures(listed: RunListed) -> tuple[str, str]:
    if not isinstance(listed, RunEntry):
        return "…", "…"
    if listed.status is None:
        return "", ""
    return f"it {listed.iterations:,}/{listed.max_iterations:,}", cost(listed)


def _about(listed: RunListed, *, machine: bool) -> Row:
    parts: list[Span] = []
    if isinstance(listed, RunEntry) and listed.waiting_approvals:
        parts.append((f"{counted(listed.waiting_approvals, 'approval')} wanted", "warn"))
    branch = listed.branch if isinstance(listed, RunEntry) else None
    parts.append((one_line(branch or listed.run), "quiet"))
    if machine:
        parts.append((one_line(str(listed.workspace)), "accent"))
    if isinstance(listed, RunEntry):
        parts.append((one_line(listed.reason), "bad" if listed.status is None else "plain"))
    spans: list[Span] = [("  ", "plain")]
    for number, part in enumerate(part for part in parts if part[0]):
        spans += [(" · ", "quiet"), part] if number else [part]
    return tuple(spans)


def _problem(problem: ProjectProblem, width: int) -> list[Row]:
    where = one_line(str(problem.workspace or problem.root))
    return [
        crop(row(("! PROBLEM".ljust(WIDTHS[0]), "bad"), (f" {where}", "loud")), width),
        *wrap(problem.error.message, width, tone="bad", indent="  "),
        *wrap(problem.error.hint, width, tone="quiet", indent="  "),
    ]
