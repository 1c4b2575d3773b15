"""What a run amounts to right now, in a few lines or as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from loki_tui.core.messages import JsonObject
from loki_tui.core.money import format_usd
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Proof, Status, Verdict
from loki_tui.headless.lines import Line, Tone
from loki_tui.runtime.client import RunView
from loki_tui.store.reader import RunSummary

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
        "iteration": len(state.iterations),
        "max_iterations": created.max_iterations if created else None,
        "elapsed_seconds": round(state.elapsed(datetime.now(UTC)).total_seconds(), 1),
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
    reason = f": {one_line(view.reason)}" if view.reason else ""
    lines = [Line(f"{view.status.upper()}{reason}", _TONES.get(view.status, "bad"))]
    lines.append(Line(f"run        {state.run}, {_elapsed(state.elapsed(datetime.now(UTC)))}"))
    if state.created is not None:
        lines.append(Line(f"prd        {one_line(state.created.prd_path)}"))
        lines.append(Line(f"iteration  {len(state.iterations)} of {state.created.max_iterations}, {state.stage}"))
    lines.append(Line(f"spent      {_money(view)}"))
    if state.requirements:
        proven = sum(judged.proof is Proof.PROVEN for judged in state.requirements.values())
        lines.append(Line(f"proven     {proven} of {len(state.requirements)} requirements"))
    lines.extend(_facts(view))
    if state.branch is not None:
        tip = f" at {state.commit[:10]}" if state.commit else ", nothing committed yet"
        lines.append(Line(f"branch     {state.branch.branch}{tip}"))
    if state.confinement is not None:
        held = state.confinement
        open_to = f"; not covered: {', '.join(held.uncovered)}" if held.uncovered else ""
        lines.append(Line(f"confined   {held.rung} {held.detail}{open_to}", "bad" if held.rung == "none" else "plain"))
    for waiting in state.waiting_approvals:
        asked = waiting.request
        lines.append(Line(f"waits for you: {one_line(asked.title)} (loki approvals show {asked.approval})", "warn"))
    lines.append(_what_now(view))
    return lines


def _facts(view: RunView) -> list[Line]:
    lines = []
    for name, fact in view.state.phases.items():
        stale = view.state.stale(fact)
        word = "stale" if stale else fact.verdict.replace("_", " ")
        good = fact.verdict is Verdict.PASSED and not stale
        lines.append(Line(f"{name} {word}: {one_line(fact.why)}", "good" if good else "warn"))
    return lines


def _money(view: RunView) -> str:
    books = view.state.books
    parts = [format_usd(books.spent) + (" at least" if books.unpriced else "")]
    if books.limit is not None:
        parts.append(f"of {format_usd(books.limit)}")
    if books.unconfirmed:
        parts.append(f"and up to {format_usd(books.unconfirmed)} for answers that were lost")
    if view.state.needed is not None:
        parts.append(f"(needs {format_usd(view.state.needed)}: loki resume --budget AMOUNT)")
    return " ".join(parts)


def _what_now(view: RunView) -> Line:
    state = view.state
    if view.engine is not None:
        return Line(f"at work in process {view.engine.pid}; to end it: loki stop")
    if state.status.ended and state.branch is not None:
        opened = state.branch
        return Line(f"not running; the work is on {opened.branch}, back to yours: git switch {opened.origin}")
    return Line("not running" if state.status.ended else "not running; go on: loki resume")


def run_row(summary: RunSummary, *, engine: bool) -> JsonObject:
    """A run in a list, as JSON."""
    return {
        "run": summary.id,
        "created_at": summary.created_at.isoformat(),
        "prd": summary.prd_path,
        "workspace": summary.workspace,
        "outcome": summary.outcome,
        "at_work": engine,
        "last_seq": summary.last_seq,
    }


def run_line(summary: RunSummary, *, engine: bool) -> Line:
    """A run in a list."""
    word = summary.outcome or ("at work" if engine else "not ended; loki resume")
    tone: Tone = "good" if summary.outcome is Status.COMPLETED else "loud" if engine else "plain"
    return Line(f"{summary.id}  {summary.created_at:%Y-%m-%d %H:%M} UTC  {word}  {one_line(summary.prd_path)}", tone)


def _elapsed(elapsed: timedelta) -> str:
    minutes, seconds = divmod(int(elapsed.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"
