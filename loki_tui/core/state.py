"""What a run is, as every face and the engine itself see it: the result of folding its events.

Held by exactly one owner, who feeds it through `loki_tui.core.fold.apply`; everyone else only reads it. Everything in
it is bounded by what a run is *at one moment*: nothing grows with the number of iterations, actions, approvals,
checkpoints, notes or sub-agents there have been. What was is in the journal, and `loki_tui.runtime.history` looks it
up. Its shape is journaled too (`keyframes`): whoever changes it, or what the fold puts into it, raises `fold.VERSION`.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core.messages import Usage
from loki_tui.core.money import ZERO
from loki_tui.core.vocabulary import (
    Clash,
    Confinement,
    Excerpt,
    Proof,
    Purpose,
    Requirement,
    Rule,
    Sample,
    Stage,
    Status,
    StreamStatus,
    Verdict,
)

RECENT = 50
"""How many warnings and samples a state remembers."""

RECENT_ITERATIONS = 10
"""How many iterations that are over it remembers."""

RECENT_APPROVALS = 20
"""How many approvals that are settled it remembers."""

RECENT_ANSWERS = 60
"""How many answers of people it remembers: one a minute, for an hour."""

TEXT_CHARS = 2_000
"""Characters of what an agent said last."""

SUB_AGENTS = "sub-agents"
"""What all sub-agents cost is booked under this name."""

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
    """By the agent's name; see `SUB_AGENTS`."""
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
    """Empty once the iteration is over: its event has it."""
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
    tests: tuple[str, ...] = ()
    """The tests and phases that show it."""
    tree: str = ""
    """What it was judged on."""
    claimed: tuple[str, ...] = ()
    """What the agent said last proves it."""


@dataclass(slots=True)
class Approval:
    """Something a person was asked."""

    request: ev.ApprovalRequested
    asked_at: datetime
    decision: ev.ApprovalDecided | None = None
    stream: str = ""
    """The stream that asks; empty for the run itself."""

    @property
    def title(self) -> str:
        """What it is, as one line."""
        whose = f", stream {self.stream}" if self.stream else ""
        return f"approval {self.request.approval}{whose}: {self.request.title}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision that a person took."""

    at: datetime
    approved: bool
    seconds: float
    """How long they can have looked at it: since it was asked, or since their decision before."""


@dataclass(slots=True)
class Learned:
    """A rule that a person made out of a decision."""

    rule: Rule
    since: datetime
    uses: int = 0
    """How many actions it approved."""
    used_at: datetime | None = None


@dataclass(slots=True)
class Council:
    """The latest sitting."""

    sitting: int = 0
    reason: str = ""
    votes: list[ev.VoteCast] = field(default_factory=list)
    decided: ev.CouncilDecided | None = None
    convened: ev.CouncilConvened | None = None


@dataclass(slots=True)
class Calibration:
    """How often a member of the council saw a defect that was planted."""

    shown: int = 0
    caught: int = 0


@dataclass(slots=True)
class Stream:
    """A part of the work that goes on beside the others."""

    planned: ev.StreamPlanned
    started: ev.StreamStarted | None = None
    started_at: datetime | None = None
    finished: ev.StreamFinished | None = None
    finished_at: datetime | None = None
    integrated: ev.IntegrationFinished | None = None
    """How its integration ended; none where it has not."""
    retired: ev.WorktreeRetired | None = None
    state: RunState = field(default_factory=lambda: RunState())  # noqa: PLW0108 (it is defined below)
    """Its own state, like that of a run: iterations, phases, requirements, checkpoints, what its agents do. Its
    `books` hold what it spends of its share (`limit`). Approvals and warnings are the run's."""

    @property
    def branch(self) -> str:
        """Where its work is delivered; empty before it began."""
        return self.started.branch if self.started is not None else ""

    @property
    def is_open(self) -> bool:
        """Whether it has begun and not come to its end."""
        return self.started is not None and self.finished is None


