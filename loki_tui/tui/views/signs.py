"""Signs and words for states of things: a shape and a word each, so that colour is never needed."""

from __future__ import annotations

from loki_tui.core.vocabulary import Proof, Risk, Status, StreamStatus, Verdict
from loki_tui.tui.rows import Tone

STATUS: dict[Status, tuple[str, Tone]] = {
    Status.RUNNING: ("▶", "good"),
    Status.PAUSED: ("‖", "warn"),
    Status.WAITING: ("?", "warn"),
    Status.STOPPING: ("■", "warn"),
    Status.COMPLETED: ("✔", "good"),
    Status.EXHAUSTED: ("✘", "bad"),
    Status.STAGNATED: ("✘", "bad"),
    Status.STOPPED: ("■", "bad"),
    Status.FAILED: ("✘", "bad"),
    Status.CRASHED: ("!", "bad"),
}

STREAM: dict[StreamStatus, tuple[str, Tone]] = {
    StreamStatus.QUEUED: ("·", "quiet"),
    StreamStatus.RUNNING: ("▶", "good"),
    StreamStatus.PAUSED: ("‖", "warn"),
    StreamStatus.WAITING: ("?", "warn"),
    StreamStatus.STOPPING: ("■", "warn"),
    StreamStatus.READY: ("◆", "accent"),
    StreamStatus.INTEGRATING: ("⇉", "accent"),
    StreamStatus.INTEGRATED: ("✔", "good"),
    StreamStatus.LEFT_OUT: ("✘", "bad"),
}

PROOF: dict[Proof, tuple[str, Tone]] = {
    Proof.UNPROVEN: ("○", "quiet"),
    Proof.PROVEN: ("✔", "good"),
    Proof.FAILING: ("✘", "bad"),
    Proof.STALE: ("~", "warn"),
}

VERDICT: dict[Verdict, tuple[str, Tone]] = {
    Verdict.PASSED: ("✔", "good"),
    Verdict.FAILED: ("✘", "bad"),
    Verdict.NOT_APPLICABLE: ("-", "quiet"),
    Verdict.NOT_RUN: ("?", "warn"),
    Verdict.ERROR: ("!", "bad"),
}

STALE: tuple[str, Tone] = ("~", "warn")
"""Of what was found before the files changed."""

SEVERITY: dict[str, Tone] = {"critical": "bad", "high": "bad", "medium": "warn", "low": "quiet"}
"""How grave a finding sounds; its word always stands beside it."""

RISK: dict[Risk, tuple[str, Tone]] = {
    Risk.READ: ("reads", "quiet"),
    Risk.EDIT: ("edits", "plain"),
    Risk.RUN: ("runs", "plain"),
    Risk.NETWORK: ("network", "warn"),
    Risk.OUTSIDE: ("OUTSIDE", "bad"),
    Risk.DESTRUCTIVE: ("DESTRUCTIVE", "bad"),
}

GRAVE = frozenset({Risk.NETWORK, Risk.OUTSIDE, Risk.DESTRUCTIVE})
"""Risks to be named wherever a request is; what merely reads, edits or runs says so in its title."""
