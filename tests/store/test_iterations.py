"""Iterations as marks: all of them, or those that a list lacks."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Excerpt
from loki_tui.store.database import open_for_reading
from loki_tui.store.iterations import read_iterations
from loki_tui.store.marks import SUMMARY_CHARS, IterationMark
from loki_tui.store.paths import StateDirectory
from tests.store.samples import RUN, created, notes, open_journal
from tests.support.life import iteration


def marks(state: StateDirectory, *, after: int = 0) -> list[IterationMark]:
    with closing(open_for_reading(state)) as connection:
        return list(read_iterations(connection, RUN, after=after))


def write(state: StateDirectory, *events: Event) -> None:
    with open_journal(state) as journal:
        journal.append(*events)


def finished(number: int, **fields: object) -> ev.IterationFinished:
    return ev.IterationFinished.model_validate({"number": number, "ended_by": "agent"} | fields)


def test_a_mark_has_what_a_line_of_a_list_needs(state: StateDirectory) -> None:
    brief = Excerpt(text="begin " * 600)
    end = finished(
        1, summary=f"  Did it.\n{'more ' * 99}", claims_done=True, turns=7, actions=9, spent="1.25", changed=3
    )
    write(state, created(), ev.IterationStarted(number=1, brief=brief), *notes(3), end)
    (mark,) = marks(state)
    assert (mark.number, mark.seq, mark.finished_seq) == (1, 2, 6)
    assert mark.finished_at is not None
    assert mark.finished_at >= mark.started_at
    assert (mark.ended_by, mark.claims_done, mark.summary) == ("agent", True, "Did it.")
    assert (mark.turns, mark.actions, mark.spent, mark.changed) == (7, 9, Decimal("1.25"), 3)


def test_an_open_iteration_has_no_end(state: StateDirectory) -> None:
    write(state, created(), *iteration(1, "t1"), iteration(2, "t2")[0])
    done, opened = marks(state)
    assert done.finished_seq == 4
    assert (opened.number, opened.seq, opened.finished_seq, opened.finished_at) == (2, 5, None, None)


def test_a_long_summary_is_cut(state: StateDirectory) -> None:
    write(state, created(), iteration(1, "t")[0], finished(1, summary="x" * 4_000))
    assert len(marks(state)[0].summary) == SUMMARY_CHARS


def test_a_run_without_iterations_has_no_marks(state: StateDirectory) -> None:
    write(state, created())
    assert marks(state) == []


def test_an_iteration_that_nobody_ended_is_open_for_good(state: StateDirectory) -> None:
    write(state, created(), iteration(1, "t")[0], *iteration(2, "t"))
    assert [(mark.number, mark.finished_seq) for mark in marks(state)] == [(1, None), (2, 5)]


def test_topping_up_gives_what_began_or_ended_since(state: StateDirectory) -> None:
    events = [created(), *(event for number in range(1, 6) for event in iteration(number, "t")), iteration(6, "t")[0]]
    write(state, *events)
    whole = marks(state)
    assert [mark.number for mark in whole] == [1, 2, 3, 4, 5, 6]
    for after in range(len(events) + 2):
        expected = [mark for mark in whole if mark.seq > after or (mark.finished_seq or 0) > after]
        assert marks(state, after=after) == expected, after
