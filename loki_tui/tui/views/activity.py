"""The activity pane: what agents say and do, with what came of it."""

from __future__ import annotations

from functools import singledispatch

from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.core.money import format_usd
from loki_tui.core.terminal import even, one_line, plain
from loki_tui.tui.feed import Item, said
from loki_tui.tui.rows import Row, Tone, crop, cut, row, spread, text_of, width_of, wrap
from loki_tui.tui.views import diff
from loki_tui.tui.views.signs import GRAVE
from loki_tui.wording.amounts import counted, in_seconds
from loki_tui.wording.lines import line_of, refusal_text

INDENT = "         "
"""Under the time of an item."""

SAID = 12
"""Rows of what a model said."""
CHANGED = 10
"""Rows of a diff."""
PRINTED, PRINTED_BADLY = 2, 8
"""Rows of a command's output: the last ones, more of them where it failed."""
STREAMED = 6
"""Rows of what is being said or printed right now."""


def item_rows(item: Item, width: int) -> list[Row]:
    """One item."""
    return _rows(item.event, item, width)


def title(item: Item) -> str:
    """An item in a line, for the viewer and the clipboard."""
    lines = item_rows(item, 200)
    return " ".join(text_of(lines[0]).split()) if lines else item.event.kind


def streaming_rows(who: str, text: str, width: int) -> list[Row]:
    """What an agent is saying, or a command is printing, at this moment: its end."""
    lines = [line for line in plain(text[-4_000:]).splitlines() if line.strip()][-STREAMED:]
    made = [made for line in lines for made in wrap(line, width, tone="quiet", indent=INDENT)][-STREAMED:]
    return [crop(row((f"{'':8} ", "plain"), ("… ", "accent"), (one_line(who), "accent")), width), *made]


def _head(item: Item) -> Row:
    stream = f"[{one_line(item.stream)}] " if item.stream else ""
    return row((f"{item.at.astimezone():%H:%M:%S} ", "quiet"), (stream, "accent"))


@singledispatch
def _rows(event: ev.Event, item: Item, width: int) -> list[Row]:
    """Whatever has no form of its own: the line that every face prints for it."""
    line = line_of(Record(seq=item.seq, at=item.at, event=event))
    if line is None:
        return [crop((*_head(item), (event.kind.replace("_", " "), "quiet")), width)]
    text = line.text[9:].lstrip()  # lines elsewhere show by that what belongs to an iteration
    first, *more = wrap(text, width - len(INDENT), tone=line.tone, most=SAID)
    return [(*_head(item), *first), *(((INDENT, "plain"), *each) for each in more)]


@_rows.register
def _(event: ev.IterationStarted, item: Item, width: int) -> list[Row]:
    stream = f"[{one_line(item.stream)}] " if item.stream else ""
    mark = f" {stream}iteration {event.number:,} "
    line = row((f"{item.at.astimezone():%H:%M:%S} ", "quiet"), ("──", "accent"), (mark, "loud"))
    return [crop((*line, ("─" * max(0, width - len(mark) - 11), "accent")), width)]


@_rows.register
def _(event: ev.IterationFinished, item: Item, width: int) -> list[Row]:
    claim = " and says that everything is done" if event.claims_done else ""
    how = {"agent": "", "turns": ": out of turns", "silence": ": it fell silent", "time": ": out of time"}[
        event.ended_by
    ]
    first = crop(
        (*_head(item), *row(("── ", "accent"), (f"iteration {event.number:,} ends{claim}{how}", "loud"))), width
    )
    return [first, *wrap(event.summary, width, indent=INDENT, most=SAID)] if event.summary.strip() else [first]


@_rows.register
def _(event: ev.ModelAnswered, item: Item, width: int) -> list[Row]:
    price = format_usd(event.cost) if event.cost is not None else "price unknown"
    figures = f" {event.usage.output_tokens:,} tokens {in_seconds(event.seconds)} {price}"
    first, *more = wrap(said(event), width - len(INDENT), most=SAID)
    lines: list[Row] = [(*_head(item), *first), *(((INDENT, "plain"), *each) for each in more)]
    right = row((figures, "quiet"))
    if width_of(lines[-1]) + width_of(right) < width:
        lines[-1] = spread(lines[-1], right, width)
    return lines


@_rows.register
def _(event: ev.ActionStarted, item: Item, width: int) -> list[Row]:
    ended = item.ended
    left = (*_head(item), *row(_sign(ended), _who(event.agent), (f"{one_line(event.tool)} ", "accent"), given(event)))
    lines = [spread(left, row(_outcome(ended)), width)]
    if ended is None:
        return lines
    if ended.diff is not None:
        changes = diff.rows(diff.without_names(ended.diff.text), width - len(INDENT), most=CHANGED)
        return [*lines, *(_indented(each) for each in changes)]
    return [*lines, *_output(event, ended, width)]


