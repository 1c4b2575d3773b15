"""The cockpit on real journals: what it shows follows the run, and every key does what it says."""

from __future__ import annotations

import gc
from datetime import timedelta

import pytest

from loki_tui.core import events as ev
from loki_tui.core.messages import TextPart
from loki_tui.tui.actions import ORDINARY
from loki_tui.tui.painter import FILTERS
from loki_tui.tui.screens.viewer import ViewerScreen
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_canvas import RowsCanvas
from loki_tui.tui.widgets.rows_view import RowsView
from loki_tui.wording.amounts import in_words
from tests.support import scenes
from tests.support.life import answered, asked
from tests.tui.bridge import shown
from tests.tui.conftest import Enter
from tests.tui.looking import looking_at
from tests.tui.until import until

SIZES = [(80, 24), (120, 36), (200, 60)]
FULL = scenes.full()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", ["empty", "full", "paused", "ended"])
async def test_it_opens_at_every_size(enter: Enter, scene: str, size: tuple[int, int]) -> None:
    b = enter(getattr(scenes, scene)())
    async with b.app.run_test(size=size) as pilot:
        await b.open(pilot)
        await until(pilot, lambda: all(pane.rows for pane in b.cockpit.board.shown()), "every pane")
        for pane in b.cockpit.board.shown():
            assert pane.region.height >= 4
        assert b.session.state == b.state_at()
        activity = b.pane("activity")
        await until(pilot, lambda: activity.scroll_offset.y == activity.max_scroll_y, "the end of the activity")
        assert activity.follows


async def test_what_happens_is_seen_as_it_happens(enter: Enter) -> None:
    b = enter(scenes.empty())
    async with b.app.run_test(size=(200, 60)) as pilot:
        await b.open(pilot)
        assert "No plan yet" in b.text("requirements")
        b.live.append(*FULL[2:60])
        await until(pilot, lambda: "0 of 6 proven" in str(b.pane("requirements").border_title), "the plan")
        await until(pilot, lambda: b.session.state.seq == 60 and not b.cockpit._changed, "all of it")
        assert b.session.state == b.state_at()
        request = asked("m9")
        b.live.append(request, answered("m9", TextPart(text="Now I know.")))
        await until(pilot, lambda: "Now I know." in b.text("activity"), "what was said")
        b.live.append(ev.RunPaused(by="person", reason="lunch"))
        await until(pilot, lambda: "PAUSED  lunch" in shown(b.cockpit.query_one("#header", RowsCanvas)), "the pause")


async def test_a_burst_of_events_loses_none(enter: Enter) -> None:
    events = scenes.stream(3_000)
    b = enter(events[:2])
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        for first in range(2, 3_000, 250):
            b.live.append(*events[first : first + 250])
        await until(pilot, lambda: b.session.state.seq >= 2_990 and not b.cockpit._changed, "all of them")
        assert b.session.state == b.state_at()


async def test_an_engine_that_dies_is_noticed(enter: Enter) -> None:
    b = enter(FULL, alive=False)
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        assert "CRASHED" in shown(b.cockpit.query_one("#header", RowsCanvas))


# -- the activity -------------------------------------------------------------------------------


