"""The closed union of everything an engine can say.

An event is a fact in the past tense, journaled before anything acts on it; a state is
`loki_tui.core.state.fold(records)`. To put a new fact on a screen, add it here or to the
fold. Fields are only ever added, with a default; a changed meaning is a new kind and a
migration of the journal (`loki_tui.store.schema`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from loki_tui.core.errors import ModelFault
from loki_tui.core.messages import Frozen, JsonObject, Part, Usage
from loki_tui.core.money import ZERO, Money
from loki_tui.core.vocabulary import (
    Confinement,
    Counts,
    Excerpt,
    Finding,
    Outcome,
    Proof,
    Purpose,
    Requirement,
    Risk,
    Sample,
    Stage,
    Verdict,
)

# -- a run's life -------------------------------------------------------------------------------


class RunCreated(Frozen):
    """A run was asked for; its first event."""

    kind: Literal["run_created"] = "run_created"
    prd_path: str
    prd: str
    """Digest of the PRD's text in the blob store."""
    workspace: str
    provider: str
    models: dict[str, str]
    """Tier (planning, work, fast) to model."""
    settings: JsonObject
    """Settings that differ from their defaults; no secrets."""
    version: str
    max_iterations: int
    budget: Money | None = None


class EngineStarted(Frozen):
    """An engine took the run up: at its start, or after a crash."""

    kind: Literal["engine_started"] = "engine_started"
    pid: int
    host: str
    confinement: Confinement
    resumed: bool = False


class BranchOpened(Frozen):
    """The branch that will be delivered exists."""

    kind: Literal["branch_opened"] = "branch_opened"
    branch: str
    base: str | None
    """Commit it starts from; none in a repository without commits."""
    origin: str
    """What was checked out before: a branch, or a commit where HEAD was detached."""
    dirty: tuple[str, ...] = ()
    """Paths with the person's uncommitted work, which stays out of the branch."""


class StageEntered(Frozen):
    """The run went on to its next stage."""

    kind: Literal["stage_entered"] = "stage_entered"
    stage: Stage


class RunPaused(Frozen):
    """Nothing starts until someone resumes."""

    kind: Literal["run_paused"] = "run_paused"
    by: Literal["person", "budget", "resources"]
    reason: str
    needed: Money | None = None
    """What the budget must rise to, at the least, where money is the reason."""


class RunWaiting(Frozen):
    """The run waits for something that comes without a person, or for a decision."""

    kind: Literal["run_waiting"] = "run_waiting"
    on: Literal["approval", "rate_limit", "provider"]
    reason: str
    until: datetime | None = None


class RunContinued(Frozen):
    """A pause or a wait is over."""

    kind: Literal["run_continued"] = "run_continued"
    reason: str = ""


class RunStopping(Frozen):
    """Someone asked for the end; work is brought to a safe place."""

    kind: Literal["run_stopping"] = "run_stopping"
    reason: str


class RunClosed(Frozen):
    """The end of the run; nothing follows."""

    kind: Literal["run_closed"] = "run_closed"
    outcome: Outcome
    reason: str


class EngineFailed(Frozen):
    """The engine broke off with an error of its own; the run can be resumed."""

    kind: Literal["engine_failed"] = "engine_failed"
    error: str


class BudgetChanged(Frozen):
    """The cap was set anew."""

    kind: Literal["budget_changed"] = "budget_changed"
    limit: Money | None
    by: str


class Steered(Frozen):
    """A person left a note for the agent."""

    kind: Literal["steered"] = "steered"
    note: str
    by: str


class SteeringDelivered(Frozen):
    """The agent was given these notes, which are all that waited."""

    kind: Literal["steering_delivered"] = "steering_delivered"
    agent: str
    notes: tuple[str, ...]


class Warned(Frozen):
    """Something a person should know that stops nothing."""

    kind: Literal["warned"] = "warned"
    message: str


# -- requirements and iterations ----------------------------------------------------------------


