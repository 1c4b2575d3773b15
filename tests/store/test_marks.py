"""Marks come out as they were put in, and ten thousand of them are small."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.store.marks import IterationMark, IterationMarks

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ALLOWED = 5_000_000
"""Bytes that the marks of ten thousand iterations may take."""


def opened(number: int) -> IterationMark:
    return IterationMark(number=number, seq=number * 10, started_at=BEGIN + timedelta(minutes=number))


def finished(number: int, **fields: object) -> IterationMark:
    mark = opened(number)
    ended = {"finished_seq": mark.seq + 5, "finished_at": mark.started_at + timedelta(seconds=number, microseconds=7)}
    return replace(mark, ended_by="agent", **(ended | fields))  # type: ignore[arg-type]


marks = st.builds(
    finished,
    st.integers(1, 10**6),
    # Half a character, line breaks and none at all included.
    summary=st.text(max_size=200),
    claims_done=st.booleans(),
    turns=st.integers(0, 10**9),
    actions=st.integers(0, 10**9),
    changed=st.integers(0, 10**9),
    spent=st.decimals(min_value=0, max_value=10**6, allow_nan=False, allow_infinity=False),
) | st.builds(opened, st.integers(1, 10**6))


@given(st.lists(marks, max_size=8), st.integers(-9, 9), st.integers(-9, 9), st.sampled_from([None, 1, 2, -1]))
def test_they_are_the_sequence_they_were_made_of(
    given_: list[IterationMark], start: int, stop: int, step: int | None
) -> None:
    held = IterationMarks(given_)
    assert list(held) == given_
    assert list(held[start:stop:step]) == given_[start:stop:step]
    assert list(held.beginnings) == [mark.seq for mark in given_]
    assert [repr(mark.spent) for mark in held] == [repr(mark.spent) for mark in given_]
    for place in range(-len(given_), len(given_)):
        assert held[place] == given_[place]
    with pytest.raises(IndexError):
        held[len(given_)]


def test_the_last_one_ends_and_the_next_begins() -> None:
    held = IterationMarks([finished(1), opened(2)])
    before = held[:]
    held.replace(len(held) - 1, finished(2, summary="Größer \udcff."))
    held.append(opened(3))
    assert list(held) == [finished(1), finished(2, summary="Größer \udcff."), opened(3)]
    assert list(before) == [finished(1), opened(2)]


@pytest.mark.parametrize(("seq", "count"), [(0, 0), (9, 0), (10, 1), (29, 2), (30, 3), (99, 3)])
def test_those_that_had_begun_by_an_event(seq: int, count: int) -> None:
    held = IterationMarks([finished(1), finished(2), opened(3)])
    assert [mark.number for mark in held.begun_by(seq)] == [1, 2, 3][:count]


def test_ten_thousand_are_small() -> None:
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    held = IterationMarks(
        finished(number, summary=f"{number} " + "x" * 190, turns=number, spent=Decimal(number) / 100, actions=number)
        for number in range(1, 10_001)
    )
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(held) == 10_000
    assert after - before < ALLOWED
