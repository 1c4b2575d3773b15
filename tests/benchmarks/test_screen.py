"""The application's benchmark: it opens the real thing, and its measures measure."""

from __future__ import annotations

import time

from benchmarks import screen
from benchmarks.cockpit import Theatre, theatre
from benchmarks.load import load_on
from tests.support import scenes


def opened(stage: Theatre) -> None:
    stage.stage("r1", scenes.paused())
    with stage.loki("attach", "r1") as terminal:
        assert terminal.began < terminal.painted < time.monotonic()
        terminal.quiet(0.5)
        before = screen._edges(terminal.look())
        pressed = terminal.press("\t")
        assert terminal.changes(screen._edges, before, patience=10) > pressed
        terminal.press("[")
        terminal.shows("LOOKING BACK")
        assert screen._moment(terminal.look()) is not None
        terminal.press("<")
        terminal.shows("event 1 of")


def test_a_run_is_opened_looked_at_and_nothing_is_cleared() -> None:
    with theatre() as stage:
        opened(stage)
        assert (stage.screens, stage.clearings) == (1, 0)


def test_a_run_under_load_is_seen_to_go_on() -> None:
    with theatre() as stage:
        stage.stage("r1", scenes.stream(300))
        with load_on(stage.located.state, "r1", rate=100) as load, stage.loki("attach", "r1") as terminal:
            terminal.shows("RUNNING")
            answered = screen._press_keys(terminal, 5)
        assert 50 < load.rate < 150
        assert all(0 < seconds < 2 for seconds in answered)


def test_the_95th_percentile_is_in_milliseconds() -> None:
    assert screen._p95([0.001] * 95 + [1.0] * 5) > 900
    assert screen._p95([0.002]) == 2
