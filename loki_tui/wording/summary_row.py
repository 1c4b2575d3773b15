"""What a run amounts to right now, as one JSON object: what `loki status --json` and the dashboard say of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from loki_tui.core.events import PhaseFinished
from loki_tui.core.fatigue import fatigue_of
from loki_tui.core.messages import JsonObject
from loki_tui.core.state import RunState
from loki_tui.runtime.client import RunView
from loki_tui.wording.proof import judged_text
from loki_tui.wording.stream_rows import stream_rows, together_row


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
        "iteration": state.total_iterations,
        "max_iterations": created.max_iterations if created else None,
        "elapsed_seconds": round(elapsed_of(view).total_seconds(), 1),
        "waiting_until": state.waiting_until.isoformat() if state.waiting_until else None,
        "spent": str(books.spent),
        "unconfirmed": str(books.unconfirmed),
        "reserved": str(sum(books.reserved.values(), Decimal(0))),
        "budget": None if books.limit is None else str(books.limit),
        "needed": None if state.needed is None else str(state.needed),
        "requirements": {name: judged.proof for name, judged in state.requirements.items()},
        "proven": state.proven,
        "unchanged_iterations": state.unchanged_iterations,
        "unproductive_iterations": state.unproductive_iterations,
        "phases": {name: _phase(state, fact) for name, fact in state.phases.items()},
        "reviews": {
            name: {"verdict": review.verdict, "void": review.void, "findings": len(review.findings)}
            for name, review in state.reviews.items()
        },
        "council": _council(state),
        "receipt": _receipt(state),
        "approvals": [waiting.request.approval for waiting in state.waiting_approvals],
        "approval_fatigue": _fatigue(view),
        "rules": [learned.rule.pattern for learned in state.learned],
        "refusals": state.refusals,
        "streams": stream_rows(state),
        **together_row(state),
        "branch": state.branch.branch if state.branch else None,
        "commit": state.commit,
        "confinement": state.confinement.rung if state.confinement else None,
        "outcome": closed.outcome if closed else None,
        "workspace": created.workspace if created else None,
        "prd": created.prd_path if created else None,
        "last_seq": state.seq,
    }


def summarise_nothing(workspace: Path) -> JsonObject:
    """A project without a run, as JSON."""
    return {"run": None, "status": None, "workspace": str(workspace)}


def now_of(view: RunView) -> datetime:
    """The moment a run is looked at: without an engine, that of its last event."""
    return datetime.now(UTC) if view.engine else view.state.at


def elapsed_of(view: RunView) -> timedelta:
    """How long the run has been going; without an engine, until its last event."""
    return view.state.elapsed(now_of(view))


def _phase(state: RunState, fact: PhaseFinished) -> JsonObject:
    return {
        "verdict": fact.verdict,
        "why": fact.why,
        "stale": state.stale(fact),
        "findings": len(fact.findings),
        "repeated": state.repeated.get(fact.phase, 0),
    }


def _council(state: RunState) -> JsonObject | None:
    council = state.council
    if not council.sitting:
        return None
    convened, decided = council.convened, council.decided
    return {
        "sitting": council.sitting,
        "trigger": convened.trigger if convened else None,
        "approved": decided.approved if decided else None,
        "approving": decided.approving if decided else None,
        "needed": decided.needed if decided else None,
        "stale": not judged_text(state)[1],
    }


def _receipt(state: RunState) -> JsonObject | None:
    written = state.receipt
    return None if written is None else {"headline": written.headline, "digest": written.digest}


def _fatigue(view: RunView) -> JsonObject:
    found = fatigue_of(view.state, now_of(view))
    return {
        "asked_last_hour": found.asked,
        "approved_share": None if found.share is None else round(found.share, 3),
        "waved_through": found.waved_through,
    }
