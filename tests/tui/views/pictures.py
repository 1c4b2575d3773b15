"""What views are made from, folded from scenes; the same picture for every test of a process."""

from __future__ import annotations

from functools import cache

from loki_tui.core.events import Event, Record
from loki_tui.core.fold import fold
from loki_tui.runtime.client import RunView
from loki_tui.runtime.history import IterationMarks
from loki_tui.store.lock import Holder
from loki_tui.tui.feed import Feed
from loki_tui.tui.picture import Picture
from tests.support import scenes

SCENES = {
    "empty": scenes.empty,
    "full": scenes.full,
    "paused": scenes.paused,
    "ended": scenes.ended,
    "worst": scenes.worst,
}

ENGINE = Holder(run="r1", pid=4711, host="here")
"""Somebody at work."""


@cache
def records_of(scene: str) -> tuple[Record, ...]:
    """A scene's records."""
    return tuple(scenes.records(SCENES[scene]()))


@cache
def picture_of(scene: str) -> Picture:
    """A scene as the screen shows it."""
    return picture(list(records_of(scene)))


@cache
def feed_of(scene: str) -> Feed:
    """A scene's activity."""
    feed = Feed()
    feed.take(records_of(scene))
    return feed


def picture(records: list[Record], *, live: bool = True) -> Picture:
    """Records as the screen shows them."""
    state = fold(records, run="r1")
    return Picture(RunView(state, ENGINE), state.at, live, last_seq=state.seq, iterations=marks(records))


def pictured(*events: Event) -> Picture:
    """A run made of events."""
    return picture(scenes.records(events))


def marks(records: list[Record]) -> IterationMarks:
    """The iterations that records tell of."""
    made = IterationMarks()
    for record in records:
        made.take(record)
    return made
