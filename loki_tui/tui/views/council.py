"""The council's latest sitting: who voted how, and why."""

from __future__ import annotations

from loki_tui.core.events import VoteCast
from loki_tui.core.terminal import one_line
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, crop, row, wrap

NO_SITTING = "No council has sat. Completion rests on what was measured."


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    council = picture.state.council
    if not council.sitting:
        return "Council"
    approving = sum(vote.verdict == "approve" and not vote.void for vote in council.votes)
    return f"Council sitting {council.sitting}: {approving} of {len(council.votes)} approve"


def rows(picture: Picture, width: int) -> tuple[list[Row], list[int]]:
    """Rows for each vote."""
    council = picture.state.council
    if not council.sitting:
        return wrap(NO_SITTING, width, tone="quiet"), [0]
    lines = [crop(row(("called because ", "quiet"), one_line(council.reason)), width)]
    items: list[int] = []
    for vote in council.votes:
        items.append(len(lines))
        lines += _vote(vote, width)
    if council.decided is None:
        lines.append(row(("… ", "warn"), ("still sitting", "quiet")))
    else:
        word = ("✔ APPROVED ", "good") if council.decided.approved else ("✘ NOT APPROVED ", "bad")
        lines.append(crop(row(word, one_line(council.decided.reason)), width))  # type: ignore[arg-type]
    return lines, items or [0]


def _vote(vote: VoteCast, width: int) -> list[Row]:
    if vote.void:
        head = row(("- ", "warn"), (one_line(vote.member), "loud"), (" void", "warn"), f": {one_line(vote.void)}")
    elif vote.verdict == "approve":
        head = row(("✔ ", "good"), (one_line(vote.member), "loud"), (" approves", "good"))
    else:
        head = row(("✘ ", "bad"), (one_line(vote.member), "loud"), (" rejects", "bad"))
    lines = [crop(head, width)]
    for reason in vote.reasons:
        lines += wrap(one_line(reason), width, indent="  ", most=3)
    if vote.unmet:
        lines.append(crop(row(("  unmet: ", "warn"), ", ".join(map(one_line, vote.unmet))), width))
    return lines