async def test_the_activity_is_narrowed_kind_by_kind(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        for name in [*list(FILTERS)[1:], "everything"]:
            await pilot.press("f")
            await until(pilot, lambda: not b.cockpit._changed, "the repaint")
            assert (name in str(b.pane("activity").border_title)) == (name != "everything")
            wanted = FILTERS[name]
            items = b.cockpit.feed_painter.items  # type: ignore[union-attr]
            assert items
            assert wanted is None or name == "trouble" or all(item.event.kind in wanted for item in items)


async def test_the_command_under_the_cursor_is_copied(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        items = b.cockpit.feed_painter.items  # type: ignore[union-attr]
        place = max(
            number
            for number, item in enumerate(items)
            if isinstance(item.event, ev.ActionStarted) and item.event.tool == "shell"
        )
        b.pane("activity").go_to(place)
        await pilot.press("y")
        await until(pilot, lambda: b.app.clipboard, "the copy")
        event = items[place].event
        assert isinstance(event, ev.ActionStarted)
        assert b.app.clipboard == event.input["command"]


async def test_an_item_is_seen_whole_and_left_again(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(160, 40), notifications=True) as pilot:
        await b.open(pilot)
        items = b.cockpit.feed_painter.items  # type: ignore[union-attr]
        place = max(number for number, item in enumerate(items) if item.ended is not None and item.ended.diff)
        b.pane("activity").go_to(place)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(b.app.screen, ViewerScreen), "the viewer")
        view = b.app.screen.query_one("#document", RowsView)
        await until(pilot, lambda: view.rows, "the document")
        assert "│" in shown(view)
        await pilot.press("t")
        assert "│" not in shown(view)
        await pilot.press("y")
        assert "+    return value_1" in b.app.clipboard
        await pilot.resize_terminal(80, 24)
        await pilot.press("t")
        assert "Side by side needs 100 columns." in b.said
        await pilot.press("escape")
        await until(pilot, lambda: b.app.screen is b.cockpit, "the cockpit")


async def test_scrolling_up_brings_what_was_before(enter: Enter) -> None:
    b = enter(scenes.stream(2_000))
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        pane = b.pane("activity")
        first = b.session.feed.first_seq
        assert first
        assert first > 1_600
        # The very first may be the end of an action whose beginning is yet to come.
        top = shown(pane).splitlines()[1]
        await pilot.press("g")
        await until(pilot, lambda: (b.session.feed.first_seq or 0) < first and not b.cockpit._changed, "earlier items")
        assert top in shown(pane)
        here = shown(pane).splitlines()[pane.scroll_offset.y + 1]
        assert here == top


async def test_the_end_is_followed_until_a_person_scrolls_away(enter: Enter) -> None:
    b = enter(scenes.stream(600))
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        pane = b.pane("activity")
        assert pane.follows
        await pilot.press("pageup")
        assert not pane.follows
        where = pane.scroll_offset.y
        b.live.append(*(ev.Warned(message=f"w{number}") for number in range(30)))
        await until(pilot, lambda: "w29" in b.text("activity"), "the warnings")
        assert pane.scroll_offset.y == where
        await pilot.press("end")
        assert pane.follows
        b.live.append(ev.Warned(message="the last"))
        await until(pilot, lambda: "the last" in b.text("activity"), "the last warning")
        await until(pilot, lambda: pane.scroll_offset.y == pane.max_scroll_y, "the end")


# -- panes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_number_key_goes_to_a_pane_wherever_there_is_room(enter: Enter, size: tuple[int, int]) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=size) as pilot:
        await b.open(pilot)
        for number, name in enumerate(ORDINARY, start=1):
            await pilot.press(str(number))
            pane = b.pane(name)
            await until(pilot, lambda pane=pane: pane.has_focus and pane.rows and pane.region.height >= 4, name)  # type: ignore[misc]
            assert str(pane.border_title).startswith(f"{number} ")


async def test_panes_are_gone_through_in_order_and_round(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(200, 60)) as pilot:
        await b.open(pilot)
        gone = []
        for _ in ORDINARY:
            await pilot.press("tab")
            gone.append(b.app.focused.id if b.app.focused else None)
        assert gone == [*ORDINARY[1:], ORDINARY[0]]
        await pilot.press("shift+tab")
        assert b.app.focused is b.pane(ORDINARY[-1])


async def test_a_pane_is_made_whole_hidden_larger_and_all_of_that_is_undone(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(200, 60)) as pilot:
        await b.open(pilot)
        usual = b.cockpit.board.plan(b.cockpit.board.size)
        await pilot.press("3", "z")
        await until(pilot, lambda: b.pane("requirements").region.width == 200, "the whole board")
        assert [pane.id for pane in b.cockpit.board.shown()] == ["requirements"]
        await pilot.press("z", "x")
        await until(pilot, lambda: b.pane("requirements") not in b.cockpit.board.shown(), "that it is hidden")
        assert b.app.focused is b.pane("activity")
        assert not b.said
        await pilot.press("x")
        assert b.pane("activity") in b.cockpit.board.shown()
        await until(pilot, lambda: any("The activity stays" in words for words in b.said), "why it does")
        await pilot.press("4", "+")
        assert b.cockpit.board.plan(b.cockpit.board.size)["budget"].height > usual["budget"].height
        await pilot.press("-", "-")
        assert b.cockpit.board.plan(b.cockpit.board.size)["budget"].height < usual["budget"].height
        await pilot.press("X")
        assert b.cockpit.board.plan(b.cockpit.board.size) == usual


async def test_resizing_the_terminal_makes_everything_anew(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(200, 60)) as pilot:
        await b.open(pilot)
        for size in [(80, 24), (40, 10), (20, 8), (250, 80), (120, 36)]:
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: not b.cockpit._changed and not b.cockpit._due, "the repaint")
            board = b.cockpit.board
            places = board.plan(board.size)
            for pane in board.shown():
                assert pane.region.size == places[str(pane.id)].size
                assert pane.rows


async def test_the_last_line_names_keys_that_fit(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(80, 24)) as pilot:
        await b.open(pilot)
        bar = b.cockpit.query_one(KeyBar)
        assert " p Pause " in shown(bar)
        await pilot.resize_terminal(40, 24)
        await until(pilot, lambda: len(shown(bar)) <= 40, "a shorter line")


