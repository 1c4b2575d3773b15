"""What waits for a person: the queue, and one request with all that it would do."""

from __future__ import annotations

from collections.abc import Container, Sequence

from loki_tui.core.events import ApprovalRequested
from loki_tui.core.fatigue import fatigue_of
from loki_tui.core.state import Approval
from loki_tui.core.terminal import one_line, visible
from loki_tui.core.vocabulary import Excerpt
from loki_tui.runtime.history import History
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, Span, cells, crop, exact, row, spread, wrap
from loki_tui.tui.views import diff
from loki_tui.tui.views.signs import GRAVE, RISK
from loki_tui.wording.amounts import age, percent
from loki_tui.wording.approving import waved_through_in_words
from loki_tui.wording.requests import says_everything


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    waiting = len(picture.whole.undecided)
    said = f"Approvals {waiting:,} waiting" if waiting else "Approvals"
    return f"{said}{asked_lately(picture)}"


def asked_lately(picture: Picture) -> str:
    """How much a person was asked in the last hour, in a title's few cells; empty where they answered nothing."""
    fatigue = fatigue_of(picture.whole, picture.now)
    if not fatigue.answered or fatigue.share is None:
        return ""
    return f", {fatigue.asked}{'+' if fatigue.more else ''}/h, {percent(fatigue.share)} approved"


def warnings(picture: Picture, width: int) -> list[Row]:
    """What is to be said where approvals are given unread."""
    said = waved_through_in_words(fatigue_of(picture.whole, picture.now))
    return wrap(f"! {said}", width, tone="warn") if said else []


def rows(picture: Picture, width: int) -> tuple[list[Row], list[int]]:
    """A row for each request that waits."""
    waiting = list(picture.whole.undecided.values())
    lines = [queue_line(one, picture, width) for one in waiting]
    if not waiting:
        said = "Nothing waits for you."
        lines = [crop(row(("✔ ", "good"), (said, "quiet")), width)]
    return [*lines, *warnings(picture, width)], list(range(len(lines)))


def queue_line(waiting: Approval, picture: Picture, width: int) -> Row:
    """One request in a queue."""
    asked = waiting.request
    word, tone = RISK[asked.risk]
    grave = f"{word} " if asked.risk in GRAVE else ""
    left = row(("? ", "warn"), (f"{asked.approval:4} ", "loud"), (grave, tone), _stream(waiting), one_line(asked.title))
    return spread(left, row((age(waiting.asked_at, picture.now), "quiet")), width)


def _stream(waiting: Approval) -> Span:
    """The stream that asks; nothing where the run itself does."""
    return (f"[{one_line(waiting.stream)}] ", "accent") if waiting.stream else ("", "plain")


def whole_text(asked: ApprovalRequested, history: History) -> str:
    """What would happen, whole: the diff where there is one, else the detail.

    Raises:
        JournalError: The journal does not have it any more.
    """
    if asked.diff is not None:
        return visible(history.text_of(asked.diff))
    whole = Excerpt(text=asked.detail, blob=asked.detail_blob)
    return visible(history.text_of(whole)) or "(nothing)"


def written(asked: ApprovalRequested, history: History) -> str:
    """All that is to be written, where the diff does not say everything; else nothing.

    Raises:
        JournalError: The journal does not have it any more.
    """
    if asked.diff is None or says_everything(history.text_of(asked.diff)):
        return ""
    return visible(history.text_of(Excerpt(text=asked.detail, blob=asked.detail_blob)))


def whole(
    waiting: Approval, text: str, width: int, *, written: str = "", split: bool = False, refused: str = ""
) -> list[Row]:
    """One request with everything a decision rests on.

    Args:
        waiting: The request.
        text: What would happen, whole: the diff where there is one, else the detail.
        width: Cells of a row.
        written: All that is to be written, where the diff does not say everything.
        split: Whether a diff stands side by side.
        refused: Why the engine did not take the last decision on it, where there was one.
    """
    asked = waiting.request
    word, tone = RISK[asked.risk]
    lines = [
        crop(row((f"{asked.approval} ", "loud"), (one_line(asked.title), "loud")), width),
        row(("risk    ", "quiet"), (word, tone)),
        *([crop(row(("stream  ", "quiet"), (one_line(waiting.stream), "accent")), width)] if waiting.stream else []),
        crop(row(("by      ", "quiet"), one_line(asked.agent) or "the engine"), width),
        crop(row(("why     ", "quiet"), one_line(asked.reason)), width),
    ]
    if asked.cwd:
        lines.append(crop(row(("in      ", "quiet"), one_line(asked.cwd)), width))
    if refused:
        lines += wrap(f"! {one_line(refused)}", width, tone="bad")
    lines.append(())
    if asked.diff is not None:
        more = [(), row(("All that is to be written:", "loud")), *exact(written, width)] if written else []
        return [*lines, *diff.rows(text, width, split=split), *more]
    command = asked.input.get("command") if asked.input and asked.editable else None
    return [*lines, *exact(visible(command) if isinstance(command, str) else text, width)]


def listed(asked: Sequence[ApprovalRequested], seen: Container[str], width: int) -> list[Row]:
    """Requests that are decided on together, a row each: how grave, what with, what on, and whether it was seen.

    Args:
        asked: The requests.
        seen: Names of those that were in view to their end.
        width: Cells of a row.
    """
    names = max(cells(one.approval) for one in asked) if asked else 0
    return [_listed(one, width, name=names, seen=one.approval in seen) for one in asked]


def _listed(asked: ApprovalRequested, width: int, *, name: int, seen: bool) -> Row:
    word, tone = RISK[asked.risk]
    given = asked.input or {}
    about = one_line(str(given.get("command") or given.get("path") or asked.title))
    tool = f"{one_line(asked.tool)} " if asked.tool else ""
    left = row((f"{asked.approval:{name}} ", "loud"), (f"{word} ", tone), (tool, "accent"), about)
    return spread(left, row(("seen", "quiet") if seen else ("NOT SEEN", "warn")), width)
