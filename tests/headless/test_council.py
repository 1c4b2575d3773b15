"""When the council sits next is said as the engine decides it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core import events as ev
from loki_tui.core.events import Event, Record
from loki_tui.core.fold import fold
from loki_tui.core.settings import Settings
from loki_tui.core.state import BEFORE, RunState
from loki_tui.core.vocabulary import Excerpt
from loki_tui.engine.deciding import sitting_due
from loki_tui.wording.council_rows import Rules, next_sitting


@given(interval=st.integers(1, 6), least=st.integers(1, 8), sat=st.integers(0, 6), begun=st.integers(0, 9))
def test_the_next_sitting_is_the_first_that_the_engine_would_hold(
    interval: int, least: int, sat: int, begun: int
) -> None:
    settings = Settings.model_validate({"council_check_interval": interval, "council_min_iterations": least})
    rules = Rules(enabled=True, size=3, threshold=2, interval=interval, least=least, calibration=0, limit=5)
    events: list[Event] = []
    for number in range(1, begun + 1):
        events += _iteration(number)
        if number == sat:
            events += [
                ev.CouncilConvened(sitting=1, reason="", members=(), iteration=number, tree=f"t{number}"),
                ev.CouncilDecided(sitting=1, approved=False, reason="", tree=f"t{number}"),
            ]
    told = next_sitting(_state(events), rules).iteration
    if begun:  # one that is over was decided on before anybody asks
        events.append(_iteration(begun + 1)[0])
        told = next_sitting(_state(events), rules).iteration
        events += _iteration(begun + 1)[1:]
    number = begun + 1 if begun else 0
    while (due := sitting_due(_state(events), settings)) is None or due.trigger != "interval":
        number += 1
        events += _iteration(number)
    assert told == number


def _iteration(number: int) -> list[Event]:
    tree = f"t{number}"
    return [
        ev.IterationStarted(number=number, brief=Excerpt(text="")),
        ev.CheckpointTaken(checkpoint=f"c{number}", tree=tree, label="", iteration=number, files=1, changed=1),
        ev.IterationFinished(number=number, ended_by="agent", summary="", claims_done=False, handover="", tree=tree),
    ]


def _state(events: list[Event]) -> RunState:
    return fold(Record(seq=seq, at=BEFORE, event=event) for seq, event in enumerate(events, 1))
