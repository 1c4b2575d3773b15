"""Runs, events and estimates as JSON objects, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from loki_tui.core.events import Record
from loki_tui.core.messages import JsonObject
from loki_tui.runtime.runs import RunEntry

if TYPE_CHECKING:
    # It brings the engine along, which a list of runs needs nothing of.
    from loki_tui.runtime.estimate import Estimate


def run_row(entry: RunEntry) -> JsonObject:
    """A run in a list; the names that `loki status --json` has, too, mean the same there."""
    return {
        "run": entry.run,
        "created_at": entry.created_at.isoformat(),
        "prd": entry.prd_path,
        "workspace": str(entry.workspace),
        "outcome": entry.outcome,
        "at_work": entry.engine is not None,
        "last_seq": entry.last_seq,
        "status": entry.status,
        "reason": entry.reason,
        "pid": entry.engine.pid if entry.engine else None,
        "last_at": entry.last_at.isoformat(),
        "iteration": entry.iterations,
        "max_iterations": entry.max_iterations,
        "spent": str(entry.spent),
        "unpriced": entry.unpriced,
        "budget": None if entry.limit is None else str(entry.limit),
        "branch": entry.branch,
        "waiting_approvals": entry.waiting_approvals,
        "streams": entry.streams,
    }


def record_row(run: str, record: Record) -> JsonObject:
    """An event in its place in the journal, then its own fields."""
    event = record.event.model_dump(mode="json", exclude_none=True)
    place = {"run": run, "seq": record.seq, "at": record.at.isoformat(), "stream": record.stream}
    return {**{name: value for name, value in place.items() if value is not None}, **event}


def as_json(run: str, record: Record) -> str:
    """The same as one line of JSON."""
    return json.dumps(record_row(run, record))


def estimate_row(estimate: Estimate) -> JsonObject:
    """What a run is expected to come to."""
    return {
        "cost": [_text(estimate.low), _text(estimate.high)],
        "iterations": [estimate.iterations_low, estimate.iterations_high],
        "seconds": [estimate.seconds_low, estimate.seconds_high],
        "basis": estimate.basis,
        "worst_request": _text(estimate.worst_request),
        "budget": _text(estimate.budget),
        "budget_verdict": estimate.budget_verdict,
    }


def _text(amount: object) -> str | None:
    return None if amount is None else str(amount)
