"""What a run amounts to right now, in a few lines or as JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from loki_tui.core.events import BranchOpened
from loki_tui.core.fatigue import fatigue_of
from loki_tui.core.messages import JsonObject
from loki_tui.core.money import format_limit, format_needed, format_usd
from loki_tui.core.state import RunState
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Proof, Status, Verdict
from loki_tui.runtime.client import RunView
from loki_tui.wording.amounts import counted
from loki_tui.wording.approving import asked_in_words, waved_through_in_words
from loki_tui.wording.line import Line, Tone
from loki_tui.wording.lines import action_text

_COMMIT = re.compile("[0-9a-f]{40,64}")

_TONES: dict[Status, Tone] = {
    Status.COMPLETED: "good",
    Status.RUNNING: "loud",
    Status.PAUSED: "warn",
    Status.WAITING: "warn",
    Status.STOPPING: "warn",
}


def summarise(view: RunView) -> JsonObject:
    """A run as one JSON object: what `loki status --json` prints."""
    state, books = view.state, view.state.books
    created, closed = state.created, state.closed
    return {
        "run": state.run,
        "status": view.status,
        "reason": view.reason,
        "stage": state.stage,
        "pid": view.engine.pid if view.engine else None,
        "iteration": state.iterations_begun,
        "max_iterations": created.max_iterations if created else None,
        "elapsed_seconds": round(_elapsed(view).total_seconds(), 1),
        "waiting_until": state.waiting_until.isoformat() if state.waiting_until else None,
        "spent": str(books.spent),
        "unconfirmed": str(books.unconfirmed),
        "reserved": str(sum(books.reserved.values(), Decimal(0))),
        "budget": None if books.limit is None else str(books.limit),
        "needed": None if state.needed is None else str(state.needed),
        "requirements": {name: judged.proof for name, judged in state.requirements.items()},
        "phases": {
            name: {"verdict": fact.verdict, "why": fact.why, "stale": state.stale(fact)}
            for name, fact in state.phases.items()
        },
        "approvals": [waiting.request.approval for waiting in state.waiting_approvals],
        "approval_fatigue": _fatigue(view),
        "rules": [learned.rule.pattern for learned in state.learned],
        "refusals": state.refusals,
        "branch": state.branch.branch if state.branch else None,
        "commit": state.commit,
        "confinement": state.confinement.rung if state.confinement else None,
        "outcome": closed.outcome if closed else None,
        "workspace": created.workspace if created else None,
        "prd": created.prd_path if created else None,
        "last_seq": state.seq,
    }


def summary_lines(view: RunView) -> list[Line]:
    """A run in a few lines: whether it goes on, where it stands, what it costs, what it wants."""
    state = view.state
    lines = [_standing(view)]
    lines.append(Line(f"run        {state.run}, {_in_words(_elapsed(view))}"))
    if state.created is not None:
        lines.append(Line(f"prd        {one_line(state.created.prd_path)}"))
        stage = "" if state.status.ended else f", {state.stage}"
        lines.append(Line(f"iteration  {state.iterations_begun:,} of {state.created.max_iterations:,}{stage}"))
    lines.extend(_doing(state))
    lines.append(Line(f"spent      {_money(view)}"))
    if state.requirements:
        proven = sum(judged.proof is Proof.PROVEN for judged in state.requirements.values())
        judged = f"{proven} proven one by one" if proven else "none proven one by one"
        lines.append(Line(f"planned    {counted(len(state.requirements), 'requirement')}, {judged}"))
    lines.extend(_facts(view))
    if state.branch is not None:
        tip = f" at {state.commit[:10]}" if state.commit else ", nothing committed yet"
        lines.append(Line(f"branch     {state.branch.branch}{tip}"))
    if state.confinement is not None:
        held = state.confinement
        badge = Line("NOT CONFINED", "bad") if held.rung == "none" else Line(f"confined   {held.rung} {held.detail}")
        lines.append(badge)
        if held.uncovered:
            lines.append(Line(f"open to    {'; '.join(held.uncovered)}"))
        if held.without:
            lines.append(Line(f"without    {'; '.join(held.without)}", "quiet"))
    lines.extend(_limits(view))
    for waiting in state.waiting_approvals:
        asked = waiting.request
        lines.append(Line(f"waits for you: {one_line(asked.title)} (loki approvals show {asked.approval})", "warn"))
    lines.append(_what_now(view))
    return lines


def summarise_nothing(workspace: Path) -> JsonObject:
    """A project without a run, as JSON."""
    return {"run": None, "status": None, "workspace": str(workspace)}


def no_run(workspace: Path) -> Line:
    """A project without a run, in a line."""
    return Line(f"Loki is not running: there is no run in {one_line(str(workspace))} yet. Begin one: loki start PRD")


def _doing(state: RunState) -> list[Line]:
    if state.status is not Status.RUNNING:
        return []
    doing = [action_text(action) for action in state.in_flight.values()]
    doing += [f"asks {request.model}" for request in state.open_requests.values()]
    return [Line(f"now        {what}") for what in doing]


def _facts(view: RunView) -> list[Line]:
    lines = []
    for name, fact in view.state.phases.items():
        stale = view.state.stale(fact)
        word = "stale" if stale else fact.verdict.replace("_", " ")
        good = fact.verdict is Verdict.PASSED and not stale
        lines.append(Line(f"{name} {word}: {one_line(fact.why)}", "good" if good else "warn"))
    return lines


def _now(view: RunView) -> datetime:
    return datetime.now(UTC) if view.engine else view.state.at


def _fatigue(view: RunView) -> JsonObject:
    found = fatigue_of(view.state, _now(view))
    return {
        "asked_last_hour": found.asked,
        "approved_share": None if found.share is None else round(found.share, 3),
        "waved_through": found.waved_through,
    }


def _limits(view: RunView) -> list[Line]:
    """What was refused, and how much was asked."""
    lines = []
    if (last := view.state.last_refused) is not None:
        refused = f"{counted(view.state.refusals, 'action')}, the last: {action_text(last)}"
        lines.append(Line(f"refused    {refused}", "warn"))
    fatigue = fatigue_of(view.state, _now(view))
    if asked := asked_in_words(fatigue):
        lines.append(Line(f"approvals  {asked}"))
    if warning := waved_through_in_words(fatigue):
        lines.append(Line(warning, "warn"))
    return lines


def _money(view: RunView) -> str:
    books = view.state.books
    parts = [format_usd(books.spent) + (" at least" if books.unpriced else "")]
    if books.limit is not None:
        parts.append(f"of {format_limit(books.limit)}")
    if books.unconfirmed:
        parts.append(f"and up to {format_needed(books.unconfirmed)} for answers that were lost")
    if view.state.needed is not None:
        parts.append(f"(needs {format_needed(view.state.needed)}: loki resume --budget AMOUNT)")
    return " ".join(parts)


def _what_now(view: RunView) -> Line:
    state = view.state
    if view.engine is not None:
        return Line(f"at work in process {view.engine.pid}; to end it: loki stop")
    if not state.status.ended:
        return Line("not running; go on: loki resume")
    if state.branch is None or state.commit is None:
        return Line("not running")
    return Line(f"not running; back from {state.branch.branch} to your own: {_way_back(state.branch)}")


def parting_lines(view: RunView) -> list[Line]:
    """What became of a run, for who left its screen: the screen took all that it had told with it."""
    state = view.state
    figures = [f"run {state.run}"]
    if state.created is not None:
        figures.append(f"iteration {state.iterations_begun:,} of {state.created.max_iterations:,}")
    figures += [_in_words(_elapsed(view)), _money(view)]
    again = "Look at it again" if state.status.ended else "Go on: loki resume. Look"
    return [
        _standing(view),
        Line(", ".join(figures)),
        *closing_lines(state),
        Line(f"{again}: loki attach {state.run}, or loki status", "quiet"),
    ]


def _standing(view: RunView) -> Line:
    reason = f": {one_line(view.reason)}" if view.reason else ""
    return Line(f"{view.status.upper()}{reason}", _TONES.get(view.status, "bad"))


def closing_lines(state: RunState) -> list[Line]:
    """Where the work of a run that has ended is, for who watched it end."""
    if state.branch is None or not state.status.ended:
        return []
    branch, back = state.branch.branch, _way_back(state.branch)
    if state.commit is None:
        return [Line(f"Nothing was committed. {branch} is checked out; back to your own: {back}")]
    return [Line(f"The work is on {branch}, which is checked out. Back to your own: {back}")]


def _way_back(opened: BranchOpened) -> str:
    detached = "--detach " if _COMMIT.fullmatch(opened.origin) else ""
    return f"git switch {detached}{one_line(opened.origin)}"


def _elapsed(view: RunView) -> timedelta:
    """How long the run has been going; without an engine, until its last event."""
    return view.state.elapsed(_now(view))


def _in_words(elapsed: timedelta) -> str:
    minutes, seconds = divmod(int(elapsed.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
