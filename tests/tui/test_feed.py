"""The feed: what belongs together is one item, and it never grows beyond its bound."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core import events as ev
from loki_tui.core.events import Event, Record
from loki_tui.core.messages import TextPart
from loki_tui.core.vocabulary import Excerpt, Risk
from loki_tui.tui.feed import SILENT, Feed, Item, said, says_something
from loki_tui.tui.rows import text_of
from loki_tui.tui.views.activity import item_rows
from tests.support import scenes
from tests.support.life import CALL, acted, answered, approval, created, started

RECORDS = scenes.records(scenes.full())
STREAM = scenes.records(scenes.stream(400))


def fed(records: list[Record], *, most: int = 1_000) -> Feed:
    """A feed of these records."""
    feed = Feed(most=most)
    feed.take(records)
    return feed


def as_told(items: list[Item]) -> list[tuple[int, str, bool]]:
    """What items say, whatever joined them."""
    return [(item.seq, item.event.kind, item.ended is not None) for item in items]


def test_an_action_is_one_item_from_its_start_to_its_end() -> None:
    begun, ended = acted("a1")
    (one,) = [item for item in fed(scenes.records([created(), started(), begun])).items if item.event == begun]
    assert (one.ended, one.version) == (None, 0)
    (done,) = [item for item in fed(scenes.records([created(), started(), begun, ended])).items if item.event == begun]
    assert (done.ended, done.version) == (ended, 1)


@pytest.mark.parametrize(
    ("stream", "end"),
    [
        (None, ev.RunClosed(outcome="stopped", reason="by ada")),
        ("auth", ev.RunClosed(outcome="stopped", reason="by ada")),
        ("auth", ev.StreamFinished(name="auth", outcome="failed", reason="deleted")),
    ],
)
def test_an_action_that_never_ended_is_over_with_what_it_belongs_to(stream: str | None, end: Event) -> None:
    begun, _ = acted("a1")
    records = scenes.records([created(), started(), begun, end])
    records[2] = replace(records[2], stream=stream)
    (item,) = [each for each in fed(records).items if each.event == begun]
    assert item.ended is not None
    assert item.ended.interrupted
    later = fed(records[3:])
    later.put_before(records[:3])
    assert as_told(later.items) == as_told(fed(records).items)


def test_a_refusal_is_one_item() -> None:
    refused = ev.ActionRefused(call="c1", agent="agent", tool="shell", input={}, risk=Risk.RUN, rule="x", why="y")
    answer = ev.ActionFinished(action="", call="c1", output=Excerpt(text="Refused."), ok=False, refused=True)
    items = fed(scenes.records([created(), refused, answer])).items
    assert [item.event for item in items] == [created(), refused]


def test_an_end_whose_beginning_is_not_held_is_an_item_of_its_own() -> None:
    _, ended = acted("a1")
    items = fed(scenes.records([created(), ended])).items
    assert [item.event for item in items] == [created(), ended]
    assert items[-1].ended == ended


def test_what_says_nothing_makes_no_item() -> None:
    quiet, spoken = answered("m1", CALL), answered("m2", TextPart(text=" Now. "), CALL)
    assert (says_something(quiet), says_something(spoken), said(spoken)) == (False, True, "Now.")
    items = fed(scenes.records([created(), quiet, spoken, approval("p1")])).items
    assert [item.event.kind for item in items] == ["run_created", "model_answered", "approval_requested"]
    assert not {item.event.kind for item in fed(RECORDS).items} & SILENT


def test_that_a_paused_run_goes_on_is_an_item_but_not_that_it_does_after_a_decision() -> None:
    resumed, after = ev.RunContinued(reason="resumed by ada"), ev.RunContinued()
    paused = ev.RunPaused(by="person", reason="lunch")
    items = fed(scenes.records([created(), paused, resumed, approval("p1"), after])).items
    assert [item.event for item in items if item.event.kind == "run_continued"] == [resumed]


def test_every_action_of_a_full_run_is_joined() -> None:
    items = [item for item in fed(RECORDS).items if isinstance(item.event, ev.ActionStarted)]
    assert items
    assert all(item.ended is not None and item.ended.action == item.event.action for item in items)  # type: ignore[union-attr]


@given(most=st.integers(1, 40), cuts=st.lists(st.integers(0, len(STREAM)), max_size=5))
def test_a_feed_is_bounded_and_the_same_in_whatever_pages_it_came(most: int, cuts: list[int]) -> None:
    feed = Feed(most=most)
    edges = [0, *sorted(cuts), len(STREAM)]
    for begin, end in pairwise(edges):
        feed.take(STREAM[begin:end])
        assert len(feed) <= most
    assert [item.seq for item in feed.items] == [item.seq for item in fed(STREAM).items][-most:]
    assert feed.first_seq == feed.items[0].seq


@given(at=st.integers(1, len(STREAM) - 1))
def test_what_is_put_before_is_as_if_it_had_been_there_from_the_first(at: int) -> None:
    feed = fed(STREAM[at:])
    feed.put_before(STREAM[:at])
    assert as_told(feed.items) == as_told(fed(STREAM).items)


def test_a_feed_that_was_scrolled_back_holds_what_that_brought() -> None:
    feed = fed(STREAM[200:], most=50)
    feed.put_before(STREAM[:200])
    held = len(feed)
    assert held > 50
    feed.take(scenes.records([*scenes.stream(400), ev.Warned(message="one more")])[-1:])
    assert len(feed) == held


def test_an_action_that_spans_the_edge_of_what_is_held_is_one_item() -> None:
    begun, ended = acted("a1")
    records = scenes.records([created(), started(), begun, ev.Warned(message="w"), ended, ev.Warned(message="x")])
    feed = fed(records[3:])
    feed.put_before(records[:3])
    assert as_told(feed.items) == as_told(fed(records).items)


def test_an_excerpt_that_is_long_costs_what_it_is() -> None:
    text = Excerpt(text="x" * 10_000, size=10**9, blob="0" * 64)
    feed = fed(scenes.records([ev.IterationStarted(number=1, brief=text)]))
    assert len(feed) == 1


def test_an_action_from_before_that_still_runs_is_ended_where_it_stands() -> None:
    begun, ended = acted("a1")
    records = scenes.records([created(), started(), begun, ev.Warned(message="w"), ended])
    feed = fed(records[3:4])
    feed.put_before(records[:3])
    feed.take(records[4:])
    assert as_told(feed.items) == as_told(fed(records).items)


@pytest.mark.parametrize("held", [6, 1])
def test_nothing_runs_any_more_in_a_run_that_has_ended(held: int) -> None:
    begun, _ = acted("a1")
    records = scenes.records(
        [created(), started(), begun, ev.Warned(message="w"), ev.RunClosed(outcome="stopped", reason="by ada")]
    )
    feed = fed(records[-held:])
    feed.put_before(records[:-held])
    (item,) = [item for item in feed.items if item.event == begun]
    assert item.ended is not None
    assert item.ended.interrupted
    assert "running" not in text_of(item_rows(item, 80)[0])
    assert "interrupted" in text_of(item_rows(item, 80)[0])
