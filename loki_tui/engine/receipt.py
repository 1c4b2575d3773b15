"""The evidence of a run: what was measured, what was thought of it, and what follows from the facts alone.

A receipt is one line of canonical JSON that carries its own digest. A stranger re-derives on another machine
what git holds (commits, trees, the difference between them) and what follows from the receipt itself; what
only the run's machine could know stands on the signature, or on measuring again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field

from loki_tui.core.messages import Frozen, JsonObject
from loki_tui.core.money import ZERO, Money
from loki_tui.core.vocabulary import (
    Check,
    Confinement,
    Counts,
    Finding,
    Outcome,
    Proof,
    Verdict,
)

SCHEMA = 1
"""Raised whenever an older Loki could misread a receipt."""

DIFF = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
"""Git's own words for a difference: `git` with these, the base's tree and the delivered tree.

What it prints depends on the two trees alone: it is a plumbing command, so no configuration, no attributes and
no working directory change a byte of it. Its SHA-256 is a receipt's `diff`.
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a repository says of delivered work."""

    base_tree: str
    """Of the commit it began at; the tree without entries where there was none."""
    tree: str
    """Of the delivered commit."""
    diff: str
    """SHA-256 over the difference of the two, see `DIFF`."""
    changed: int
    """Paths in it."""
    descends: bool
    """Whether the delivered commit grew from the other."""
    object_format: str
    """sha1 or sha256."""
    git: str
    """Its version."""
    differing: tuple[str, ...] = ()
    """Paths in which the delivered tree is not the one that was measured; a directory ends with a stroke."""
    more_differ: bool = False
    """Whether there are more of these."""


class Software(Frozen):
    """What made the receipt."""

    loki: str
    python: str
    tools: dict[str, str] = Field(default_factory=dict)
    """Name to version, where it is known."""


class Source(Frozen):
    """What the run was asked for."""

    name: str
    """Of the PRD's file, without its directories."""
    prd: str
    """SHA-256 of the PRD's text."""


class Delivery(Frozen):
    """What was delivered, as git names it. An object is empty where there is none, or it is not known."""

    branch: str = ""
    origin: str = ""
    """What the branch was made from: another branch, or a commit."""
    base: str = ""
    """Commit that the branch began at; empty in a repository that had none."""
    base_tree: str = ""
    commit: str = ""
    """The branch's newest commit."""
    tree: str = ""
    """Of that commit."""
    measured: str = ""
    """Tree of the last checkpoint: the work as it was at the end, which is what facts have to be about."""
    object_format: str = ""
    """How git names objects here: sha1 or sha256."""
    diff: str = ""
    """SHA-256 over the difference of `base_tree` and `tree`, see `DIFF`."""
    changed: int | None = None
    """Paths in that difference."""
    descends: bool | None = None
    """Whether `commit` grew from `base`."""
    differing: tuple[str, ...] = ()
    """Paths in which `tree` is not `measured`, as git quotes them; a directory ends with a stroke."""
    more_differ: bool = False
    """Whether there are more of these than are named."""
    unknown: str = ""
    """Why git could not be asked, where it could not."""


class PhaseFact(Frozen):
    """What a QA phase measured."""

    name: str
    verdict: Verdict
    why: str
    tree: str = ""
    """Tree that was measured; empty where none was."""
    base: str = ""
    """Checkpoint it was compared with, where it compares."""
    command: str = ""
    exit_code: int | None = None
    counts: Counts | None = None
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    at: datetime | None = None
    output: str = ""
    """SHA-256 of all that was printed, secrets taken out; empty where nothing was."""
    tests: str = ""
    """SHA-256 of the list of all tests and what became of them."""
    required: bool = False
    """Whether nothing is complete without it."""


class RequirementFact(Frozen):
    """A line of the PRD, and how far it is proven."""

    id: str
    title: str
    criteria: tuple[str, ...] = ()
    proof: Proof
    evidence: str = ""
    tests: tuple[str, ...] = ()
    """The tests and phases that show it."""
    tree: str = ""
    """What it was judged on."""


class Facts(Frozen):
    """What the engine measured and decided: all that the headline is made of."""

    outcome: Outcome
    reason: str
    delivery: Delivery
    phases: tuple[PhaseFact, ...]
    requirements: tuple[RequirementFact, ...]
    planned: bool = True
    """False where no usable plan came: the PRD stands as one requirement."""


class Review(Frozen):
    """What a reviewer thought of the changes."""

    reviewer: str
    charge: str = ""
    verdict: Literal["pass", "fail"]
    findings: tuple[Finding, ...] = ()
    tree: str = ""
    void: str = ""
    """Why it does not count, where it does not."""


class Vote(Frozen):
    """What a member of the council thought of the work."""

    member: str
    charge: str = ""
    verdict: Literal["approve", "reject"]
    reasons: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    void: str = ""


class Sitting(Frozen):
    """The council's last sitting."""

    number: int
    trigger: str = ""
    reason: str = ""
    tree: str = ""
    votes: tuple[Vote, ...] = ()
    approved: bool | None = None
    """None where it came to no decision."""
    approving: int = 0
    needed: int = 0
    decision: str = ""


class Calibrated(Frozen):
    """How often a member of the council saw a defect that was planted."""

    member: str
    shown: int
    caught: int


class Opinions(Frozen):
    """What models thought. None of it makes the headline any better."""

    review: PhaseFact | None = None
    """What the reviewers came to together."""
    reviews: tuple[Review, ...] = ()
    council: Sitting | None = None
    calibration: tuple[Calibrated, ...] = ()


class Cost(Frozen):
    """What models were paid, in US dollars."""

    spent: Money = ZERO
    unconfirmed: Money = ZERO
    """May have been billed for answers that were lost."""
    limit: Money | None = None
    by_purpose: dict[str, Money] = Field(default_factory=dict)
    unpriced: int = 0
    """Answers whose price nobody knows: while there are any, `spent` is a lower bound."""


class Effort(Frozen):
    """What it took."""

    iterations: int
    actions: int
    requests: int
    seconds: float
    """From the beginning to the end, waits included."""
    cost: Cost
    provider: str = ""
    models: dict[str, str] = Field(default_factory=dict)


class Limits(Frozen):
    """What held the run in bounds."""

    settings: JsonObject = Field(default_factory=dict)
    """Settings that differed from their defaults when it began."""
    max_iterations: int
    confinement: Confinement | None = None
    refused: int = 0
    """Actions that the limits did not let happen."""


class JournalMark(Frozen):
    """Where the run's journal stood."""

    events: int
    digest: str
    """Hash of its last event, which covers all before it."""


class Receipt(Frozen):
    """The evidence of one run."""

    version: int = SCHEMA
    run: str
    made_at: datetime
    software: Software
    source: Source
    facts: Facts
    opinions: Opinions
    effort: Effort
    limits: Limits
    journal: JournalMark
    headline: Literal["VERIFIED", "VERIFIED WITH GAPS", "NOT VERIFIED"]
    gaps: tuple[str, ...] = ()
    """What nobody measured, one line each."""
    against: tuple[str, ...] = ()
    """What speaks against it, one line each."""
    dropped: tuple[str, ...] = ()
    """What resolutions of conflicts between parallel streams lost of what a side had added, one line each: lines are
    compared and not meanings, so this makes no headline better or worse."""
    digest: str = Field(default="", pattern="^([0-9a-f]{64})?$")
    """SHA-256 over the canonical JSON of all the rest; see `loki_tui.engine.sealing`."""
