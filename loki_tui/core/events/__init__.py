"""The closed union of everything an engine can say.

An event is a fact in the past tense, journaled before anything acts on it; a state is
`loki_tui.core.state.fold(records)`. To put a new fact on a screen, add it here or to the
fold. Fields are only ever added, with a default; a changed meaning is a new kind and a
migration of the journal (`loki_tui.store.schema`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, get_args

from pydantic import Field

from loki_tui.core.events.life import (
    BranchOpened,
    BudgetChanged,
    ControlReceived,
    EngineFailed,
    EngineStarted,
    Notified,
    ParallelWorkLimited,
    ResourcesSampled,
    ReviewForced,
    RunClosed,
    RunContinued,
    RunCreated,
    RunPaused,
    RunStopping,
    RunWaiting,
    StageEntered,
    Steered,
    SteeringDelivered,
    Warned,
)
from loki_tui.core.events.parallel import (
    IntegrationConflicted,
    IntegrationFinished,
    IntegrationMerged,
    IntegrationRefused,
    IntegrationStarted,
    StreamFinished,
    StreamPlanned,
    StreamStarted,
    WorktreeRetired,
)
from loki_tui.core.events.proof import (
    CheckpointRestored,
    CheckpointTaken,
    CouncilConvened,
    CouncilDecided,
    MemberCalibrated,
    PhaseFinished,
    PhaseStarted,
    ReceiptWritten,
    ReviewSubmitted,
    VoteCast,
    WorkCommitted,
)
from loki_tui.core.events.work import (
    ActionFinished,
    ActionRefused,
    ActionStarted,
    ApprovalDecided,
    ApprovalRequested,
    ContextCompacted,
    DelegateFinished,
    DelegateStarted,
    IterationFinished,
    IterationStarted,
    ModelAnswered,
    ModelFailed,
    ModelRequested,
    RequirementJudged,
    RequirementsPlanned,
    RuleRevoked,
)

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
    | ReviewForced
    | ControlReceived
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
    | ActionRefused
    | ApprovalRequested
    | ApprovalDecided
    | RuleRevoked
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
    | MemberCalibrated
    | Notified
    | ResourcesSampled
    | ParallelWorkLimited
    | StreamPlanned
    | StreamStarted
    | StreamFinished
    | IntegrationStarted
    | IntegrationConflicted
    | IntegrationMerged
    | IntegrationRefused
    | IntegrationFinished
    | WorktreeRetired,
    Field(discriminator="kind"),
]

_TYPES: dict[str, type[Event]] = {kind.model_fields["kind"].default: kind for kind in get_args(get_args(Event)[0])}
"""Kind to its type. A validator of the whole union would be built at every start, most of it for nothing."""

KINDS = frozenset(_TYPES)
"""The name of every kind."""


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


def decode_event(kind: str, text: str | bytes) -> Event:
    """The event in a piece of JSON.

    Args:
        kind: What it says it is.
        text: All of it, kind included.

    Raises:
        ValueError: It is no event of this version, or of another kind.
    """
    if kind not in _TYPES:
        raise ValueError(f"there is no kind {kind!r}")
    return _TYPES[kind].model_validate_json(text)


__all__ = [
    "KINDS",
    "ActionFinished",
    "ActionRefused",
    "ActionStarted",
    "ApprovalDecided",
    "ApprovalRequested",
    "BranchOpened",
    "BudgetChanged",
    "CheckpointRestored",
    "CheckpointTaken",
    "ContextCompacted",
    "ControlReceived",
    "CouncilConvened",
    "CouncilDecided",
    "DelegateFinished",
    "DelegateStarted",
    "EngineFailed",
    "EngineStarted",
    "Event",
    "IntegrationConflicted",
    "IntegrationFinished",
    "IntegrationMerged",
    "IntegrationRefused",
    "IntegrationStarted",
    "IterationFinished",
    "IterationStarted",
    "MemberCalibrated",
    "ModelAnswered",
    "ModelFailed",
    "ModelRequested",
    "Notified",
    "ParallelWorkLimited",
    "PhaseFinished",
    "PhaseStarted",
    "ReceiptWritten",
    "Record",
    "RequirementJudged",
    "RequirementsPlanned",
    "ResourcesSampled",
    "ReviewForced",
    "ReviewSubmitted",
    "RuleRevoked",
    "RunClosed",
    "RunContinued",
    "RunCreated",
    "RunPaused",
    "RunStopping",
    "RunWaiting",
    "StageEntered",
    "Steered",
    "SteeringDelivered",
    "StreamFinished",
    "StreamPlanned",
    "StreamStarted",
    "VoteCast",
    "Warned",
    "WorkCommitted",
    "WorktreeRetired",
    "decode_event",
    "encode_event",
]
