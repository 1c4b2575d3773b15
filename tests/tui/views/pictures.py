"""What views are made from, folded from scenes; the same picture for every test of a process."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from loki_tui.core import events as ev
from loki_tui.core.events import Event, Record
from loki_tui.core.fold import fold
from loki_tui.runtime.client import RunView
from loki_tui.runtime.history import IterationMark, IterationMarks
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
    made: list[IterationMark] = []
    for record in records:
        match record.event:
            case ev.IterationStarted(number=number):
                made.append(IterationMark(number=number, seq=record.seq, started_at=record.at))
            case ev.IterationFinished() as event if made:
                made[-1] = replace(
                    made[-1],
                    finished_seq=record.seq,
                    finished_at=record.at,
                    ended_by=event.ended_by,
                    claims_done=event.claims_done,
                    summary=event.summary.strip().partition("\n")[0][:200],
                    turns=event.turns,
                    actions=event.actions,
                    spent=event.spent,
                )
            case _:
                pass
    return IterationMarks(made)
