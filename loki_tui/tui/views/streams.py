"""The streams of a parallel run side by side: which builds on which, where each stands, and what is brought together.

Each hangs under what it builds on, so the list is the graph of dependencies, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loki_tui.core.money import format_limit, format_usd
from loki_tui.core.state import RunState
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import StreamStatus
from loki_tui.tui.cellwise import sized
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, Span, Tone, cells, crop, cut, cut_before, row, wrap
from loki_tui.tui.views.signs import STREAM
from loki_tui.wording.abreast import AT_WORK, Twig, limited_text, tree_of
from loki_tui.wording.amounts import counted
from loki_tui.wording.lines import action_text
from loki_tui.wording.stream_rows import reason_of

TABLE = 100
"""Cells from which there is a table; below, there is what matters most."""
ROOMY = 150
"""Cells from which the table has requirements and branches."""
STEPS = 4
"""Steps of the tree that are drawn; what hangs deeper stands below the fourth."""
SEEN = 2_000
"""Characters of a reason that are looked at: more than a row shows. To clean all of a long one costs a millisecond."""
QUEUE = 6
"""Streams that are named of those that are to be integrated next."""

_BRANCH = 24
"""Cells of a branch's name and the gap after it."""
_STATUS = 13
"""Cells of a sign and the longest word for a status."""


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    whole = picture.whole
    if not whole.streams:
        return "Streams"
    if picture.stream:
        return f"Streams {len(whole.streams):,}, of which {cut(one_line(picture.stream), 20)} is shown; esc: all"
    statuses = [whole.stream_status(name) for name in whole.streams]
    busy, done = sum(each in AT_WORK for each in statuses), statuses.count(StreamStatus.INTEGRATED)
    return f"Streams {len(statuses):,}: {busy:,} at work, {done:,} integrated"


def entries(picture: Picture) -> list[str]:
    """The streams that the pane's items are about."""
    return [twig.name for twig in tree_of(picture.whole.streams)]