class RequirementsPlanned(Frozen):
    """The PRD became a list of requirements."""

    kind: Literal["requirements_planned"] = "requirements_planned"
    requirements: tuple[Requirement, ...]
    fallback: bool = False
    """No usable plan came: the PRD stands as one requirement."""


class RequirementJudged(Frozen):
    """How far a requirement is proven changed."""

    kind: Literal["requirement_judged"] = "requirement_judged"
    id: str
    proof: Proof
    evidence: str = ""


class IterationStarted(Frozen):
    """A fresh stretch of agent work began."""

    kind: Literal["iteration_started"] = "iteration_started"
    number: int
    brief: Excerpt
    """The opening message, whole in the blob store."""


class IterationFinished(Frozen):
    """The stretch is over."""

    kind: Literal["iteration_finished"] = "iteration_finished"
    number: int
    ended_by: Literal["agent", "turns", "silence", "time"]
    """The agent finished it; it ran out of turns; it stopped calling tools; the time limit came."""
    summary: str = ""
    claims_done: bool = False
    handover: str = ""
    tree: str = ""
    """Tree of the checkpoint after it: what convergence is measured by."""


class ContextCompacted(Frozen):
    """An agent's conversation was replaced by a summary of itself."""

    kind: Literal["context_compacted"] = "context_compacted"
    agent: str
    summary: Excerpt
    tokens_before: int


# -- model requests -----------------------------------------------------------------------------


class ModelRequested(Frozen):
    """Money is set aside and a request goes out."""

    kind: Literal["model_requested"] = "model_requested"
    request: str
    purpose: Purpose
    agent: str
    model: str
    reserved: Money = ZERO
    attempt: int = 1


class ModelAnswered(Frozen):
    """An answer is here, and paid."""

    kind: Literal["model_answered"] = "model_answered"
    request: str
    parts: tuple[Part, ...]
    """The answer, or a shortened form of it where `blob` names the whole."""
    blob: str | None = None
    stop: str
    """Why the model stopped: end, tool_use, length, refusal."""
    usage: Usage
    cost: Money | None = None
    """None where nobody knows this model's price: unknown is not zero."""
    seconds: float = 0.0


class ModelFailed(Frozen):
    """A request ended without an answer."""

    kind: Literal["model_failed"] = "model_failed"
    request: str
    fault: ModelFault
    message: str
    cost: Money = ZERO
    """What the provider surely bills."""
    unconfirmed: Money = ZERO
    """What it may bill beyond that; held against the cap for good."""
    retry_at: datetime | None = None


# -- actions and approvals ----------------------------------------------------------------------


class ActionStarted(Frozen):
    """An agent's tool call is about to happen."""

    kind: Literal["action_started"] = "action_started"
    action: str
    call: str
    """The provider's id of the tool call."""
    agent: str
    tool: str
    input: JsonObject
    """As given, long strings shortened."""
    risk: Risk


class ActionFinished(Frozen):
    """What came of it: exactly what the model is told."""

    kind: Literal["action_finished"] = "action_finished"
    action: str
    call: str
    output: Excerpt
    ok: bool
    exit_code: int | None = None
    seconds: float = 0.0
    diff: Excerpt | None = None
    interrupted: bool = False
    """The engine died while it was in flight: nobody knows how far it got."""


class ApprovalRequested(Frozen):
    """A person must decide before this happens."""

    kind: Literal["approval_requested"] = "approval_requested"
    approval: str
    subject: Literal["plan", "action"]
    digest: str
    """Of exactly what is asked for: a decision holds for nothing else."""
    title: str
    detail: str
    """What will happen, whole: the command, or the change."""
    risk: Risk
    reason: str
    """Why it asks."""
    call: str | None = None
    """The tool call it is about, where it is an action."""


class ApprovalDecided(Frozen):
    """A person, a rule or a limit decided."""

    kind: Literal["approval_decided"] = "approval_decided"
    approval: str
    decision: Literal["approved", "denied", "expired"]
    by: str
    reason: str = ""


