"""How much a person is asked is counted over an hour, and approving without looking is told from deciding."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event, Record
from loki_tui.core.fatigue import MANY, Fatigue, fatigue_of
from loki_tui.core.fold import fold
from loki_tui.core.state import RECENT_ANSWERS, RunState
from loki_tui.wording.approving import waved_through_in_words
from tests.support.life import BEGIN, approval, created


def answers(count: int, *, apart: float, took: float, decision: str = "approved", by: str = "ada") -> list[Record]:
    """Questions, each answered some seconds after it was asked."""
    made: list[Record] = [Record(1, BEGIN, created())]

    def put(seconds: float, event: Event) -> None:
        made.append(Record(len(made) + 1, BEGIN + timedelta(seconds=seconds), event))

    for number in range(count):
        put(number * apart, approval(f"p{number}", call=f"call_{number}"))
        put(
            number * apart + took,
            ev.ApprovalDecided.model_validate({"approval": f"p{number}", "decision": decision, "by": by}),
        )
    return made


def of(records: list[Record], *, later: float = 0) -> tuple[RunState, Fatigue]:
    state = fold(records, run="r1")
    return state, fatigue_of(state, state.at + timedelta(seconds=later))


def test_nobody_was_asked() -> None:
    _, fatigue = of(answers(0, apart=1, took=1))
    assert (fatigue.asked, fatigue.share, fatigue.waved_through) == (0, None, False)


def test_asked_and_approved_are_counted_over_the_hour() -> None:
    _, fatigue = of([*answers(10, apart=600, took=20)])
    assert (fatigue.asked, fatigue.answered, fatigue.approved, fatigue.glanced) == (6, 6, 6, 0)
    _, later = of(answers(10, apart=600, took=20), later=3600)
    assert later.asked == 0


def test_what_waits_was_asked_too() -> None:
    records = answers(2, apart=60, took=20)
    records.append(Record(len(records) + 1, records[-1].at, approval("p9", call="call_9")))
    _, fatigue = of(records)
    assert (fatigue.asked, fatigue.answered) == (3, 2)


@pytest.mark.parametrize(
    ("count", "took", "decision", "waved"),
    [
        (MANY, 1.0, "approved", True),
        (MANY - 1, 1.0, "approved", False),
        (MANY, 5.0, "approved", False),
        (MANY, 1.0, "denied", False),
    ],
)
def test_approving_at_a_glance_becomes_a_habit(count: int, took: float, decision: str, *, waved: bool) -> None:
    _, fatigue = of(answers(count, apart=30, took=took, decision=decision))
    assert fatigue.waved_through is waved
    assert bool(waved_through_in_words(fatigue)) is waved


def test_approving_a_heap_at_once_is_a_glance_at_each() -> None:
    """They were asked long ago, but nobody can have read them all in the moment of the decision."""
    asked = [Record(seq, BEGIN, approval(f"p{seq}", call=f"call_{seq}")) for seq in range(1, MANY + 2)]
    at = BEGIN + timedelta(minutes=10)
    decided = [
        Record(
            MANY + 1 + seq,
            at + timedelta(milliseconds=seq),
            ev.ApprovalDecided(approval=f"p{seq}", decision="approved", by="ada"),
        )
        for seq in range(1, MANY + 2)
    ]
    _, fatigue = of([*asked, *decided])
    assert fatigue.glanced == MANY
    assert fatigue.waved_through


def test_what_a_rule_or_a_time_limit_decided_is_no_answer() -> None:
    expired = answers(3, apart=30, took=1, decision="expired", by="time limit")
    assert of(expired)[1].answered == 0
    request = Record(1, BEGIN, approval("p1"))
    decided = ev.ApprovalDecided(approval="p1", decision="approved", by="rule make *", rule="make *")
    assert of([request, Record(2, BEGIN, decided)])[1].answered == 0


def test_it_is_bounded() -> None:
    state, fatigue = of(answers(RECENT_ANSWERS * 3, apart=5, took=1))
    assert len(state.answers) == RECENT_ANSWERS
    assert fatigue.more
