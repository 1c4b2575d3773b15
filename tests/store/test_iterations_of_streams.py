"""Iterations of streams that went on beside each other: each stream counts its own, and none ends another's."""

from __future__ import annotations

from contextlib import closing

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Excerpt
from loki_tui.store.database import open_for_reading
from loki_tui.store.iterations import read_iterations
from loki_tui.store.marks import IterationMark, IterationMarks
from loki_tui.store.paths import StateDirectory
from tests.store.samples import RUN, created, open_journal


def _begun(number: int) -> ev.IterationStarted:
    return ev.IterationStarted(number=number, brief=Excerpt(text=""))


def _ended(number: int, summary: str) -> ev.IterationFinished:
    return ev.IterationFinished(number=number, ended_by="agent", summary=summary, handover="")


def _write(state: StateDirectory) -> None:
    with open_journal(state) as journal:
        journal.append(created())
        journal.append(_begun(1), stream="a")
        journal.append(_begun(1), stream="b")
        journal.append(_ended(1, "a one"), stream="a")
        journal.append(_begun(2), stream="a")
        journal.append(_ended(1, "b one"), stream="b")
        journal.append(_begun(1))
        journal.append(_ended(1, "the run's"))


def _read(state: StateDirectory, *, after: int = 0) -> list[IterationMark]:
    with closing(open_for_reading(state)) as connection:
        return list(read_iterations(connection, RUN, after=after))


def test_each_stream_counts_its_own(state: StateDirectory) -> None:
    _write(state)
    assert [(mark.stream, mark.number, mark.summary) for mark in _read(state)] == [
        ("a", 1, "a one"), ("b", 1, "b one"), ("a", 2, ""), (None, 1, "the run's"),
    ]  # fmt: skip
    assert [mark.number for mark in IterationMarks(_read(state)).of_stream("a")] == [1, 2]


def test_a_list_is_brought_up_to_date_from_anywhere(state: StateDirectory) -> None:
    _write(state)
    whole = _read(state)
    for after in range(10):
        later = [mark for mark in whole if mark.seq > after or (mark.finished_seq or 0) > after]
        assert _read(state, after=after) == later


def test_records_taken_in_one_by_one_come_to_the_same(state: StateDirectory) -> None:
    _write(state)
    taken = IterationMarks()
    with open_journal(state) as journal:
        for record in journal.records(after=0):
            taken.take(record)
    assert list(taken) == _read(state)