def rows(picture: Picture, width: int, *, whole: bool = False) -> tuple[list[Row], list[int]]:
    """What is brought together, then a row for each stream.

    Args:
        picture: The run, or a stream of it: the streams are the run's in any case.
        width: Cells of a row.
        whole: Whether there is room for a second row each, where one does not hold it all.
    """
    state = picture.whole
    if not state.streams:
        return wrap("No streams: this run is not parallel, or not planned yet.", width, tone="quiet"), [0]
    twigs = tree_of(state.streams)
    lines = [crop(line, width) for line in _together(state)]
    names = min(max(cells("stream"), *(cells(_name(twig)) for twig in twigs)) + 1, max(10, width // 5))
    if width >= TABLE:
        lines.append(_heading(names, width))
    items = []
    for twig in twigs:
        items.append(len(lines))
        lines.append(_line(state, twig, names, width, scoped=twig.name == picture.stream))
        if whole and width < ROOMY:
            lines += [crop(row((" " * 4, "plain"), (said, "quiet")), width) for said in _more(twig)]
    return lines, items


def _together(state: RunState) -> Iterator[Row]:
    """What is being integrated, what comes next, and what keeps the run from doing more at once."""
    if (under_way := state.integration) is not None:
        name = under_way.started.name
        tries = f", try {under_way.tries}" if under_way.tries else ""
        said = f"{reason_of(state, name)}{tries}" if name in state.streams else "being merged"
        trouble = bool(under_way.conflicts or under_way.refused)
        yield row(("⇉ ", "accent"), ("integrating ", "loud"), (one_line(name), "loud"), ": ", (said, _tone(trouble)))
    ready = [name for name in state.streams if state.stream_status(name) is StreamStatus.READY]
    if ready:
        more = f" and {len(ready) - QUEUE:,} more" if len(ready) > QUEUE else ""
        yield row(
            ("⋯ ", "accent"), ("to be integrated next: ", "quiet"), f"{', '.join(map(one_line, ready[:QUEUE]))}{more}"
        )
    if limited := limited_text(state):
        yield row(("! ", "warn"), (limited, "warn"))


def _tone(trouble: bool) -> Tone:
    return "warn" if trouble else "plain"


# -- the table ----------------------------------------------------------------------------------


def _widths(names: int, width: int) -> tuple[int, ...]:
    """Cells of each column but the last, which has what is left."""
    if width >= ROOMY:
        return (_STATUS, names, 4, 15, 18, 7, 16, _BRANCH)
    if width >= TABLE:
        return (_STATUS, names, 4, 11, 18, 7)
    return (_STATUS, names, 5, 18)


def _heading(names: int, width: int) -> Row:
    words = ("state", "stream", "it", "phase", "cost", "proven", "requirements", "branch")
    widths = _widths(names, width)
    return _columns([(word, "quiet") for word in (*words[: len(widths)], "last")], widths, width)


def _line(state: RunState, twig: Twig, names: int, width: int, *, scoped: bool) -> Row:
    stream, own = twig.stream, twig.stream.state
    status = state.stream_status(twig.name)
    sign, tone = STREAM[status]
    begun = stream.started is not None
    share = f" of {format_limit(own.books.limit)}" if own.books.limit is not None else ""
    cost = f"{'≥' if own.books.unpriced else ''}{format_usd(own.books.spent)}{share}" if begun else "-"
    proven = f"{own.proven}/{len(stream.planned.requirements)}"
    said: list[Span] = [(f"{sign} {status}", tone), (_name(twig), "accent" if scoped else "loud")]
    if width < TABLE:
        said += [(proven, "plain"), (cost, "plain")]
    else:
        phase = (one_line(own.running_phase or "") or own.stage) if stream.is_open else "-"
        said += [(f"{own.iterations_begun:,}" if begun else "-", "plain"), (phase, "plain")]
        said += [(cost, "plain"), (proven, "plain")]
    if width >= ROOMY:
        said += [
            (", ".join(map(one_line, stream.planned.requirements)), "quiet"),
            # What the branches of one run have in common is in front.
            (cut_before(one_line(stream.branch), _BRANCH - 1) or "-", "quiet"),
        ]
    return _columns([*said, _last(state, twig, status)], _widths(names, width), width)


def _last(state: RunState, twig: Twig, status: StreamStatus) -> Span:
    """Why a stream is where it is, or what it does or did last."""
    if reason := reason_of(state, twig.name):
        return one_line(reason[:SEEN]), "warn" if STREAM[status][1] in {"warn", "bad"} else "plain"
    action = twig.stream.state.last_action
    return (action_text(action), "plain") if action is not None and status in AT_WORK else ("", "plain")


def _more(twig: Twig) -> Iterator[str]:
    """What a narrow row has no room for."""
    planned, own = twig.stream.planned, twig.stream.state
    done = f"{counted(own.iterations_begun, 'iteration')}, " if twig.stream.started is not None else ""
    yield f"{done}{', '.join(map(one_line, planned.requirements))} in {', '.join(map(one_line, planned.files)) or '-'}"
    if twig.stream.branch:
        yield f"on {one_line(twig.stream.branch)}"


def _name(twig: Twig) -> str:
    """A stream under what it builds on; with a plus, what else that is."""
    branch = f"{'  ' * (min(twig.depth, STEPS) - 1)}└▶ " if twig.depth else ""
    also = f" +{', '.join(map(one_line, twig.also))}" if twig.also else ""
    return f"{branch}{one_line(twig.name)}{also}"


def _columns(said: Sequence[Span], widths: Sequence[int], width: int) -> Row:
    """Spans side by side, each in its column; the last one has what is left."""
    spans = [(sized(cut(text, size), size) + " ", tone) for (text, tone), size in zip(said, widths, strict=False)]
    return crop(row(*spans, said[-1]), width)
