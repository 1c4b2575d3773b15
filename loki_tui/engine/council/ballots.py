"""Votes: what makes one count. Pure.

Facts stand before opinions: no vote that goes against one counts, and neither does a vote that
rests on nothing that exists. A vote that does not count is never one for approval.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from loki_tui.core import events as ev
from loki_tui.core.tools import CastVote
from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.cases import Fact
from loki_tui.engine.council.evidence import Known

REASONS = 12
"""Reasons of a vote that are kept; as many pieces of evidence and unmet requirements again."""

CHARS = 1_000
"""Characters of each that are kept."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What no vote can be against."""

    facts: tuple[Fact, ...] = ()
    failing: tuple[str, ...] = ()
    """Ids of requirements that are known to fail."""

    @property
    def against(self) -> str:
        """Which facts no approval can be true beside; empty where there are none."""
        return "; ".join(
            f"{fact.phase} {fact.found}"
            for fact in self.facts
            if fact.red or (fact.required and fact.verdict is not Verdict.PASSED)
        )


@dataclass(frozen=True, slots=True)
class Seat:
    """Whose vote it is."""

    sitting: int
    member: str
    charge: str


def examine(vote: CastVote, seat: Seat, known: Known, truth: Truth) -> ev.VoteCast:
    """A vote as it counts, or with the reason why it does not."""
    cited = [evidence for evidence in vote.evidence if known.cites(evidence)]
    lost = [evidence for evidence in vote.evidence if evidence not in cited]
    unknown = [name for name in vote.unmet if name not in known.requirements]
    reasons = [*vote.reasons[:REASONS]]
    rejects = vote.verdict == "reject" or bool(vote.unmet)
    if vote.verdict == "approve" and vote.unmet:
        reasons.append(f"It approved and named {', '.join(vote.unmet[:REASONS])} as not met: that is a reject.")
    if unknown:
        reasons.append(f"No requirement is called {', '.join(unknown[:REASONS])}.")
    if lost:
        reasons.append(f"Its evidence names nothing that is there: {'; '.join(lost[:REASONS])}")
    void = "" if cited else "nothing that it cites exists" if vote.evidence else "it cites no evidence"
    if not rejects and not void:
        void = _contradiction(vote, truth)
    return ev.VoteCast(
        sitting=seat.sitting,
        member=seat.member,
        verdict="reject" if rejects else "approve",
        reasons=_bounded(reasons, REASONS + 3),
        unmet=_bounded((name for name in vote.unmet if name in known.requirements), len(vote.unmet)),
        evidence=_bounded(cited, REASONS),
        void=void,
        charge=seat.charge,
    )


def without_vote(why: str, seat: Seat) -> ev.VoteCast:
    """In place of the vote of a member who gave none that can be read: it counts as a reject."""
    reasons = _bounded([f"There is no usable vote: {why}"], 1)
    return ev.VoteCast(sitting=seat.sitting, member=seat.member, verdict="reject", reasons=reasons, charge=seat.charge)


def _contradiction(vote: CastVote, truth: Truth) -> str:
    """Why an approval cannot be true, where it cannot."""
    if truth.against:
        return f"contradicts: {truth.against}"
    said = " ".join((*vote.reasons, *vote.evidence))
    passed_over = [name for name in truth.failing if not re.search(rf"\b{re.escape(name)}(?!\w)", said)]
    return f"contradicts: {', '.join(passed_over)} is known to fail" if passed_over else ""


def _bounded(texts: Iterable[str], most: int) -> tuple[str, ...]:
    """As many as there may be, none longer than it may be, each once."""
    return tuple(dict.fromkeys(text[:CHARS] for text in texts))[:most]
