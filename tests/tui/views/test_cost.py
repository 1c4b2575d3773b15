"""Panes cost what is looked at and what changed, not what there is."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core import events as ev
from loki_tui.runtime.history import IterationMarks
from loki_tui.tui.feed import Feed
from loki_tui.tui.painter import FILTERS, VIEWS, FeedPainter
from loki_tui.tui.rows import text_of
from loki_tui.tui.views import timeline
from tests.support import scenes
from tests.support.life import asked
from tests.tui.views.pictures import feed_of, picture, picture_of, pictured, records_of


def gauge(events: Sequence[ev.Event]) -> list[str]:
    """What the budget says of a run made of events."""
    return [text_of(line) for line in VIEWS["budget"].rows(pictured(*events), 44)[0]]


@pytest.mark.parametrize("name", FILTERS)
def test_the_present_is_kept_while_the_past_is_looked_at(name: str) -> None:
    painter, feed = FeedPainter(filter=name), feed_of("full")
    first = list(painter.rows(feed, picture_of("full"), 100)[0])
    records = list(records_of("full"))
    for seq in (200, 201, 40, 1, 2, 200):
        then = Feed()
        then.take(records[:seq])
        past, starts = painter.rows(then, picture(records[:seq], live=False), 100)
        fresh, fresh_starts = FeedPainter(filter=name).rows(then, picture(records[:seq], live=False), 100)
        assert (list(past), starts) == (list(fresh), fresh_starts)
    again, _ = painter.rows(feed, picture_of("full"), 100)
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_what_two_moments_share_is_made_once() -> None:
    painter, records = FeedPainter(), list(records_of("full"))
    begun = next(record.seq for record in records if isinstance(record.event, ev.ActionStarted))
    shown = []
    for seq in (begun, begun + 1):
        then = Feed()
        then.take(records[:seq])
        shown.append(list(painter.rows(then, picture(records[:seq], live=False), 100)[0]))
    before, after = shown
    shared = sum(one is other for one, other in zip(before, after, strict=False))
    # The action itself looks another way by now: it has ended.
    assert 0 < shared < len(before)
    assert isinstance(records[begun].event, ev.ActionFinished)


def test_of_ten_thousand_iterations_only_those_looked_at_are_made() -> None:
    shown = picture(list(records_of("full")))
    some = shown.iterations[0]
    shown.iterations = IterationMarks(replace(some, number=number, seq=number) for number in range(1, 10_001))
    tracemalloc.start()
    rows, items = VIEWS["iterations"].rows(shown, 80)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(rows), items) == (10_000, range(10_000))
    assert "10000 " in text_of(rows[9_999])
    assert list(rows[20:22]) == [rows[20], rows[21]]
    # A row takes some 700 bytes: all of them would be seven megabytes.
    assert most < 2_000_000


@given(st.lists(st.integers(1, 5_000), unique=True), st.integers(1, 120))
def test_every_iteration_stands_on_the_timeline(seqs: list[int], length: int) -> None:
    seqs.sort()
    last = max(seqs, default=1)
    assert list(timeline._marked(seqs, last, length)) == sorted({timeline._cell(seq, last, length) for seq in seqs})


def test_requests_that_come_and_go_move_nothing_in_the_gauge() -> None:
    before = scenes.budgets()["untouched"]
    after = [*before, asked("m1")]
    assert len(gauge(after)) == len(gauge(before))
    assert any("for 1 request" in line for line in gauge(after))
    assert any("nothing right now" in line for line in gauge(before))
