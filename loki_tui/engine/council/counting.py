"""What the votes of a sitting come to. Pure: a vote that does not count is never one for approval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loki_tui.core import events as ev


@dataclass(frozen=True, slots=True)
class Tally:
    """What the votes of a sitting come to."""

    approved: bool
    approving: int
    """Members whose approval counts."""
    needed: int
    reason: str


def tally(votes: Sequence[ev.VoteCast], members: Sequence[str], *, needed: int) -> Tally:
    """Count votes.

    Args:
        votes: All of a sitting. One of a member who is not among `members` is the devil's advocate's: it approves
            nothing, and blocks where it is a reject that counts.
        members: Who sits.
        needed: Approvals it takes; never fewer than one.
    """
    needed = max(1, needed)
    approving = len(_approving(votes, members))
    count = f"{approving} of {len(members)} approve, {needed} needed"
    if approving < needed:
        return Tally(False, approving, needed, "; ".join([count, *_objections(votes)]))
    for vote in votes:
        if vote.member not in members and _objects(vote):
            return Tally(False, approving, needed, f"{count}; the devil's advocate found: {vote.reasons[0]}")
    return Tally(True, approving, needed, count)


def unopposed(votes: Sequence[ev.VoteCast], members: Sequence[str], *, needed: int) -> bool:
    """Whether it would be approved and nobody has an objection that counts: that calls for an advocate."""
    return len(_approving(votes, members)) >= max(1, needed) and not any(_objects(vote) for vote in votes)


def _approving(votes: Iterable[ev.VoteCast], members: Sequence[str]) -> set[str]:
    """Members who approve with every vote of theirs."""
    against = {vote.member for vote in votes if vote.verdict != "approve" or vote.void or vote.unmet}
    return {vote.member for vote in votes if vote.member in members and vote.member not in against}


def _objects(vote: ev.VoteCast) -> bool:
    """Whether a vote is a reject that rests on something: one that could not be read does not."""
    return vote.verdict == "reject" and not vote.void and bool(vote.evidence)


def _objections(votes: Iterable[ev.VoteCast]) -> list[str]:
    return [
        f"{vote.member}: {vote.void or (vote.reasons[0] if vote.reasons else 'rejects')}"
        for vote in votes
        if vote.void or vote.verdict == "reject"
    ]
