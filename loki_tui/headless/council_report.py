"""What the council did in a run, as a Markdown document to hand on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from loki_tui.core.money import format_usd
from loki_tui.core.state import RunState
from loki_tui.core.terminal import one_line
from loki_tui.runtime.convergence import Convergence, Progress, in_a_sentence
from loki_tui.runtime.sittings import Sitting
from loki_tui.wording.amounts import counted, percent
from loki_tui.wording.council_rows import Rules, next_sitting

_MARKS = re.compile(r"([\\`*_\[\]{}<>#|~!&$])")
"""What means something in Markdown, or in HTML within it."""


def report(state: RunState, rules: Rules, sittings: Iterable[Sitting], found: Convergence) -> Iterator[str]:
    """The report line by line. What models and agents said is text in it, whatever it looks like."""
    yield f"# Completion council of run {_text(state.run)}"
    yield ""
    yield f"- Status: {_text(state.status)}{f', {_text(state.reason)}' if state.reason else ''}"
    if rules.enabled:
        yield f"- Council: {counted(rules.size, 'member')}, {counted(rules.threshold, 'vote')} needed"
    else:
        yield "- Council: switched off"
    yield f"- Next sitting: {_text(next_sitting(state, rules).why)}"
    proven = f"{len(found.proven):,} of {found.requirements:,}"
    yield f"- Requirements proven on the work as it is: {proven}"
    yield f"- Spent: {format_usd(state.books.spent)}{' at least' if state.books.unpriced else ''}"
    yield ""
    yield "Facts were measured by Loki; votes are opinions, and none of them makes up for a fact."
    yield ""
    yield "## Facts"
    yield ""
    yield from _facts(state)
    yield ""
    yield "## Sittings"
    yield ""
    none = True
    for sitting in sittings:
        none = False
        yield from _sitting(sitting)
    if none:
        yield from ("There was none.", "")
    yield from _calibration(state)
    yield "## Convergence"
    yield ""
    yield _text(in_a_sentence(found, limit=rules.limit))
    yield ""
    yield from _table(
        ("iteration", "paths changed", "proven", "newly proven", "red", "cost"), (_cells(row) for row in found.rows)
    )


def _facts(state: RunState) -> Iterator[str]:
    if not state.phases:
        yield "Nothing was measured yet."
        return
    yield from _table(
        ("phase", "verdict", "why", "checkpoint"),
        (
            (
                phase.phase,
                f"{phase.verdict.replace('_', ' ')}{' (stale)' if state.stale(phase) else ''}",
                phase.why,
                phase.checkpoint,
            )
            for phase in state.phases.values()
        ),
    )


def _sitting(sitting: Sitting) -> Iterator[str]:
    convened, decided = sitting.convened, sitting.decided
    yield f"### Sitting {convened.sitting}, after iteration {convened.iteration}: {sitting.standing}"
    yield ""
    yield f"Called by {_text(convened.trigger)}: {_text(convened.reason)}."
    if decided is not None:
        yield f"Decided: {_text(decided.reason)}."
    yield ""
    for vote in sitting.votes:
        void = f", void: {_text(vote.void)}" if vote.void else ""
        charge = f" ({_text(vote.charge)})" if vote.charge and vote.charge != vote.member else ""
        yield f"- **{_text(vote.member)}**{charge}: {vote.verdict}{void}"
        for label, told in (("because", vote.reasons), ("unmet", vote.unmet), ("evidence", vote.evidence)):
            for each in told:
                yield f"  - {label}: {_text(each)}"
    yield ""


def _calibration(state: RunState) -> Iterator[str]:
    if not state.calibrations:
        return
    yield "## Calibration"
    yield ""
    yield "How often each member saw a defect that was planted."
    yield ""
    yield from _table(
        ("member", "shown", "seen", "rate"),
        (
            (member, str(each.shown), str(each.caught), percent(each.caught / each.shown) if each.shown else "")
            for member, each in state.calibrations.items()
        ),
    )
    yield ""


def _cells(row: Progress) -> tuple[str, ...]:
    red = ", ".join(f"{phase} {times} times in a row" for phase, times in row.failing)
    changed = "nothing" if row.unchanged else f"{row.changed:,}"
    return (
        f"{row.number:,}{'' if row.finished else ' (under way)'}",
        changed,
        f"{row.proven:,}",
        ", ".join(row.newly),
        red,
        format_usd(row.spent),
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(_text, row))} |"


def _text(text: str) -> str:
    """Foreign text as one line of Markdown that means nothing but itself."""
    return _MARKS.sub(r"\\\1", one_line(text))
