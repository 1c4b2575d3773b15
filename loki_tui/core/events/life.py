"""What becomes of a run: begun, paused, stopped, closed; its branch, its budget, its surroundings."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from loki_tui.core.messages import Frozen, JsonObject
from loki_tui.core.money import Money
from loki_tui.core.notices import About
from loki_tui.core.vocabulary import (
    Confinement,
    Controlled,
    Outcome,
    Sample,
    Stage,
)


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
    base: str | None = None
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
    by: Literal["person", "budget", "resources", "integration"]
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
    limit: Money | None = None
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


class ReviewForced(Frozen):
    """A person asked for the council to sit, whatever the interval says."""

    kind: Literal["review_forced"] = "review_forced"
    by: str


class ControlReceived(Frozen):
    """Somebody asked something of the run from outside, over the dashboard; what came of it follows."""

    kind: Literal["control_received"] = "control_received"
    request: Controlled
    by: str
    via: str
    """Where from, and as whom."""
    refused: str = ""
    """Why nothing comes of it; empty where something does."""


class Warned(Frozen):
    """Something a person should know that stops nothing."""

    kind: Literal["warned"] = "warned"
    message: str
    approval: str = ""
    """The request that a decision was about which is not taken; empty where the warning is about none."""


class Notified(Frozen):
    """What became of telling somebody who is elsewhere; what comes after the end is kept beside the journal."""

    kind: Literal["notified"] = "notified"
    about: About
    channel: str
    ok: bool
    attempts: int
    error: str = ""
    """Why it did not arrive; empty where it did."""


class ResourcesSampled(Frozen):
    """The machine and the run's own processes, at one moment."""

    kind: Literal["resources_sampled"] = "resources_sampled"
    sample: Sample
    over: tuple[str, ...] = ()
    """Thresholds that are exceeded: cpu, memory."""


class ParallelWorkLimited(Frozen):
    """From now on so many agents may work at once, for the machine's sake; all of them again where it is over."""

    kind: Literal["parallel_work_limited"] = "parallel_work_limited"
    agents: int
    of: int
    """How many the settings allow."""
    over: tuple[str, ...] = ()
    """Thresholds that are exceeded: cpu, memory; none where the machine has room again."""
