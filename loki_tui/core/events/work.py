"""What agents and their models do: iterations, requests, actions, approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from loki_tui.core.errors import ModelFault
from loki_tui.core.messages import Frozen, JsonObject, Part, Usage
from loki_tui.core.money import ZERO, Money
from loki_tui.core.vocabulary import (
    Excerpt,
    Proof,
    ProofClaim,
    Purpose,
    Requirement,
    Risk,
)


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
    """Which fact it rests on, or what is missing, in words."""
    tests: tuple[str, ...] = ()
    """The tests and phases that show it, by the names their facts have."""
    tree: str = ""
    """What it was judged on: stale as soon as the workspace's tree is another."""


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
    turns: int = 0
    actions: int = 0
    spent: Money = ZERO
    changed: int = 0
    """Paths that its checkpoint changed."""
    proofs: tuple[ProofClaim, ...] = ()
    """What the agent says proves which requirement."""


class ContextCompacted(Frozen):
    """An agent's conversation was replaced by a summary of itself."""

    kind: Literal["context_compacted"] = "context_compacted"
    agent: str
    summary: Excerpt
    tokens_before: int


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
    refused: bool = False
    """It never began: the `action_refused` before it says why."""


class ActionRefused(Frozen):
    """The limits of this run do not let an action happen; the model is told so."""

    kind: Literal["action_refused"] = "action_refused"
    call: str
    """The provider's id of the tool call."""
    agent: str
    tool: str
    input: JsonObject
    """As given, or as a person changed it; long strings shortened."""
    risk: Risk
    rule: str = ""
    """The rule as it is written; empty where nobody could tell what the action would do."""
    why: str = ""
    """One sentence."""
    source: str = ""
    """Where the rule stands: `default`, the name of a setting, or a file."""
    by: Literal["policy"] = "policy"
    """What refused it: never a person, whose refusal is an `approval_decided`."""


class ApprovalRequested(Frozen):
    """A person must decide before this happens."""

    kind: Literal["approval_requested"] = "approval_requested"
    approval: str
    subject: Literal["plan", "action"]
    digest: str
    """Of exactly what is asked for: a decision holds for nothing else."""
    title: str
    detail: str
    """What will happen: the command, or the change; its two ends where `detail_blob` names the whole."""
    risk: Risk
    reason: str
    """Why it asks."""
    call: str | None = None
    """The tool call it is about, where it is an action."""
    tool: str = ""
    """The tool of an action."""
    input: JsonObject | None = None
    """The tool's input; exact where `editable`, else without its secrets or shortened."""
    cwd: str = ""
    """Where an action happens."""
    diff: Excerpt | None = None
    """What writing would change, measured on the file as it was when this was asked."""
    agent: str = ""
    """Whose action it is."""
    editable: bool = False
    """Whether the input may be changed and approved so."""
    pattern: str = ""
    """What Loki suggests to approve for this run beside this action; empty where nothing wider is safe."""
    detail_blob: str | None = None
    """Digest of the whole `detail`, where it is cut."""
    unsure: bool = False
    """A rule for commands asks, since nobody can tell: no pattern wider than exactly this is taken."""


class ApprovalDecided(Frozen):
    """A person, a rule or a limit decided."""

    kind: Literal["approval_decided"] = "approval_decided"
    approval: str
    decision: Literal["approved", "denied", "expired"]
    by: str
    """Who: a person, `rule PATTERN`, `time limit` or `Loki`."""
    reason: str = ""
    edited: JsonObject | None = None
    """What is to be done instead: a whole input of the same tool, as the person changed it."""
    pattern: str = ""
    """Actions like it that are approved from now on, in this run."""
    rule: str = ""
    """The pattern of the rule that decided; empty where a person or a limit did."""


class RuleRevoked(Frozen):
    """What was approved for the whole run is asked about again from here on."""

    kind: Literal["rule_revoked"] = "rule_revoked"
    pattern: str
    by: str


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
    ok: bool = True
    """False where it broke off: the report says why."""
