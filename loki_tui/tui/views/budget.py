"""The budget gauge: what is spent, set aside and left, how fast, until when, and by whom."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from loki_tui.core.money import ZERO, format_left, format_limit, format_needed, format_usd
from loki_tui.core.state import Books
from loki_tui.core.vocabulary import Purpose, Status
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, Span, bar, crop, row, spread
from loki_tui.wording.amounts import counted, in_words, percent

WHO: dict[Purpose, str] = {
    Purpose.PLAN: "planner",
    Purpose.WORK: "agent",
    Purpose.COMPACT: "condensing",
    Purpose.DELEGATE: "sub-agents",
    Purpose.REVIEW: "reviewers",
    Purpose.VOTE: "council",
}


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    books = picture.state.books
    if books.limit is None or books.limit <= 0:
        return "Budget"
    if books.committed > books.limit:
        return "Budget exceeded"
    return f"Budget {percent(float(books.committed / books.limit))} taken"


def rows(picture: Picture, width: int) -> list[Row]:
    """The gauge."""
    books = picture.state.books
    lines = [*_gauge(books, width), *_set_aside(picture, width), *_pace(picture, width), *_by_whom(books, width)]
    return [crop(line, width) for line in lines]


def _gauge(books: Books, width: int) -> list[Row]:
    least = "at least " if books.unpriced else ""
    spent: Span = (f"{least}{format_usd(books.spent)}", "loud")
    if books.limit is None:
        return [row(spent, " spent, ", ("no limit is set", "warn"))]
    left = books.limit - books.committed
    over: Span = (f"{format_left(left)} left", "plain") if left > 0 else (f"{format_needed(-left)} over", "bad")
    over = ("nothing left", "bad") if left == 0 else over
    lines = [spread(row(spent, f" of {format_limit(books.limit)}"), row(over), width)]
    if books.limit > 0:
        share = float(min(Decimal(1), books.spent / books.limit))
        held = float(min(Decimal(1), books.committed / books.limit))
        size = max(4, width)
        full, _ = bar(share, size)
        taken, rest = bar(held, size)
        lines.append(
            row(
                (full, "good" if held < 0.8 else "warn"),
                (taken[len(full) :].replace("█", "▒"), "warn"),
                (rest, "quiet"),
            )
        )
    return lines


def _set_aside(picture: Picture, width: int) -> list[Row]:
    state, books = picture.state, picture.state.books
    lines = []
    if books.reserved:
        held = sum(books.reserved.values(), ZERO)
        lines.append(_labelled("set aside", f"{format_usd(held)} for {counted(len(books.reserved), 'request')}", width))
    elif state.status is Status.RUNNING:
        # Requests come and go several times a second; a line that did so too would move all below it.
        lines.append(_labelled("set aside", "nothing right now", width))
    if books.unconfirmed:
        lines.append(_labelled("uncertain", f"{format_needed(books.unconfirmed)} for lost answers", width))
    if books.unpriced:
        lines.append(_labelled("unpriced", counted(books.unpriced, "answer"), width))
    if state.needed is not None:
        lines.append(row(("needs a budget of ", "warn"), (format_needed(state.needed), "loud")))
    return lines


def _pace(picture: Picture, width: int) -> list[Row]:
    pace = picture.pace()
    if pace is None:
        return [_labelled("rate", "known after iteration 1", width)]
    spent, took = pace
    hours = Decimal(took.total_seconds()) / 3600
    if hours <= 0 or spent <= 0:
        return [_labelled("rate", f"{format_usd(ZERO)} an hour", width)]
    rate = spent / hours
    lines = [_labelled("rate", f"{format_usd(rate)} an hour", width)]
    left = picture.state.books.left
    if left is None or picture.state.status.ended:
        return lines
    if left <= 0:
        return [*lines, _labelled("lasts", "no further request", width)]
    lasts = timedelta(seconds=min(float(left / rate * 3600), 1e8))
    until = (picture.now + lasts).astimezone()
    when = f"{until:%H:%M}" if lasts < timedelta(hours=20) else f"{until:%a %d %b %H:%M}"
    return [*lines, _labelled("lasts", f"{in_words(lasts)}, to {when}", width)]


def _by_whom(books: Books, width: int) -> list[Row]:
    shares = sorted(((cost, purpose) for purpose, cost in books.by_purpose.items() if cost > 0), reverse=True)
    total = sum((cost for cost, _ in shares), ZERO)
    lines = []
    for cost, purpose in shares:
        full, rest = bar(float(cost / total), max(2, min(12, width - 26)), fill="■", rest="·")
        lines.append(
            spread(
                row((f"{WHO[purpose]:11}", "quiet"), (full, "accent"), (rest, "quiet")), row(format_usd(cost)), width
            )
        )
    return lines


def _labelled(label: str, text: str, width: int) -> Row:
    return crop(row((f"{label:10} ", "quiet"), text), width)
