"""The two lines that are always there: what the run is doing and why, and what holds it."""

from __future__ import annotations

from loki_tui.core.money import format_limit, format_usd
from loki_tui.core.state import RunState
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Confinement, Purpose, Status
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, Span, Tone, cells, row, spread
from loki_tui.tui.views.signs import STATUS, STREAM
from loki_tui.wording.abreast import AT_WORK, abreast_text, limited_text
from loki_tui.wording.amounts import in_words, until_text
from loki_tui.wording.proof import proven_text, streak_text
from loki_tui.wording.receipts import headline_tone
from loki_tui.wording.stream_rows import reason_of


def rows(picture: Picture, width: int) -> list[Row]:
    """The header."""
    return [
        spread(_state(picture), _place(picture, width), width),
        spread(_surroundings(picture, width), _money(picture), width),
    ]


def _state(picture: Picture) -> Row:
    if picture.stream:
        return _stream(picture)
    sign, tone = STATUS[picture.status]
    word: Span = (f"{sign} {picture.status.upper()}", tone if tone != "plain" else "loud")
    reason = one_line(picture.reason)
    if picture.status is Status.WAITING and (until := until_text(picture.whole.waiting_until)):
        word = (f"{word[0]} {until}", word[1])  # before the reason, of which a narrow screen cuts the end
    if picture.status is Status.RUNNING and not reason:
        reason = _doing(picture)
    elif picture.status is Status.WAITING and (abreast := abreast_text(picture.whole)):
        reason = f"{reason} · {abreast}"
    return row(word, (f"  {reason}" if reason else "", "plain"))


def _stream(picture: Picture) -> Row:
    """A stream that is looked at by itself; where the run is held, so is the stream."""
    whole, name = picture.whole, picture.stream
    if name not in whole.streams:
        return row((f"[{one_line(name)}]", "accent"), ("  not planned yet", "quiet"))
    status = whole.stream_status(name)
    sign, tone = STREAM[status]
    held = picture.status if picture.status not in {Status.RUNNING, Status.WAITING} else None
    said = f"the run is {held}: {picture.reason}" if held is not None else reason_of(whole, name)
    said = one_line(said) or (_doing(picture) if status in AT_WORK else "")
    word: Span = (f"{sign} {status.upper()}", tone if tone not in {"plain", "quiet"} else "loud")
    return row((f"[{one_line(name)}] ", "accent"), word, (f"  {said}" if said else "", "plain"))


def _doing(picture: Picture) -> str:
    state = picture.state
    if not picture.stream and state.iteration is None and (abreast := abreast_text(state)):
        return abreast
    if state.in_flight:
        action = next(reversed(state.in_flight.values()))
        given = action.input.get("command") or action.input.get("path") or action.input.get("pattern") or ""
        return one_line(f"{action.tool} {given}")
    if state.running_phase:
        return f"measures {one_line(state.running_phase)}"
    if state.open_requests:
        asked = next(reversed(state.open_requests.values()))
        sits = "the council sits, " if asked.purpose is Purpose.VOTE else ""
        return f"{sits}asks {one_line(asked.model)}"
    return ""


def _place(picture: Picture, width: int) -> Row:
    state = picture.state
    if not picture.live:
        return row(
            (" ◀ LOOKING BACK ", "alert"),
            (f" {picture.now.astimezone():%H:%M:%S}", "loud"),
            f" event {picture.seq:,} of {picture.last_seq:,}",
        )
    limit = _most_iterations(picture)
    most = f"/{limit:,}" if limit is not None else ""
    number = picture.past_iterations[-1].number if picture.past_iterations else 0
    if picture.whole.streams and not picture.stream:
        number = picture.whole.total_iterations
    word = "iteration" if width >= 100 else "it"
    return row((f"{word} ", "quiet"), f"{number:,}{most}", (f" {state.stage}", "accent"))


def _most_iterations(picture: Picture) -> int | None:
    started = picture.whole.streams[picture.stream].started if picture.stream in picture.whole.streams else None
    if started is not None and started.max_iterations is not None:
        return started.max_iterations
    created = picture.whole.created
    return created.max_iterations if created is not None else None


def _surroundings(picture: Picture, width: int) -> Row:
    state = picture.state
    parts = _verdicts(picture.whole)
    badge = [] if state.confinement is None else [_badge(state.confinement, width)]
    # Something that is open comes first where the end of the row is soon cut.
    first = badge if width < 140 and badge and badge[0][1] != "good" else []
    parts += first
    if streak := streak_text(state):
        parts.append((f"! {streak}", "warn"))
    elif (proven := proven_text(state)) and width >= 100:
        parts.append((proven, "plain"))
    if state.created is not None:
        parts.append((one_line(state.created.models.get("work", "")), "plain"))
    parts.append((in_words(picture.elapsed), "plain"))
    if not first:
        parts += badge
    if state.branch is not None and width >= 100:
        parts.append((one_line(state.branch.branch), "quiet"))
    if state.created is not None and width >= 140:
        parts.append((one_line(state.created.prd_path), "quiet"))
    spans: list[Span] = []
    for part in parts:
        if part[0]:
            spans += [(" · ", "quiet"), part] if spans else [part]
    return tuple(spans)


def _verdicts(whole: RunState) -> list[Span]:
    """What is to be said of the run first: that less is done at once than might be, and what it came to."""
    parts: list[Span] = []
    if whole.streams and (limited := limited_text(whole)):
        parts.append((f"! {limited}", "warn"))
    if whole.receipt is not None:
        parts.append((one_line(whole.receipt.headline), headline_tone(whole.receipt.headline)))
    return parts


def _badge(held: Confinement, width: int) -> Span:
    """What holds the hands, and that it does not hold everything."""
    if held.rung == "none":
        return "NOT CONFINED", "bad"
    gaps = len(held.uncovered)
    detail = f"{held.rung} {held.detail}".strip()
    said = f"{detail}, open to {', '.join(held.uncovered)}" if gaps else detail
    if gaps and width < 140:
        said = f"{held.rung}, {gaps} open"
    elif width < 160 or cells(said) > width // 2:
        said = f"{detail}, {gaps} open" if gaps else detail
    return one_line(said), "warn" if gaps else "good"


def _money(picture: Picture) -> Row:
    books = picture.state.books
    least = "≥" if books.unpriced else ""
    spent = f"{least}{format_usd(books.spent)}"
    if books.limit is None:
        return row((spent, "loud"), (" no limit", "quiet"))
    tone: Tone = "bad" if books.committed >= books.limit else "loud"
    return row((spent, tone), (f" of {format_limit(books.limit)}", "quiet"))