@_rows.register
def _(event: ev.ActionRefused, item: Item, width: int) -> list[Row]:
    tool = f"{one_line(event.tool)} "
    left = (*_head(item), *row(("✘ ", "bad"), _who(event.agent), (tool, "accent"), given(event)))
    first = spread(left, row((" refused by a rule", "bad")), width)
    return [first, *wrap(refusal_text(event), width, tone="warn", indent=INDENT, most=SAID)]


@_rows.register
def _(event: ev.ActionFinished, item: Item, width: int) -> list[Row]:
    text = one_line(event.output.text)
    return [crop((*_head(item), *row(_sign(event), (text, "plain" if event.ok else "warn"))), width)]


@_rows.register
def _(event: ev.DelegateStarted, item: Item, width: int) -> list[Row]:
    said_so = row(
        ("▷ ", "accent"),
        (f"{one_line(event.agent)} ", "accent"),
        f"{one_line(event.role)}: ",
        one_line(event.brief.text),
    )
    return [crop((*_head(item), *said_so), width)]


@_rows.register
def _(event: ev.DelegateFinished, item: Item, width: int) -> list[Row]:
    first = crop(
        (
            *_head(item),
            *row(("◁ ", "accent"), (f"{one_line(event.agent)} {'reports' if event.ok else 'broke off'}", "accent")),
        ),
        width,
    )
    return [first, *wrap(event.report.text, width, indent=INDENT, most=4)]


@_rows.register
def _(event: ev.ApprovalRequested, item: Item, width: int) -> list[Row]:
    grave = f"{event.risk.upper()} " if event.risk in GRAVE else ""
    asked = row(("? ", "warn"), (f"asks {event.approval} ", "warn"), (grave, "bad"), one_line(event.title))
    return [crop((*_head(item), *asked), width)]


@_rows.register
def _(event: ev.ApprovalDecided, item: Item, width: int) -> list[Row]:
    sign: tuple[str, Tone] = ("✔ ", "good") if event.decision == "approved" else ("✘ ", "bad")
    why = f": {one_line(event.reason)}" if event.reason else ""
    return [crop((*_head(item), *row(sign, f"{event.approval} {event.decision} by {one_line(event.by)}{why}")), width)]


def given(event: ev.ActionStarted | ev.ActionRefused) -> str:
    """What an action is about, in a line."""
    about = event.input.get("command") or event.input.get("path") or event.input.get("pattern")
    if about is None and isinstance(tasks := event.input.get("tasks"), list):
        return f"{len(tasks)} tasks"
    return one_line(str(about or event.input.get("summary") or ""))


def _who(agent: str) -> tuple[str, Tone]:
    return (f"{one_line(agent)} ", "quiet") if "/" in agent else ("", "plain")


def _sign(ended: ev.ActionFinished | None) -> tuple[str, Tone]:
    if ended is None:
        return "▶ ", "accent"
    if ended.interrupted:
        return "! ", "warn"
    return ("✔ ", "good") if ended.ok else ("✘ ", "bad")


def _outcome(ended: ev.ActionFinished | None) -> tuple[str, Tone]:
    if ended is None:
        return " running", "accent"
    if ended.interrupted:
        return " interrupted", "warn"
    took = in_seconds(ended.seconds)
    if ended.exit_code is not None:
        return f" exit {ended.exit_code} in {took}", "quiet" if ended.ok else "bad"
    return (f" {took}", "quiet") if ended.ok else (" refused", "bad")


def _output(event: ev.ActionStarted, ended: ev.ActionFinished, width: int) -> list[Row]:
    """The end of what a command printed; what was read or found is only counted."""
    text = ended.output.text
    if event.tool != "shell" and ended.ok:
        return []
    lines = [line for line in even(plain(text)).splitlines() if line.strip()]
    most = PRINTED if ended.ok else PRINTED_BADLY
    made: list[Row] = []
    if len(lines) > most:
        said = f"{INDENT}… {counted(len(lines) - most, 'line')} before"
        made.append(crop(row((said, "quiet")), width))
    tone: Tone = "quiet" if ended.ok else "plain"
    return [*made, *(row((f"{INDENT}{cut(line.expandtabs(4), width - len(INDENT))}", tone)) for line in lines[-most:])]


def _indented(line: Row) -> Row:
    return ((INDENT, "plain"), *line)
