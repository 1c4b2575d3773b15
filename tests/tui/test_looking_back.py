"""Looking back: every pane shows each moment as it was, however one gets there."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from loki_tui.core import events as ev
from loki_tui.tui.app import Left
from loki_tui.tui.stepping import STEPS
from loki_tui.tui.views import timeline
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_canvas import RowsCanvas
from loki_tui.tui.widgets.timeline import Timeline
from tests.support import scenes
from tests.tui.bridge import Bridge, shown
from tests.tui.conftest import Enter
from tests.tui.looking import assert_shows, looking_at
from tests.tui.until import asking, until

SIZES = [(80, 24), (120, 36), (200, 60)]
FULL = scenes.full()


# -- looking back -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_steps_back_and_forward_show_each_moment_as_it_was(enter: Enter, size: tuple[int, int]) -> None:
    b = enter(FULL)
    steps = [seq for seq, event in enumerate(FULL, start=1) if event.kind in STEPS]
    async with b.app.run_test(size=size) as pilot:
        await b.open(pilot)
        here = len(FULL)
        for _ in range(4):
            here = max(seq for seq in steps if seq < here)
            await pilot.press("[")
            await looking_at(b, pilot, here)
            assert_shows(b, here)
        assert "LOOKING BACK" in shown(b.cockpit.query_one("#header", RowsCanvas))
        here = min(seq for seq in steps if seq > here)
        await pilot.press("]")
        await looking_at(b, pilot, here)
        assert_shows(b, here)
        await pilot.press("l")
        await looking_at(b, pilot, None)
        assert "LOOKING BACK" not in shown(b.cockpit.query_one("#header", RowsCanvas))


async def test_a_search_that_finds_nothing_leaves_the_way_back_in_view(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        bar = b.cockpit.query_one(KeyBar)
        await pilot.press("[")
        await until(pilot, lambda: b.cockpit.past is not None, "the past")
        assert "Looking back:  l Now" in shown(bar)
        await pilot.press("/", *"zebra", "enter")
        await until(pilot, lambda: any("'zebra' is not there" in words for words in b.said), "the answer")
        assert "Looking back:  l Now" in shown(bar)
        await pilot.press("l")
        await looking_at(b, pilot, None)
        assert "Looking back" not in shown(bar)
        assert " q Quit" in shown(bar)


async def test_iterations_and_the_very_beginning_are_a_key_away(enter: Enter) -> None:
    b = enter(FULL)
    begun = [seq for seq, event in enumerate(FULL, start=1) if event.kind == "iteration_started"]
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        for seq in reversed(begun):
            await pilot.press("{")
            await looking_at(b, pilot, seq)
            assert_shows(b, seq)
        await pilot.press("}")
        await looking_at(b, pilot, begun[1])
        await pilot.press("<")
        await looking_at(b, pilot, 1)
        assert_shows(b, 1)
        await pilot.press("escape")
        await looking_at(b, pilot, None)


async def test_the_present_is_where_forward_ends(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        await pilot.press("[")
        await until(pilot, lambda: b.cockpit.past is not None, "the past")
        for _ in range(10):
            await pilot.press("]")
        await looking_at(b, pilot, None)


async def test_keys_pressed_faster_than_the_journal_answers_are_all_steps(enter: Enter) -> None:
    b = enter(FULL)
    steps = [seq for seq, event in enumerate(FULL, start=1) if event.kind in STEPS]
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        await pilot.press(*"[" * 10)
        await looking_at(b, pilot, steps[-11] if steps[-1] == len(FULL) else steps[-10])


async def test_a_click_and_a_drag_on_the_timeline_go_there(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        width = b.cockpit.query_one(Timeline).size.width
        await pilot.click(Timeline, offset=(40, 0))
        await looking_at(b, pilot, seq := timeline.seq_at(40, len(FULL), width))
        assert_shows(b, seq)
        await pilot.mouse_down(Timeline, offset=(40, 0))
        for cell in range(35, 9, -5):
            await pilot.hover(Timeline, offset=(cell, 0))
        await pilot.mouse_up(Timeline, offset=(10, 0))
        await looking_at(b, pilot, seq := timeline.seq_at(10, len(FULL), width))
        assert_shows(b, seq)
        await pilot.hover(Timeline, offset=(60, 0))
        assert b.cockpit.past is not None
        assert b.cockpit.past[0].state.seq == seq
        end = sum(timeline.track(width)) - 1
        await pilot.click(Timeline, offset=(end, 0))
        await looking_at(b, pilot, None)


async def test_a_run_that_goes_on_leaves_the_past_alone(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        await pilot.press("<")
        await looking_at(b, pilot, 1)
        before = b.text("activity")
        b.live.append(ev.Warned(message="the present goes on"))
        await until(pilot, lambda: b.session.state.seq == len(FULL) + 1 and not b.cockpit._changed, "the warning")
        assert b.text("activity") == before
        assert "event 1 of 269" in shown(b.cockpit.query_one("#header", RowsCanvas))
        await pilot.press("l")
        await until(pilot, lambda: "the present goes on" in b.text("activity"), "the present")


# -- search -------------------------------------------------------------------------------------


async def search(b: Bridge, pilot: Pilot[Left], text: str) -> None:
    """Type what to look for."""
    await pilot.press("/")
    await until(pilot, lambda: asking(b.app), "the question")
    await pilot.press(*text, "enter")


async def test_a_search_goes_to_the_latest_place_and_on_from_there(enter: Enter) -> None:
    b = enter(FULL)
    places = [seq for seq, event in enumerate(FULL, start=1) if "index of words" in event.model_dump_json()]
    assert len(places) > 2
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        await search(b, pilot, "index of words")
        await looking_at(b, pilot, places[-1])
        await pilot.press("N")
        await looking_at(b, pilot, places[-2])
        await pilot.press("N")
        await looking_at(b, pilot, places[-3])
        await pilot.press("n")
        await looking_at(b, pilot, places[-2])


async def test_a_search_in_vain_says_so_and_stays(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(120, 36), notifications=True) as pilot:
        await b.open(pilot)
        await search(b, pilot, "xyzzy")
        await until(pilot, lambda: "'xyzzy' is not there before this." in b.said, "the answer")
        assert b.cockpit.past is None
        await pilot.press("n")
        await until(pilot, lambda: "'xyzzy' is not there after this." in b.said, "the answer")


async def test_errors_are_a_key_away(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(120, 36), notifications=True) as pilot:
        await b.open(pilot)
        with b.session.client.history() as history:
            wanted, start = [], len(FULL) + 1
            while (found := history.next_problem(start=start, backwards=True)) is not None:
                wanted.append(found)
                start = found
        await pilot.press("e")
        await looking_at(b, pilot, wanted[0] if wanted[0] < len(FULL) else wanted[1])
        await pilot.press("E")
        await looking_at(b, pilot, wanted[1])
        await pilot.press("e")
        await looking_at(b, pilot, wanted[0])