async def test_the_last_line_names_what_can_be_done_about_a_run_that_ended(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        bar = b.cockpit.query_one(KeyBar)
        assert " p Pause " in shown(bar)
        assert "Receipt" not in shown(bar)
        b.live.append(ev.RunClosed(outcome="stopped", reason="ada asked for it"))
        await until(pilot, lambda: " v Receipt " in shown(bar), "another line")
        assert not any(label in shown(bar) for label in ("Pause", "Steer", "Approvals"))


async def test_the_last_line_says_how_a_run_that_is_held_goes_on(enter: Enter) -> None:
    b = enter(scenes.empty())
    async with b.app.run_test(size=(80, 24)) as pilot:
        await b.open(pilot)
        bar = b.cockpit.query_one(KeyBar)
        assert " p Pause " in shown(bar)
        b.live.append(ev.RunPaused(by="person", reason="lunch"))
        await until(pilot, lambda: " p Go on " in shown(bar), "another word")
        b.live.append(ev.RunContinued(reason="resumed by ada"))
        await until(pilot, lambda: " p Pause " in shown(bar), "the first word again")


async def test_the_last_line_names_no_key_that_does_something_else_here(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        assert " q Quit" in shown(b.cockpit.query_one(KeyBar))
        await pilot.press("1", "up", "o")
        await until(pilot, lambda: isinstance(b.app.screen, ViewerScreen), "the viewer")
        bar = b.app.screen.query_one(KeyBar)
        await until(pilot, lambda: " esc Back " in shown(bar), "its keys")
        assert " ctrl+q Quit" in shown(bar)
        await pilot.press("q")
        await until(pilot, lambda: b.app.screen is b.cockpit, "the cockpit")


async def test_how_long_somebody_is_waited_for_is_kept_up_to_date(enter: Enter) -> None:
    b = enter(FULL, later=300)
    async with b.app.run_test(size=(200, 60)) as pilot:
        await b.open(pilot)
        assert b.session.state.undecided
        assert not b.session.at_work
        ageing = b.cockpit._aging
        assert ageing is not None
        await until(pilot, ageing._active.is_set, "time to be kept")
        b.pane("approvals").show([])
        b.cockpit._tick()
        await until(pilot, lambda: "5 min ago" in b.text("approvals"), "the age, anew")
        for name in list(b.session.state.undecided):
            b.live.append(ev.ApprovalDecided(approval=name, decision="denied", by="ada"))
        b.live.append(ev.RunPaused(by="person", reason="lunch"))
        await until(pilot, lambda: not ageing._active.is_set(), "nothing to be waited for")


@pytest.mark.parametrize("scene", ["ended", "full"])
async def test_what_is_seen_long_after_is_not_told_as_if_it_were_now(enter: Enter, scene: str) -> None:
    b = enter(getattr(scenes, scene)(), alive=False, later=7_200)
    async with b.app.run_test(size=(200, 60)) as pilot:
        await b.open(pilot)
        assert "2 h ago" in b.text("checks")
        assert "just now" not in b.text("checks")
        # It did not go on all that time.
        went = b.session.picture().elapsed
        assert went < timedelta(minutes=10)
        assert f"· {in_words(went)} ·" in shown(b.cockpit.query_one("#header", RowsCanvas))
        ageing = b.cockpit._aging
        assert ageing is not None
        assert ageing._active.is_set() == (scene == "ended")


async def test_a_key_that_a_person_chose_works_in_place_of_the_other(enter: Enter) -> None:
    b = enter(FULL, keymap={"pane.zoom": "f7"})
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        await pilot.press("z")
        assert b.cockpit.board.arrangement.zoomed is None
        await pilot.press("f7")
        assert b.cockpit.board.arrangement.zoomed == "activity"
        assert "f7 Zoom" in shown(b.cockpit.query_one(KeyBar))


async def test_an_iteration_in_the_log_is_a_place_to_go_to(enter: Enter) -> None:
    b = enter(FULL)
    begun = [seq for seq, event in enumerate(FULL, start=1) if event.kind == "iteration_started"]
    async with b.app.run_test(size=(120, 36)) as pilot:
        await b.open(pilot)
        await pilot.press("2", "home", "down", "down", "enter")
        await looking_at(b, pilot, begun[1])


# -- what it costs ------------------------------------------------------------------------------


async def test_what_stays_is_out_of_the_collectors_sight(enter: Enter) -> None:
    b = enter(FULL)
    gc.unfreeze()
    try:
        async with b.app.run_test(size=(120, 36)) as pilot:
            await b.open(pilot)
            await until(pilot, gc.get_freeze_count, "the collector to look away")
            kept = gc.get_freeze_count()
            # Once: what a person opens later may go again.
            b.cockpit.note("opened")
            await until(pilot, lambda: not b.cockpit._changed, "the repaint")
            await pilot.pause()
            assert gc.get_freeze_count() <= kept
    finally:
        gc.unfreeze()
