"""Whatever a run has come to, every command that shows it has something to say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event, Record
from loki_tui.core.fold import apply
from loki_tui.core.state import RunState
from loki_tui.headless.council import convergence_lines, convergence_row, sitting_lines, status_lines
from loki_tui.headless.council_report import report
from loki_tui.headless.linear_proof import checks_in_words, council_in_words, requirements_in_words
from loki_tui.headless.linear_states import costs_in_words, past_in_words, rules_in_words, view_in_words
from loki_tui.headless.requirements import requirement_lines
from loki_tui.headless.summary import closing_lines, parting_lines, summary_lines
from loki_tui.runtime.client import RunView
from loki_tui.runtime.convergence import converge
from loki_tui.runtime.sittings import sittings
from loki_tui.wording.council_rows import rules_of, sitting_row, status_row
from loki_tui.wording.requirement_row import requirement_row
from tests.support import scenes
from tests.support.life import iteration, life
from tests.support.working import plan
from tests.support.worst import worst

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal would obey."""


def standing_still() -> list[Event]:
    """Iterations that cost something, change nothing and prove nothing."""
    events: list[Event] = [*scenes.empty(), plan()]
    for number in range(1, 4):
        finished = iteration(number, "the same")
        events += [
            event.model_copy(update={"spent": Decimal(1)}) if isinstance(event, ev.IterationFinished) else event
            for event in finished
        ]
    return [*events, ev.RunClosed(outcome="stagnated", reason="nothing changed")]


SCENES: dict[str, Callable[[], Iterable[Event]]] = {
    "life": life,
    "full": scenes.full,
    "worst": worst,
    "ended": scenes.ended,
    "paused": scenes.paused,
    "standing still": standing_still,
}


@pytest.mark.parametrize("scene", SCENES)
def test_every_face_has_words_for_every_moment(scene: str) -> None:
    records = scenes.records(SCENES[scene]())
    # Beside each other the events of a long run tell the same: its beginning, its end, and steps between.
    most = 20 if scene == "worst" else 200
    moments = {*range(most), *range(0, len(records), max(1, len(records) // most)), len(records) - 1}
    state = RunState(run="r1")
    for number, record in enumerate(records):
        apply(state, record)
        if number in moments and state.created is not None:
            for text in shown(state, records[: number + 1]):
                assert not CONTROL.search(text), text


def shown(state: RunState, past: list[Record]) -> list[str]:
    """All that there is to be read about a run."""
    rules, found, sat = rules_of(state.created), converge(past), list(sittings(past))
    view = RunView(state, None)
    lines = [
        *summary_lines(view),
        *parting_lines(view),
        *closing_lines(state),
        *requirement_lines(state),
        *status_lines(state, rules),
        *convergence_lines(found, state, rules),
        *(line for sitting in sat for line in sitting_lines(sitting)),
    ]
    rows = [
        status_row(state, rules),
        convergence_row(found, state, rules),
        *map(sitting_row, sat),
        *(requirement_row(state, judged) for judged in state.requirements.values()),
    ]
    assert all(rows)
    return [
        *(line.text for line in lines),
        *report(state, rules, sat, found),
        *view_in_words(view, state.at),
        *past_in_words(state),
        *rules_in_words(state, state.at),
        *costs_in_words(state),
        *requirements_in_words(state),
        *checks_in_words(state, state.at),
        *council_in_words(state),
    ]
