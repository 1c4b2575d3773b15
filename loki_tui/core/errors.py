"""Everything that goes wrong in a way we can name, and what the process exits with.

```
LokiError                 what is wrong, where, and what to do about it
├── UsageError            the command line or a setting is wrong           exit 2
│   └── PrdError          the PRD cannot be used
├── ConfinementError      the demanded confinement is not to be had        exit 2
├── BusyError             another engine holds this project                exit 2
├── JournalError          the journal cannot be read or written            exit 1
├── CheckpointError       a snapshot cannot be taken or restored           exit 1
├── RepositoryError       the person's repository refuses                  exit 1
├── WorkspaceError        the hands died or do not answer                  exit 1
└── ModelError            a model request ended without an answer          see `ModelFault`
```
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # errors are known before anything that pydantic makes: its import takes 80 ms
    from loki_tui.core.messages import Usage


class ExitCode(IntEnum):
    """What a run's process exits with. A supervisor may act on nothing else."""

    COMPLETED = 0
    """Completed and verified; given for nothing else by commands that drive a run."""
    CRASHED = 1
    """Broke off; `loki resume` continues."""
    USAGE = 2
    """A wrong option, setting or file: nothing was started."""
    ENDED = 20
    """Ended for good without completion: running it again as it is would end alike."""
    INTERRUPTED = 130
    """Interrupted by the person (128 + SIGINT)."""


class LokiError(Exception):
    """An error with a remedy.

    Args:
        message: What is wrong and where, as one sentence.
        hint: What to do about it.
    """

    exit_code = ExitCode.CRASHED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(LokiError):
    """The command line or a setting is wrong."""

    exit_code = ExitCode.USAGE


class PrdError(UsageError):
    """The PRD is missing, empty, not text, or too large."""


class ConfinementError(LokiError):
    """The demanded confinement is not to be had on this machine."""

    exit_code = ExitCode.USAGE


class BusyError(LokiError):
    """Another engine holds this project."""

    exit_code = ExitCode.USAGE


class JournalError(LokiError):
    """The journal cannot be read or written."""


class CheckpointError(LokiError):
    """A snapshot cannot be taken or restored."""


class RepositoryError(LokiError):
    """The person's repository refuses what a run needs."""


class WorkspaceError(LokiError):
    """The hands died, refuse to start, or do not answer."""


class ModelFault(StrEnum):
    """Why a model request ended without an answer, and so whether to try again."""

    AUTH = "auth"
    """The key is missing, wrong or not allowed: permanent."""
    INVALID = "invalid"
    """The request itself is refused: permanent."""
    UNKNOWN_MODEL = "unknown_model"
    """No such model for this key: permanent."""
    TOO_LONG = "too_long"
    """The conversation does not fit the model's window: compact, then try again."""
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    SERVER = "server"
    CONNECTION = "connection"
    STALLED = "stalled"
    """The stream stayed silent for too long."""
    TRUNCATED = "truncated"
    """The stream ended before the message did."""
    MALFORMED = "malformed"
    """The stream is not what the protocol promises."""
    EXHAUSTED = "exhausted"
    """A recording has no answer left: permanent."""

    @property
    def permanent(self) -> bool:
        """Whether the same request would fail in the same way."""
        return self in _PERMANENT


_PERMANENT = frozenset({ModelFault.AUTH, ModelFault.INVALID, ModelFault.UNKNOWN_MODEL, ModelFault.EXHAUSTED})


class ModelError(LokiError):
    """A model request ended without an answer.

    Args:
        message: What happened, for a person.
        fault: What kind of failure it is.
        retry_after: Seconds the provider asks us to wait, if it said so.
        usage: What the provider reported before the failure, if anything.
        billable: Whether the provider may bill more than `usage`: true once the
            request was accepted, false where it was refused outright.
        hint: What a person can do.
    """

    def __init__(
        self,
        message: str,
        *,
        fault: ModelFault,
        retry_after: float | None = None,
        usage: Usage | None = None,
        billable: bool = False,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.fault = fault
        self.retry_after = retry_after
        self.usage = usage
        self.billable = billable
