"""The council's latest sitting: why it sat, on what, who voted how, how far each can be trusted, and when next."""

from __future__ import annotations

from functools import lru_cache

from loki_tui.core.events import VoteCast
from loki_tui.core.state import Council
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, Tone, crop, row, spread, wrap
from loki_tui.wording.amounts import counted
from loki_tui.wording.proof import (
    CHARS,
    LONG_CHARS,
    calibration_text,
    convened_text,
    judged_text,
    named_text,
    next_sitting,
    short,
    tally_text,
)

REASON, REASON_WHOLE = 3, 8
"""Rows of one reason, and of one where there is room."""
REASONS, REASONS_WHOLE = 2, 12
"""Reasons of a vote, and those where there is room; `enter` shows all."""

NO_SITTING = "No council has sat. Completion rests on what was measured."


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    council = picture.whole.council
    if not council.sitting:
        return "Council"
    if council.decided is not None:
        # Not the number of votes: one against all others, or an advocate's, can decide it.
        return f"Council sitting {council.sitting:,}: {'approved' if council.decided.approved else 'not approved'}"
    approving = sum(vote.verdict == "approve" and not vote.void for vote in council.votes)
    return f"Council sitting {council.sitting:,}: {approving} of {len(council.votes)} approve"


def entries(picture: Picture) -> list[VoteCast | None]:
    """What the pane's items are about: votes, and before them the sitting as a whole, which is none."""
    return [None, *picture.whole.council.votes]


def rows(picture: Picture, width: int, *, whole: bool = False) -> tuple[list[Row], list[int]]:
    """The sitting and what it came to, each vote, and what comes next.

    Args:
        picture: The run.
        width: Cells of a row.
        whole: Whether there is room for all reasons and the evidence.
    """
    council = picture.whole.council
    if not council.sitting:
        return [*wrap(NO_SITTING, width, tone="quiet"), *_next(picture, width), *_calibrated(picture, width)], [0]
    lines = [*_called(picture, width), *_decided(council, width, whole=whole)]
    items = [0]
    for vote in council.votes:
        items.append(len(lines))
        caught = calibration_text(picture.whole.calibrations.get(vote.member))
        lines += _vote(vote, caught, width, whole)
    lines += _next(picture, width)
    return [*lines, *_calibrated(picture, width)], items


def _called(picture: Picture, width: int) -> list[Row]:
    """Why it sat, and on what."""
    council = picture.whole.council
    lines = [crop(row(("called because ", "quiet"), short(council.reason)), width)]
    if (convened := council.convened) is not None:
        members = counted(len(convened.members), "member")
        lines.append(crop(row((f"{members}, {convened_text(convened)}", "quiet")), width))
    judged, fresh = judged_text(picture.whole)
    lines.append(crop(row(("" if fresh else "~ ", "warn"), (judged, "quiet" if fresh else "warn")), width))
    return lines


def _decided(council: Council, width: int, *, whole: bool) -> list[Row]:
    decided = council.decided
    if decided is None:
        return [crop(row(("… ", "warn"), ("still sitting", "quiet")), width)]
    tally = tally_text(decided)
    word, tone = ("✔ APPROVED ", "good") if decided.approved else ("✘ NOT APPROVED ", "bad")
    return [
        crop(row((word, tone), (f"{tally} " if tally else "", "loud")), width),  # type: ignore[arg-type]
        *wrap(short(decided.reason, LONG_CHARS), width, indent="  ", most=REASON if whole else 1),
    ]


def _next(picture: Picture, width: int) -> list[Row]:
    said = next_sitting(picture.whole)
    return wrap(said, width, tone="warn" if picture.whole.review_forced else "quiet", most=REASON) if said else []


def _calibrated(picture: Picture, width: int) -> list[Row]:
    """How often those who did not vote this time saw a planted defect; of who voted it stands at the vote."""
    voted = {vote.member for vote in picture.whole.council.votes}
    return [
        crop(row((f"{short(member)} ", "loud"), (calibration_text(calibration), "quiet")), width)
        for member, calibration in picture.whole.calibrations.items()
        if member not in voted
    ]


@lru_cache(maxsize=64)
def _vote(vote: VoteCast, caught: str, width: int, whole: bool) -> tuple[Row, ...]:
    """The rows of a vote, once."""
    lines = [_head(vote, caught, width)]
    if vote.void:
        lines += wrap(short(f"void, it does not count: {vote.void}"), width, indent="  ", most=REASON, tone="warn")
    many, deep = (REASONS_WHOLE, REASON_WHOLE) if whole else (REASONS, REASON)
    for reason in vote.reasons[:many]:
        lines += wrap(short(reason, LONG_CHARS if whole else CHARS), width, indent="  ", most=deep)
    if len(vote.reasons) > many:
        lines.append(crop(row((f"  and {counted(len(vote.reasons) - many, 'reason')} more: enter", "quiet")), width))
    deep = REASON if whole else 1
    if vote.unmet:
        lines += wrap(f"unmet: {named_text(vote.unmet)}", width, indent="  ", most=deep, tone="warn")
    if vote.evidence and whole:
        lines += wrap(f"evidence: {named_text(vote.evidence)}", width, indent="  ", most=deep, tone="quiet")
    return tuple(lines)


def _head(vote: VoteCast, caught: str, width: int) -> Row:
    sign: str
    tone: Tone
    if vote.void:
        sign, tone, word = "- ", "warn", f" {vote.verdict}, void"
    elif vote.verdict == "approve":
        sign, tone, word = "✔ ", "good", " approves"
    else:
        sign, tone, word = "✘ ", "bad", " rejects"
    charge = f" ({short(vote.charge)})" if vote.charge else ""
    left = row((sign, tone), (short(vote.member), "loud"), (word, tone), (charge, "quiet"))
    return spread(left, row((caught, "quiet")), width) if caught and width >= 60 else crop(left, width)
