"""The words that events, state and screens share: small closed sets and the values made of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from loki_tui.core.messages import Frozen


class Status(StrEnum):
    """What a run is doing, or how it ended. `Run.reason` always says why."""

    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    STOPPING = "stopping"
    COMPLETED = "completed"
    EXHAUSTED = "exhausted"
    """A limit was reached: iterations, retries, budget or time."""
    STAGNATED = "stagnated"
    STOPPED = "stopped"
    FAILED = "failed"
    CRASHED = "crashed"
    """Derived, never journaled: not ended, and no engine holds the run."""

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to this run any more."""
        return self in _ENDED


_ENDED = frozenset({Status.COMPLETED, Status.EXHAUSTED, Status.STAGNATED, Status.STOPPED, Status.FAILED})

Controlled = Literal["pause", "resume", "stop", "set_budget", "steer", "decide", "revoke", "force_review"]
"""What can be asked of a run from outside."""

Outcome = Literal["completed", "exhausted", "stagnated", "stopped", "failed"]
"""How a run ends: exactly one of these."""


class Stage(StrEnum):
    """Where in its life a run is."""

    PLAN = "plan"
    ITERATE = "iterate"
    VERIFY = "verify"
    DECIDE = "decide"
    CLOSE = "close"


class Purpose(StrEnum):
    """Whom a model request serves; what it costs is booked under this."""

    PLAN = "plan"
    WORK = "work"
    COMPACT = "compact"
    DELEGATE = "delegate"
    REVIEW = "review"
    VOTE = "vote"


class Risk(StrEnum):
    """What an action may do to the world, mildest first."""

    READ = "read"
    EDIT = "edit"
    RUN = "run"
    NETWORK = "network"
    OUTSIDE = "outside"
    DESTRUCTIVE = "destructive"


Permission = Literal["allow", "ask", "block"]
"""What may become of an action: it is done, a person is asked first, or it is refused."""


class Ruling(Frozen):
    """What the rules say of one command."""

    verdict: Permission
    rule: str = ""
    """The rule as the person or Loki wrote it; empty where none is about this."""
    why: str = ""
    """One plain sentence, for the model and for people."""
    source: str = ""
    """Where the rule stands: `default`, the name of a setting, or a file."""


class Verdict(StrEnum):
    """What a QA phase found. Only `PASSED` is green."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    NOT_RUN = "not_run"
    ERROR = "error"


CODE_REVIEW = "code review"
"""The name of the QA phase in which reviewers read the changes."""


class Proof(StrEnum):
    """How far a requirement is proven."""

    UNPROVEN = "unproven"
    PROVEN = "proven"
    FAILING = "failing"
    STALE = "stale"


class Requirement(Frozen):
    """One checkable line of the PRD."""

    id: str = Field(min_length=1, max_length=40)
    title: str = Field(min_length=1, max_length=400)
    criteria: tuple[str, ...] = ()


class Excerpt(Frozen):
    """Text of any size: its beginning and end here, the whole in the blob store where it is cut."""

    text: str
    blob: str | None = None
    """Digest of the whole; none where `text` is the whole."""
    size: int = 0
    """Characters of the whole."""


class Counts(Frozen):
    """What a test runner said it did."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0


class TestCase(Frozen):
    """What became of one test, as its runner reported it."""

    __test__ = False

    id: str
    """The runner's own name of it, such as `tests/test_a.py::TestA::test_b`."""
    outcome: Literal["passed", "failed", "skipped"]
    message: str = ""
    """The first line of why, where it did not pass."""


class Check(Frozen):
    """What one tool found, as a part of a QA phase."""

    name: str
    """Such as `bandit`."""
    verdict: Verdict
    why: str
    command: str = ""
    exit_code: int | None = None
    seconds: float = 0.0


class ProofClaim(Frozen):
    """What an agent says proves a requirement; it counts as far as the engine finds these to hold."""

    requirement: str = Field(min_length=1, max_length=40)
    tests: tuple[str, ...] = Field(min_length=1, max_length=50)
    """Tests by name, or QA phases."""


class Finding(Frozen):
    """One thing a reviewer found."""

    severity: Literal["critical", "high", "medium", "low"]
    file: str = ""
    line: int | None = None
    message: str


class Confinement(Frozen):
    """What holds the hands, as every face shows it."""

    rung: Literal["landlock", "bwrap", "docker", "none"]
    detail: str = ""
    """Such as `ABI 7`."""
    uncovered: tuple[str, ...] = ()
    """What this rung does not protect, one phrase each."""
    writable: tuple[str, ...] = ()
    """Where hands may write."""
    network: tuple[str, ...] = ("on",)
    """What commands reach over the network: `on`, `off`, or hosts."""
    without: tuple[str, ...] = ()
    """What commands have to do without on this rung, one phrase each."""


class Clash(Frozen):
    """A path that two streams changed in ways that git cannot bring together."""

    path: str
    kind: str
    """content, both_added, renamed_edited, deleted_edited, binary or mode."""
    detail: str = ""


class StreamStatus(StrEnum):
    """Where a stream is, as every face shows it."""

    QUEUED = "queued"
    """Waits for what it builds on, or for its turn."""
    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    """For a decision, or for the provider."""
    STOPPING = "stopping"
    READY = "ready"
    """Done, and not integrated yet."""
    INTEGRATING = "integrating"
    INTEGRATED = "integrated"
    LEFT_OUT = "left out"
    """Its work, as far as it got, is on its branch alone."""


class Rule(Frozen):
    """Actions that a person approved for a run before they are asked for; `loki_tui.guard.rules` says which."""

    pattern: str
    tool: str
    """The tool of the action it was made from."""
    risk: Risk
    """The risk of that action: nothing graver is covered."""
    by: str


class Sample(Frozen):
    """Resources at one moment."""

    cpu_percent: float
    memory_percent: float
    run_cpu_percent: float
    """Of the run's own process tree; 100 is one core."""
    run_rss_bytes: int
