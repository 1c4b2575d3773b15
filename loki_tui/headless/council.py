"""The completion council and the way of a run, as lines for a person and as JSON objects for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loki_tui.core.events import CouncilConvened, RunCreated
from loki_tui.core.messages import JsonObject
from loki_tui.core.money import format_usd
from loki_tui.core.settings import Settings
from loki_tui.core.state import RunState
from loki_tui.core.terminal import one_line
from loki_tui.runtime.convergence import Convergence, Progress, in_a_sentence
from loki_tui.runtime.sittings import Sitting
from loki_tui.wording.amounts import counted, percent
from loki_tui.wording.line import Line, Tone

_LABEL = 14


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of a run's council, as the run began with them."""

    enabled: bool
    size: int
    threshold: int
    interval: int
    least: int
    """Iterations before the first sitting that nobody asked for."""
    calibration: int
    limit: int
    """Iterations without change that end the run."""


def rules_of(created: RunCreated | None) -> Rules:
    """The council's settings that a run began with."""

    def number(name: str) -> int:
        recorded = created.settings.get(name) if created else None
        value = Settings.model_fields[name].default if recorded is None else recorded
        return int(value) if isinstance(value, int) else 0

    return Rules(
        enabled=bool(number("council_enabled")),
        size=number("council_size"),
        threshold=number("council_threshold"),
        interval=number("council_check_interval"),
        least=number("council_min_iterations"),
        calibration=number("council_calibration_interval"),
        limit=number("council_stagnation_limit"),
    )


# -- when it sits next --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """When the council sits next without being asked, and why."""

    iteration: int | None
    why: str


def next_sitting(state: RunState, rules: Rules) -> Due:
    """When the council sits next: what a claim or a person brings about comes before it."""
    council = state.council
    if not rules.enabled:
        return Due(None, "never: switched off by LOKI_COUNCIL_ENABLED")
    if state.status.ended:
        return Due(None, "never: the run has ended")
    if council.convened is not None and council.decided is None:
        return Due(council.convened.iteration, "it is sitting now")
    if state.review_forced:
        return Due(state.iterations_begun, f"at the next opportunity: {state.review_forced} asked for it")
    last = council.convened.iteration if council.convened else 0
    # As the engine decides it: at every multiple of the interval. The iteration that is open counts.
    number = max(rules.least, last + 1, state.iterations_begun, 1)
    due = -(-number // max(1, rules.interval)) * max(1, rules.interval)
    every = f"every {counted(rules.interval, 'iteration')}, not before iteration {rules.least:,}"
    return Due(due, f"after iteration {due:,}: {every}; before that where the facts bear out a claim of completion")


# -- status -------------------------------------------------------------------------------------


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
        yield from sitting_lines(_latest(state, council.convened))
    for member, calibration in state.calibrations.items():
        rate = percent(calibration.caught / calibration.shown) if calibration.shown else "never tried"
        saw = f"saw {calibration.caught:,} of {counted(calibration.shown, 'planted defect')} ({rate})"
        yield Line(f"{'calibration':<{_LABEL}}{one_line(member)} {saw}")


def status_row(state: RunState, rules: Rules) -> JsonObject:
    """The same as one object."""
    due, council = next_sitting(state, rules), state.council
    return {
        "run": state.run,
        "enabled": rules.enabled,
        "size": rules.size,
        "threshold": rules.threshold,
        "check_interval": rules.interval,
        "min_iterations": rules.least,
        "calibration_interval": rules.calibration,
        "next": {"iteration": due.iteration, "why": due.why},
        "forced_by": state.review_forced or None,
        "last": None if council.convened is None else sitting_row(_latest(state, council.convened)),
        "calibration": {
            member: {
                "shown": calibration.shown,
                "caught": calibration.caught,
                "rate": round(calibration.caught / calibration.shown, 3) if calibration.shown else None,
            }
            for member, calibration in state.calibrations.items()
        },
    }


def _latest(state: RunState, convened: CouncilConvened) -> Sitting:
    return Sitting(convened, state.at, votes=list(state.council.votes), decided=state.council.decided)


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


def sitting_row(sitting: Sitting) -> JsonObject:
    """A sitting as one object."""
    convened, decided = sitting.convened, sitting.decided
    return {
        "sitting": convened.sitting,
        "at": sitting.at.isoformat(),
        "trigger": convened.trigger,
        "reason": convened.reason,
        "iteration": convened.iteration,
        "tree": convened.tree or None,
        "members": list(convened.members),
        "votes": [vote.model_dump(mode="json", exclude={"kind", "sitting"}) for vote in sitting.votes],
        "decided": decided is not None,
        "approved": None if decided is None else decided.approved,
        "decision": None if decided is None else decided.reason,
        "approving": None if decided is None else decided.approving,
        "needed": None if decided is None else decided.needed,
        "calibrations": [each.model_dump(mode="json", exclude={"kind", "sitting"}) for each in sitting.calibrations],
    }


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
    each = f", {format_usd(spent / found.ever_proven)} for each requirement that was proven" * bool(found.ever_proven)
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
