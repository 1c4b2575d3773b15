"""What waits for a person: the queue, and one request with all that it would do."""

from __future__ import annotations

from loki_tui.core.events import ApprovalRequested
from loki_tui.core.state import Approval
from loki_tui.core.terminal import one_line, visible
from loki_tui.core.vocabulary import Excerpt
from loki_tui.runtime.history import History
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, crop, row, spread, wrap
from loki_tui.tui.views import diff
from loki_tui.tui.views.signs import GRAVE, RISK
from loki_tui.wording.amounts import age


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    waiting = len(picture.state.undecided)
    return f"Approvals {waiting:,} waiting" if waiting else "Approvals"


def rows(picture: Picture, width: int) -> tuple[list[Row], list[int]]:
    """A row for each request that waits."""
    waiting = list(picture.state.undecided.values())
    if not waiting:
        said = "Nothing waits for you."
        return [crop(row(("✔ ", "good"), (said, "quiet")), width)], [0]
    lines = [queue_line(one, picture, width) for one in waiting]
    return lines, list(range(len(lines)))


def queue_line(waiting: Approval, picture: Picture, width: int) -> Row:
    """One request in a queue."""
    asked = waiting.request
    word, tone = RISK[asked.risk]
    grave = f"{word} " if asked.risk in GRAVE else ""
    left = row(("? ", "warn"), (f"{asked.approval:4} ", "loud"), (grave, tone), one_line(asked.title))
    return spread(left, row((age(waiting.asked_at, picture.now), "quiet")), width)


def whole_text(asked: ApprovalRequested, history: History) -> str:
    """What would happen, whole: the diff where there is one, else the detail.

    Raises:
        JournalError: The journal does not have it any more.
    """
    if asked.diff is not None:
        return visible(history.text_of(asked.diff))
    whole = Excerpt(text=asked.detail, blob=asked.detail_blob)
    return visible(history.text_of(whole)) or "(nothing)"


def whole(waiting: Approval, text: str, width: int, *, split: bool = False) -> list[Row]:
    """One request with everything a decision rests on.

    Args:
        waiting: The request.
        text: What would happen, whole: the diff where there is one, else the detail.
        width: Cells of a row.
        split: Whether a diff stands side by side.
    """
    asked = waiting.request
    word, tone = RISK[asked.risk]
    lines = [
        crop(row((f"{asked.approval} ", "loud"), (one_line(asked.title), "loud")), width),
        row(("risk    ", "quiet"), (word, tone)),
        crop(row(("by      ", "quiet"), one_line(asked.agent) or "the engine"), width),
        crop(row(("why     ", "quiet"), one_line(asked.reason)), width),
    ]
    if asked.cwd:
        lines.append(crop(row(("in      ", "quiet"), one_line(asked.cwd)), width))
    lines.append(())
    if asked.diff is not None:
        return [*lines, *diff.rows(text, width, split=split)]
    command = asked.input.get("command") if asked.input else None
    return [*lines, *wrap(visible(command) if isinstance(command, str) else text, width)]
