"""What is saved, delivered, measured and judged."""

from __future__ import annotations

from typing import Literal

from loki_tui.core.messages import Frozen
from loki_tui.core.vocabulary import (
    Check,
    Counts,
    Excerpt,
    Finding,
    Verdict,
)


class CheckpointTaken(Frozen):
    """The workspace can be brought back to this moment."""

    kind: Literal["checkpoint_taken"] = "checkpoint_taken"
    checkpoint: str
    tree: str
    label: str
    iteration: int
    files: int
    changed: int
    """Paths that differ from the checkpoint before."""


class CheckpointRestored(Frozen):
    """The workspace was brought back."""

    kind: Literal["checkpoint_restored"] = "checkpoint_restored"
    checkpoint: str
    tree: str
    saved_as: str
    """The checkpoint taken just before."""
    by: str


class WorkCommitted(Frozen):
    """The delivered branch moved forward."""

    kind: Literal["work_committed"] = "work_committed"
    branch: str
    commit: str
    subject: str


class ReceiptWritten(Frozen):
    """The evidence of the run was put together."""

    kind: Literal["receipt_written"] = "receipt_written"
    digest: str
    headline: str


class PhaseStarted(Frozen):
    """A QA phase runs."""

    kind: Literal["phase_started"] = "phase_started"
    phase: str
    checkpoint: str


class PhaseFinished(Frozen):
    """A fact: what a QA phase measured on one checkpoint."""

    kind: Literal["phase_finished"] = "phase_finished"
    phase: str
    verdict: Verdict
    why: str
    checkpoint: str
    tree: str
    """What it covers: stale as soon as the workspace's tree is another."""
    command: str = ""
    exit_code: int | None = None
    counts: Counts | None = None
    output: Excerpt | None = None
    seconds: float = 0.0
    required: bool = False
    """Whether completion depends on it."""
    checks: tuple[Check, ...] = ()
    """What its tools found, where it has several."""
    findings: tuple[Finding, ...] = ()
    """What is wrong, worst first; at most a hundred."""
    tests: str | None = None
    """Digest of the list of all tests (`TestCase`s as JSON) in the blob store."""
    base: str = ""
    """Checkpoint it was compared with, where it compares."""
    excused: str = ""
    """Why a stream is not held to what is red here, where it is not: it was so before the run."""


class ReviewSubmitted(Frozen):
    """A reviewer's opinion."""

    kind: Literal["review_submitted"] = "review_submitted"
    reviewer: str
    verdict: Literal["pass", "fail"]
    findings: tuple[Finding, ...] = ()
    charge: str = ""
    """What they looked for."""
    base: str = ""
    """Checkpoint that the reviewed changes begin at."""
    tree: str = ""
    """Tree that was reviewed."""
    void: str = ""
    """Why the review does not count as one, where it does not: then it counts as failed."""


class CouncilConvened(Frozen):
    """The council was called together."""

    kind: Literal["council_convened"] = "council_convened"
    sitting: int
    reason: str
    members: tuple[str, ...]
    trigger: Literal["claim", "interval", "forced"] = "claim"
    iteration: int = 0
    """The iteration it follows."""
    tree: str = ""
    """Tree it judges."""


class VoteCast(Frozen):
    """A council member's opinion."""

    kind: Literal["vote_cast"] = "vote_cast"
    sitting: int
    member: str
    verdict: Literal["approve", "reject"]
    reasons: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    void: str = ""
    """Why the vote does not count, where it does not."""
    charge: str = ""
    """What the member was to look for."""


class CouncilDecided(Frozen):
    """What the sitting came to."""

    kind: Literal["council_decided"] = "council_decided"
    sitting: int
    approved: bool
    reason: str
    tree: str = ""
    """Tree it was about."""
    approving: int = 0
    """Votes for it that count."""
    needed: int = 0


class MemberCalibrated(Frozen):
    """A council member was shown the work with a defect planted in it."""

    kind: Literal["member_calibrated"] = "member_calibrated"
    sitting: int
    member: str
    charge: str = ""
    defect: str
    """What was planted, and where."""
    caught: bool
    said: str = ""
    """The member's first reason."""
