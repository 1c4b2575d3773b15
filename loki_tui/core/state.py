"""What a run is, as every face and the engine itself see it: the result of folding its events.

Held by exactly one owner, who feeds it through `loki_tui.core.fold.apply`; everyone else only
reads it. Everything in it is bounded by what a run *is* (iterations, requirements,
checkpoints), never by how long it talked.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core.messages import Usage
from loki_tui.core.money import ZERO
from loki_tui.core.vocabulary import Confinement, Excerpt, Proof, Purpose, Requirement, Sample, Stage, Status, Verdict

RECENT = 50
"""How many warnings, samples and notes a state remembers."""


BEFORE = datetime.fromtimestamp(0, UTC)
"""The moment of a state without events."""


@dataclass(slots=True)
class Books:
    """The money of a run. `committed` can never pass `limit`."""

    limit: Decimal | None = None
    spent: Decimal = ZERO
    """Billed for answers and for what failures surely cost."""
    unconfirmed: Decimal = ZERO
    """May have been billed for requests whose answer was lost; held against the cap for good."""
    reserved: dict[str, Decimal] = field(default_factory=dict)
    """Request to the most it can cost, while it is in flight."""
    by_purpose: dict[Purpose, Decimal] = field(default_factory=dict)
    by_agent: dict[str, Decimal] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    unpriced: int = 0
    """Answers whose price nobody knows: while there are any, `spent` is a lower bound."""

    @property
    def committed(self) -> Decimal:
        """All that is spent, may be spent, or is set aside."""
        return self.spent + self.unconfirmed + sum(self.reserved.values(), ZERO)

    @property
    def left(self) -> Decimal | None:
        """What may still be set aside; none without a limit."""
        return None if self.limit is None else self.limit - self.committed


@dataclass(slots=True)
class Iteration:
    """One stretch of agent work."""

    number: int
    started_at: datetime
    started_seq: int
    brief: Excerpt
    finished: ev.IterationFinished | None = None
    finished_at: datetime | None = None
    turns: int = 0
    actions: int = 0
    spent: Decimal = ZERO


@dataclass(slots=True)
class Judged:
    """A requirement and how far it is proven."""

    requirement: Requirement
    proof: Proof = Proof.UNPROVEN
    evidence: str = ""


@dataclass(slots=True)
class Approval:
    """Something a person was asked."""

    request: ev.ApprovalRequested
    asked_at: datetime
    decision: ev.ApprovalDecided | None = None

    @property
    def title(self) -> str:
        """What it is, as one line."""
        return f"approval {self.request.approval}: {self.request.title}"


@dataclass(slots=True)
class Council:
    """The latest sitting."""

    sitting: int = 0
    reason: str = ""
    votes: list[ev.VoteCast] = field(default_factory=list)
    decided: ev.CouncilDecided | None = None


@dataclass(slots=True)
class Stream:
    """A part of the work that goes on beside the others."""

    planned: ev.StreamPlanned
    branch: str = ""
    finished: ev.StreamFinished | None = None


@dataclass(slots=True)
class RunState:
    """A run at one moment of its journal."""

    run: str = ""
    seq: int = 0
    at: datetime = BEFORE
    created: ev.RunCreated | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None
    closed: ev.RunClosed | None = None

    status: Status = Status.RUNNING
    reason: str = ""
    waiting_until: datetime | None = None
    paused_by: str | None = None
    needed: Decimal | None = None
    """What the budget must rise to for the run to go on."""
    stage: Stage = Stage.PLAN
    engines: int = 0
    """How many engines took the run up, one after another."""
    confinement: Confinement | None = None

    branch: ev.BranchOpened | None = None
    commit: str | None = None
    """Tip of the delivered branch as last committed."""

    books: Books = field(default_factory=Books)
    requests: int = 0
    open_requests: dict[str, ev.ModelRequested] = field(default_factory=dict)
    answered: Counter[Purpose] = field(default_factory=Counter)
    failures: int = 0
    """Model failures in a row; an answer clears it."""

    requirements: dict[str, Judged] = field(default_factory=dict)
    planned: ev.RequirementsPlanned | None = None
    iterations: list[Iteration] = field(default_factory=list)
    actions: int = 0
    in_flight: dict[str, ev.ActionStarted] = field(default_factory=dict)
    last_action: ev.ActionStarted | None = None
    last_text: str = ""

    notes: list[str] = field(default_factory=list)
    """What people told the agent, oldest first."""
    notes_delivered: int = 0
    approvals: dict[str, Approval] = field(default_factory=dict)
    undecided: dict[str, Approval] = field(default_factory=dict)
    """Those of them that wait for a person, oldest first."""
    checkpoints: list[ev.CheckpointTaken] = field(default_factory=list)
    tree: str = ""
    """Tree of the workspace as last saved or restored."""
    phases: dict[str, ev.PhaseFinished] = field(default_factory=dict)
    running_phase: str | None = None
    reviews: list[ev.ReviewSubmitted] = field(default_factory=list)
    council: Council = field(default_factory=Council)
    streams: dict[str, Stream] = field(default_factory=dict)
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=RECENT))
    warnings: deque[str] = field(default_factory=lambda: deque(maxlen=RECENT))

    @property
    def iteration(self) -> Iteration | None:
        """The iteration that is open, if one is."""
        last = self.iterations[-1] if self.iterations else None
        return last if last is not None and last.finished is None else None

    @property
    def finished_iterations(self) -> int:
        """How many iterations are over."""
        return len(self.iterations) - (1 if self.iteration else 0)

    @property
    def waiting_approvals(self) -> list[Approval]:
        """What waits for a person, oldest first."""
        return list(self.undecided.values())

    def stale(self, phase: ev.PhaseFinished) -> bool:
        """Whether the files a fact covers have changed since."""
        return phase.tree != self.tree

    def verdict(self, phase: str) -> Verdict | None:
        """What a phase found on the workspace as it is now; none where nobody looked since it changed."""
        finished = self.phases.get(phase)
        return None if finished is None or self.stale(finished) else finished.verdict

    def elapsed(self, now: datetime) -> timedelta:
        """How long the run has been going, or went."""
        if self.created_at is None:
            return timedelta(0)
        return max(timedelta(0), (self.ended_at or now) - self.created_at)