@dataclass(slots=True)
class Integration:
    """A stream's work on its way onto the run's branch."""

    started: ev.IntegrationStarted
    merged: str = ""
    """Commit that holds both sides; empty while there is none."""
    conflicts: tuple[Clash, ...] = ()
    lost: tuple[str, ...] = ()
    """What the resolution of conflicts has not of what a side had added, one phrase each."""
    refused: str = ""
    """Why the merged tree is red, where it is."""
    tries: int = 0
    """Iterations that worked on the conflicts, or on what is red."""
    worked: bool = False
    """Whether somebody worked on it since: what the worktree holds is to be concluded."""
    handed_to: str = ""
    """Who is to resolve the conflicts: agent or person."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Resources as they were at one moment of the run."""

    at: datetime
    sample: Sample
    over: tuple[str, ...] = ()
    """Thresholds that were exceeded: cpu, memory."""


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
    iterations_begun: int = 0
    iteration: Iteration | None = None
    """The one that is open, if one is."""
    last_finished: ev.IterationFinished | None = None
    recent_iterations: deque[Iteration] = field(default_factory=lambda: deque(maxlen=RECENT_ITERATIONS))
    """The latest that are over, without briefs and hand-overs."""
    unchanged_iterations: int = 0
    """How many of the latest iterations left the workspace's tree as it was."""
    settled_tree: str = ""
    """Tree that the latest iteration left behind; before there was one, that of the first checkpoint."""
    most_proven: int = 0
    """The most requirements that were proven at once."""
    unproductive_iterations: int = 0
    """How many iterations ended since that number last rose."""
    actions: int = 0
    in_flight: dict[str, ev.ActionStarted] = field(default_factory=dict)
    last_action: ev.ActionStarted | None = None
    last_text: str = ""

    notes: list[str] = field(default_factory=list)
    """What people told the agent that it has not been given yet, oldest first."""
    notes_delivered: int = 0
    approvals_asked: int = 0
    approvals: dict[str, Approval] = field(default_factory=dict)
    """Undecided ones, and decided ones until what they are about is done; those about plans stay."""
    recent_approvals: deque[Approval] = field(default_factory=lambda: deque(maxlen=RECENT_APPROVALS))
    """The latest of the others, without what they showed."""
    learned: list[Learned] = field(default_factory=list)
    """What a person approved for the whole run, each once, without what was revoked."""
    answers: deque[Answer] = field(default_factory=lambda: deque(maxlen=RECENT_ANSWERS))
    """The latest that people gave: see `loki_tui.core.fatigue`."""
    refusals: int = 0
    """Actions that the limits of this run did not let happen."""
    last_refused: ev.ActionRefused | None = None
    checkpoints_taken: int = 0
    first_checkpoint: ev.CheckpointTaken | None = None
    last_checkpoint: ev.CheckpointTaken | None = None
    tree: str = ""
    """Tree of the workspace as last saved or restored."""
    phases: dict[str, ev.PhaseFinished] = field(default_factory=dict)
    measured_at: dict[str, datetime] = field(default_factory=dict)
    """When each phase was finished."""
    running_phase: str | None = None
    running_since: datetime | None = None
    """When that phase began."""
    repeated: dict[str, int] = field(default_factory=dict)
    """Phase to how many times in a row it has failed in the same way, the first time included."""
    reviewed: str = ""
    """The latest checkpoint whose changes the reviewers passed."""
    reviews: dict[str, ev.ReviewSubmitted] = field(default_factory=dict)
    """The latest of each reviewer."""
    council: Council = field(default_factory=Council)
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    """By member."""
    review_forced: str = ""
    """Who asked for a sitting that has not begun; empty where nobody did."""
    receipt: ev.ReceiptWritten | None = None
    streams: dict[str, Stream] = field(default_factory=dict)
    """In the order they were planned in; nothing in a run that is not parallel."""
    integration: Integration | None = None
    """The one that is under way, if one is."""
    joined: bool = False
    """Whether all streams are integrated, and no iteration began since: that is a claim of completion."""
    samples: deque[Sampled] = field(default_factory=lambda: deque(maxlen=RECENT))
    agents_limited: int | None = None
    """How many agents may work at once, where that is fewer than might; `limited_by` says what is too much."""
    limited_by: tuple[str, ...] = ()
    warnings: deque[str] = field(default_factory=lambda: deque(maxlen=RECENT))

    @property
    def finished_iterations(self) -> int:
        """How many iterations are over."""
        return self.iterations_begun - (1 if self.iteration else 0)

    @property
    def total_iterations(self) -> int:
        """How many iterations began, those of streams included."""
        return self.iterations_begun + sum(stream.state.iterations_begun for stream in self.streams.values())

    def stream_status(self, name: str) -> StreamStatus:
        """Where a stream is."""
        stream = self.streams[name]
        if stream.integrated is not None:
            return StreamStatus.INTEGRATED if stream.integrated.outcome == "integrated" else StreamStatus.LEFT_OUT
        if stream.finished is not None:
            if self.integration is not None and self.integration.started.name == name:
                return StreamStatus.INTEGRATING
            return StreamStatus.READY if stream.finished.outcome == "completed" else StreamStatus.LEFT_OUT
        if stream.started is None:
            return StreamStatus.QUEUED
        known = stream.state.status.value
        return StreamStatus(known) if known in {"paused", "waiting", "stopping"} else StreamStatus.RUNNING

    @property
    def proven(self) -> int:
        """How many requirements are proven on the workspace as it is."""
        return sum(judged.proof is Proof.PROVEN for judged in self.requirements.values())

    @property
    def undecided(self) -> dict[str, Approval]:
        """The approvals that wait for a person, oldest first; nothing waits in a run that is over."""
        if self.closed is not None:
            return {}
        return {name: approval for name, approval in self.approvals.items() if approval.decision is None}

    @property
    def waiting_approvals(self) -> list[Approval]:
        """What waits for a person, oldest first."""
        return list(self.undecided.values())

    @property
    def rules(self) -> list[Rule]:
        """What is approved before it is asked for, oldest first."""
        return [learned.rule for learned in self.learned]

    def approval(self, name: str) -> Approval | None:
        """An approval that is open or was settled lately; older ones are in the journal alone."""
        settled = (approval for approval in self.recent_approvals if approval.request.approval == name)
        return self.approvals.get(name) or next(settled, None)

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
