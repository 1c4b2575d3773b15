"""The activity feed: records joined into items a person thinks in, such as an action from start to end.

Bounded: a run of any length costs what its latest items cost. Which lines an item takes on the
screen is `loki_tui.tui.views.activity`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from loki_tui.core import events as ev
from loki_tui.core.events import Event, Record
from loki_tui.core.messages import TextPart
from loki_tui.core.vocabulary import Excerpt

KEPT = 600
"""Items a feed holds: some twenty screens, and a few megabytes."""

SILENT = frozenset(
    {
        "model_requested", "steering_delivered", "resources_sampled", "phase_started", "stage_entered", "run_continued",
        "run_waiting", "stream_planned",
    }
)  # fmt: skip
"""Kinds that say nothing of their own: the header, a pane, or the item they lead to shows them."""


@dataclass(slots=True)
class Item:
    """One thing in the feed."""

    seq: int
    """Of the event it began with; names the item."""
    at: datetime
    event: Event
    stream: str | None = None
    ended: ev.ActionFinished | None = None
    """What came of it, where it is an action."""
    version: int = 0
    """Counts its changes: what was drawn of an older one is out of date."""


class Feed:
    """The latest items of a run, oldest first.

    Args:
        most: How many are kept.
    """

    def __init__(self, *, most: int = KEPT) -> None:
        self._most = most
        self._items: OrderedDict[int, Item] = OrderedDict()
        self._open: dict[str, Item] = {}
        self._over: dict[str | None, int] = {}
        """Streams, and the run itself, to the event after which nothing of before is under way any more."""
        self._closed = 0
        """The same for all of them."""

    @property
    def items(self) -> list[Item]:
        """All of them."""
        return list(self._items.values())

    @property
    def first_seq(self) -> int | None:
        """The event the oldest item began with."""
        return next(iter(self._items), None)

    def __len__(self) -> int:
        return len(self._items)

    def take(self, records: Iterable[Record]) -> None:
        """Take further records in."""
        for record in records:
            self._take(record)
        while len(self._items) > self._most:
            self._items.popitem(last=False)

    def put_before(self, records: Iterable[Record]) -> None:
        """Take in records from before the first one, and hold that many more items."""
        earlier = Feed(most=self._most)
        earlier.take(records)
        for item in reversed(earlier.items):
            if item.seq not in self._items:
                self._items[item.seq] = item
                self._items.move_to_end(item.seq, last=False)
        self._join(earlier._open)
        self._most = max(self._most, len(self._items))

    def _join(self, begun: Mapping[str, Item]) -> None:
        """Give actions that began before what is held the ends that stood alone, or are yet to come."""
        alone = {item.event.action: item for item in self._items.values() if isinstance(item.event, ev.ActionFinished)}
        for name, item in begun.items():
            end = alone.get(name)
            if end is None:
                self._open.setdefault(name, item)
                self._break_off(name, item)
            else:
                item.ended = end.ended
                item.version += 1
                del self._items[end.seq]

    def _take(self, record: Record) -> None:
        event = record.event
        match event:
            case ev.ActionFinished(refused=True):
                pass  # the refusal is an item of its own
            case ev.ActionFinished():
                self._end(event, record)
            case ev.ModelAnswered() if not says_something(event):
                pass
            case ev.RunContinued(reason=reason) if reason:
                self._add(record)  # after a pause; what follows a decision has no reason of its own
            case _ if event.kind in SILENT:
                pass
            case _:
                self._add(record)

    def _add(self, record: Record) -> Item:
        item = Item(record.seq, record.at, record.event, record.stream)
        self._items[record.seq] = item
        if isinstance(record.event, ev.ActionStarted):
            self._open[record.event.action] = item
        elif isinstance(record.event, ev.IterationStarted | ev.EngineStarted):
            # Actions of before that never ended are reported as interrupted, or are nobody's any more.
            self._open = {name: item for name, item in self._open.items() if item.seq in self._items}
        elif isinstance(record.event, ev.IterationFinished | ev.StreamFinished | ev.RunClosed):
            self._end_all(record)
        return item

    def _end_all(self, record: Record) -> None:
        """What never ended by itself ends with its iteration, its stream, or the run."""
        match record.event:
            case ev.RunClosed():
                self._closed = record.seq
            case ev.StreamFinished(name=name):
                self._over[name] = record.seq
            case _:
                self._over[record.stream] = record.seq
        for name, item in list(self._open.items()):
            self._break_off(name, item)

    def _break_off(self, name: str, item: Item) -> None:
        """End an action whose time is over, without a word of what came of it."""
        over = max(self._closed, self._over.get(item.stream, 0))
        if item.seq < over and isinstance(begun := item.event, ev.ActionStarted):
            del self._open[name]
            nothing = Excerpt(text="", size=0)
            item.ended = ev.ActionFinished(action=name, call=begun.call, output=nothing, ok=False, interrupted=True)
            item.version += 1

    def _end(self, event: ev.ActionFinished, record: Record) -> None:
        item = self._open.pop(event.action, None)
        if item is None:
            # Its beginning is not held, or there was none: a call that was refused.
            item = self._add(record)
        item.ended = event
        item.version += 1


def says_something(event: ev.ModelAnswered) -> bool:
    """Whether an answer holds words for a person, not only tool calls."""
    return any(isinstance(part, TextPart) and part.text.strip() for part in event.parts)


def said(event: ev.ModelAnswered) -> str:
    """The words of an answer."""
    return "\n".join(part.text.strip() for part in event.parts if isinstance(part, TextPart) and part.text.strip())