class DelegateStarted(Frozen):
    """An agent handed a task to a sub-agent."""

    kind: Literal["delegate_started"] = "delegate_started"
    agent: str
    call: str
    role: str
    brief: Excerpt


class DelegateFinished(Frozen):
    """A sub-agent came back."""

    kind: Literal["delegate_finished"] = "delegate_finished"
    agent: str
    report: Excerpt


# -- checkpoints and delivery -------------------------------------------------------------------


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


# -- verification -------------------------------------------------------------------------------


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


class ReviewSubmitted(Frozen):
    """A reviewer's opinion."""

    kind: Literal["review_submitted"] = "review_submitted"
    reviewer: str
    verdict: Literal["pass", "fail"]
    findings: tuple[Finding, ...] = ()


class CouncilConvened(Frozen):
    """The council was called together."""

    kind: Literal["council_convened"] = "council_convened"
    sitting: int
    reason: str
    members: tuple[str, ...]


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


class CouncilDecided(Frozen):
    """What the sitting came to."""

    kind: Literal["council_decided"] = "council_decided"
    sitting: int
    approved: bool
    reason: str


# -- surroundings -------------------------------------------------------------------------------


class ResourcesSampled(Frozen):
    """The machine and the run's own processes, at one moment."""

    kind: Literal["resources_sampled"] = "resources_sampled"
    sample: Sample
    over: tuple[str, ...] = ()
    """Thresholds that are exceeded: cpu, memory."""


class StreamPlanned(Frozen):
    """A part of the PRD that can be worked on by itself."""

    kind: Literal["stream_planned"] = "stream_planned"
    name: str
    requirements: tuple[str, ...]
    files: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class StreamStarted(Frozen):
    """A stream got a worktree and an agent."""

    kind: Literal["stream_started"] = "stream_started"
    name: str
    branch: str


class StreamFinished(Frozen):
    """A stream came to its end."""

    kind: Literal["stream_finished"] = "stream_finished"
    name: str
    outcome: Outcome
    reason: str


Event = Annotated[
    RunCreated
    | EngineStarted
    | BranchOpened
    | StageEntered
    | RunPaused
    | RunWaiting
    | RunContinued
    | RunStopping
    | RunClosed
    | EngineFailed
    | BudgetChanged
    | Steered
    | SteeringDelivered
    | Warned
    | RequirementsPlanned
    | RequirementJudged
    | IterationStarted
    | IterationFinished
    | ContextCompacted
    | ModelRequested
    | ModelAnswered
    | ModelFailed
    | ActionStarted
    | ActionFinished
    | ApprovalRequested
    | ApprovalDecided
    | DelegateStarted
    | DelegateFinished
    | CheckpointTaken
    | CheckpointRestored
    | WorkCommitted
    | ReceiptWritten
    | PhaseStarted
    | PhaseFinished
    | ReviewSubmitted
    | CouncilConvened
    | VoteCast
    | CouncilDecided
    | ResourcesSampled
    | StreamPlanned
    | StreamStarted
    | StreamFinished,
    Field(discriminator="kind"),
]

_EVENTS: TypeAdapter[Event] = TypeAdapter(Event)


@dataclass(frozen=True, slots=True)
class Record:
    """An event in its place in the journal."""

    seq: int
    """1, 2, 3 … within its run, without gaps."""
    at: datetime
    """UTC."""
    event: Event
    stream: str | None = None
    """The parallel stream it belongs to."""


def encode_event(event: Event) -> str:
    """The canonical JSON of an event: what is stored, and what is hashed."""
    return event.model_dump_json(exclude_none=True)


def decode_event(text: str | bytes) -> Event:
    """The event in a piece of JSON.

    Raises:
        pydantic.ValidationError: It is no event of this version.
    """
    return _EVENTS.validate_json(text)
