"""The completion council and the way of a run, as lines for a person and as JSON objects for programs."""

from __future__ import annotations

from collections.abc import Iterator

from loki_tui.core.messages import JsonObject
from loki_tui.core.money import format_usd
from loki_tui.core.state import RunState
from loki_tui.core.terminal import one_line
from loki_tui.runtime.convergence import Convergence, Progress, in_a_sentence
from loki_tui.runtime.sittings import Sitting
from loki_tui.wording.amounts import counted, percent
from loki_tui.wording.council_rows import Rules, latest_sitting, next_sitting
from loki_tui.wording.line import Line, Tone

_LABEL = 14


def status_lines(state: RunState, rules: Rules) -> Iterator[Line]:
    """How the council stands."""
    due, council = next_sitting(state, rules), state.council
    if not rules.enabled:
        yield Line(f"{'council':<{_LABEL}}switched off by LOKI_COUNCIL_ENABLED", "warn")
    else:
        yield Line(f"{'council':<{_LABEL}}{counted(rules.size, 'member')}, {counted(rules.threshold, 'vote')} needed")
    yield Line(f"{'next sitting':<{_LABEL}}{one_line(due.why)}")
    if council.convened is None:
        yield Line(f"{'last sitting':<{_LABEL}}none yet")
    else:
        yield from sitting_lines(latest_sitting(state, council.convened))
    for member, calibration in state.calibrations.items():
        rate = percent(calibration.caught / calibration.shown) if calibration.shown else "never tried"
        saw = f"saw {calibration.caught:,} of {counted(calibration.shown, 'planted defect')} ({rate})"
        yield Line(f"{'calibration':<{_LABEL}}{one_line(member)} {saw}")


# -- sittings -----------------------------------------------------------------------------------


def sitting_lines(sitting: Sitting) -> Iterator[Line]:
    """A sitting with all its votes."""
    convened, decided = sitting.convened, sitting.decided
    why = f": {one_line(decided.reason)}" if decided is not None else ""
    tone: Tone = "plain" if decided is None else "good" if decided.approved else "warn"
    head = f"sitting {convened.sitting:,} after iteration {convened.iteration:,} ({convened.trigger})"
    yield Line(f"{head} {sitting.standing}{why}", tone)
    for vote in sitting.votes:
        charge = f" ({one_line(vote.charge)})" if vote.charge and vote.charge != vote.member else ""
        word = f"{vote.verdict}, void: {one_line(vote.void)}" if vote.void else vote.verdict
        yield Line(
            f"  {one_line(vote.member)}{charge}: {word}",
            "warn" if vote.void else "good" if vote.verdict == "approve" else "bad",
        )
        for label, told in (("because", vote.reasons), ("unmet", vote.unmet), ("evidence", vote.evidence)):
            for each in told:
                yield Line(f"    {label}: {one_line(each)}", "quiet")
    for calibrated in sitting.calibrations:
        saw = "saw" if calibrated.caught else "did not see"
        yield Line(
            f"  {one_line(calibrated.member)} {saw} a planted defect: {one_line(calibrated.defect)}",
            "good" if calibrated.caught else "warn",
        )


# -- convergence --------------------------------------------------------------------------------


def progress_line(row: Progress) -> Line:
    """One iteration in a line."""
    if not row.finished:
        return Line(f"{row.number:>5}  under way, {row.proven:,} proven", "quiet")
    parts = [f"{counted(row.changed, 'path')} changed" if not row.unchanged else "nothing changed"]
    parts.append(f"{row.proven:,} proven" + (f", new: {one_line(', '.join(row.newly))}" if row.newly else ""))
    if row.lost:
        parts.append(f"lost: {one_line(', '.join(row.lost))}")
    parts += [f"{phase} red" + (f" {times} times in a row" if times > 1 else "") for phase, times in row.failing]
    cost = format_usd(row.spent)
    parts.append(cost if row.cost_per_proven is None else f"{cost}, {format_usd(row.cost_per_proven)} for each new one")
    return Line(f"{row.number:>5}  {'; '.join(parts)}", "good" if row.newly else "warn" if row.unchanged else "plain")


def convergence_lines(found: Convergence, state: RunState, rules: Rules) -> Iterator[Line]:
    """A run's way, and what it means."""
    earlier = found.finished - sum(row.finished for row in found.rows)
    if earlier:
        yield Line(f"{counted(earlier, 'earlier iteration')} not shown", "quiet")
    yield from map(progress_line, found.rows)
    spent = state.books.spent
    proven = found.ever_proven
    each = f", {format_usd(spent / proven)} for each requirement that was proven" if proven else ""
    least = " at least" * bool(state.books.unpriced)
    yield Line(f"{format_usd(spent)}{least} in all{each}")
    yield Line(in_a_sentence(found, limit=rules.limit), "loud")


def progress_row(row: Progress) -> JsonObject:
    """One iteration as one object."""
    return {
        "iteration": row.number,
        "finished": row.finished,
        "claimed_done": row.claimed,
        "tree": row.tree or None,
        "changed": row.changed,
        "unchanged_streak": row.unchanged,
        "proven": row.proven,
        "newly_proven": list(row.newly),
        "lost": list(row.lost),
        "unproductive_streak": row.unproductive,
        "failing": dict(row.failing),
        "spent": str(row.spent),
        "cost_per_proven": None if row.cost_per_proven is None else str(row.cost_per_proven),
    }


def convergence_row(found: Convergence, state: RunState, rules: Rules) -> JsonObject:
    """A run's way as one object."""
    spent = state.books.spent
    return {
        "run": state.run,
        "requirements": found.requirements,
        "proven": len(found.proven),
        "iterations": [progress_row(row) for row in found.rows],
        "finished": found.finished,
        "spent": str(spent),
        "cost_per_proven": str(spent / found.ever_proven) if found.ever_proven else None,
        "stagnation_limit": rules.limit,
        "meaning": in_a_sentence(found, limit=rules.limit),
    }
