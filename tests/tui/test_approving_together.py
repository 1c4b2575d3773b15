"""Decisions on several requests at once, and decisions that the engine does not take."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Excerpt
from loki_tui.tui.app import Left
from loki_tui.tui.screens.approvals import ApprovalsScreen
from loki_tui.tui.screens.dialogs import ConfirmScreen
from loki_tui.tui.widgets.rows_view import RowsView
from tests.support import scenes
from tests.tui.bridge import Bridge, shown
from tests.tui.conftest import Enter
from tests.tui.deciding import ASKED, FULL, SIZE, decided, nothing_is_decided, open_approvals, read, screen, told
from tests.tui.until import asking, until

SMALL = (120, 24)
"""A change of three hunks does not fit in it."""


async def ask_for_all(b: Bridge, pilot: Pilot[Left]) -> str:
    """Mark all and approve them; what is listed then."""
    await pilot.press("asterisk")
    await read(b, pilot)
    await pilot.press("y")
    await until(pilot, lambda: isinstance(b.app.screen, ConfirmScreen), "the question")
    await until(pilot, lambda: any(view.rows for view in b.app.screen.query(RowsView)), "the list")
    return shown(b.app.screen.query_one(RowsView))


async def to_second(b: Bridge, pilot: Pilot[Left]) -> None:
    """Go to the second request, and wait until it is there whole."""
    await pilot.press("down")
    await until(pilot, lambda: screen(b)._shown == "p2" and screen(b)._text, "the second request")
    await pilot.pause()


# -- what was not seen --------------------------------------------------------------------------


async def test_all_at_once_is_asked_about_with_what_was_not_seen(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        first, second = (await ask_for_all(b, pilot)).split("\n")
        assert first.startswith("p1 DESTRUCTIVE shell git push origin main --force ")
        assert first.endswith(" seen")
        assert second.startswith("p2 edits edit_file notes/store.py ")
        assert second.endswith(" NOT SEEN")
        await pilot.press("y", "space")
        await nothing_is_decided(b, pilot)
        assert isinstance(b.app.screen, ConfirmScreen)


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_the_answer_that_is_there_at_first_decides_nothing(enter: Enter, key: str) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await ask_for_all(b, pilot)
        assert isinstance(b.app.focused, OptionList)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(b.app.screen, ApprovalsScreen), "the queue")
        await nothing_is_decided(b, pilot)
        assert told(b) == "Nothing was decided."


async def test_the_other_answer_approves_them_all(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await ask_for_all(b, pilot)
        await pilot.press("down", "enter")
        decisions = await decided(b, pilot, 2)
        assert [(one.approval, one.decision) for one in decisions] == [("p1", "approved"), ("p2", "approved")]


async def test_what_is_decided_elsewhere_while_one_is_asked_calls_it_off(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await ask_for_all(b, pilot)
        b.live.append(ev.ApprovalDecided(approval="p2", decision="denied", by="bob"))
        await until(pilot, lambda: "p2" not in b.session.state.undecided, "the other decision")
        await pilot.press("down", "enter")
        await until(pilot, lambda: "has changed" in told(b), "that")
        await nothing_is_decided(b, pilot)
        await until(pilot, lambda: "p2" not in shown(screen(b).query_one("#queue", RowsView)), "the queue as it is")


async def test_a_request_that_is_marked_but_not_shown_is_asked_about_too(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SMALL) as pilot:
        await open_approvals(b, pilot)
        await to_second(b, pilot)
        await pilot.press("space", "up")
        await until(pilot, lambda: screen(b)._shown == "p1" and screen(b)._text, "the first request")
        await read(b, pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(b.app.screen, ConfirmScreen), "the question")
        await nothing_is_decided(b, pilot)


async def test_what_was_all_in_view_to_its_end_is_approved_without_a_question(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SMALL) as pilot:
        await open_approvals(b, pilot)
        await to_second(b, pilot)
        assert screen(b)._seen == {"p1"}
        screen(b).query_one("#request", RowsView).scroll_end(animate=False)
        await until(pilot, lambda: screen(b)._seen == {"p1", "p2"}, "its end in view")
        await pilot.press("asterisk")
        await read(b, pilot)
        await pilot.press("y")
        assert {one.approval for one in await decided(b, pilot, 2)} == {"p1", "p2"}


async def test_many_are_denied_without_a_second_question(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SMALL) as pilot:
        await open_approvals(b, pilot)
        await pilot.press("asterisk")
        await read(b, pilot)
        await pilot.press("n")
        await until(pilot, lambda: asking(b.app), "the question why")
        await pilot.press("enter")
        assert {one.decision for one in await decided(b, pilot, 2)} == {"denied"}


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 60)])
async def test_thirty_of_the_worst_are_listed_and_can_be_gone_through(enter: Enter, size: tuple[int, int]) -> None:
    b = enter(scenes.worst())
    async with b.app.run_test(size=size) as pilot:
        await open_approvals(b, pilot)
        lines = (await ask_for_all(b, pilot)).split("\n")
        assert len(lines) == 30
        assert sum(line.endswith("NOT SEEN") for line in lines) >= 29
        view, answers = b.app.screen.query_one(RowsView), b.app.screen.query_one(OptionList)
        await until(pilot, lambda: view.region.height >= 3, "room for the list")
        assert answers.region.bottom <= size[1]
        assert answers.region.height == 2
        painted = [strip.text for strip in b.app.screen._compositor.render_strips()]
        assert sum("NOT SEEN" in line for line in painted) == min(30, view.region.height)
        await pilot.press("shift+tab", "end")
        await until(pilot, lambda: view.scroll_offset.y + view.size.height == 30, "the end of the list")
        await nothing_is_decided(b, pilot)


# -- what the engine does not take --------------------------------------------------------------


def queue_of(b: Bridge) -> str:
    """What the queue shows."""
    return shown(screen(b).query_one("#queue", RowsView))


async def approve_first(b: Bridge, pilot: Pilot[Left]) -> None:
    """Approve what is shown first; it is gone from the queue then."""
    await open_approvals(b, pilot)
    await read(b, pilot)
    await pilot.press("y")
    await decided(b, pilot)
    await until(pilot, lambda: "p1" not in queue_of(b), "the queue without it")


async def test_a_decision_that_is_not_taken_brings_the_request_back_with_the_reason(enter: Enter) -> None:
    why = "A decision by ada on p1 was about another action."
    b = enter(FULL)
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await approve_first(b, pilot)
        b.live.append(ev.Warned(message=why, approval="p1"))
        await until(pilot, lambda: "p1" in queue_of(b), "the request")
        await until(pilot, lambda: why in b.said, "the word for it")
        await until(pilot, lambda: why in shown(screen(b).query_one("#request", RowsView)), "the reason")
        await read(b, pilot)
        await pilot.press("y")
        assert [one.approval for one in await decided(b, pilot, 2)] == ["p1", "p1"]
        await until(pilot, lambda: "p1" not in queue_of(b), "the queue without it again")


async def test_a_decision_on_what_has_expired_is_said_to_have_come_to_nothing(enter: Enter) -> None:
    why = "A decision by ada on p1 came for nothing that waits."
    b = enter(FULL)
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await approve_first(b, pilot)
        b.live.append(ev.ApprovalDecided(approval="p1", decision="expired", by="time limit"))
        await until(pilot, lambda: "p1" not in b.session.state.undecided, "its end")
        b.live.append(ev.Warned(message=why, approval="p1"))
        await until(pilot, lambda: why in b.said, "the reason")
        assert "p1" not in queue_of(b)


async def test_a_warning_about_what_somebody_else_decided_changes_nothing_here(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await open_approvals(b, pilot)
        b.live.append(ev.Warned(message="A decision by bob on p1 was about another action.", approval="p1"))
        await until(pilot, lambda: "p1" in b.session.turned_down, "the warning")
        await read(b, pilot)
        await pilot.press("y")
        await decided(b, pilot)
        await until(pilot, lambda: "p1" not in queue_of(b), "the queue without it")
        assert b.said == []


async def test_a_change_that_its_diff_cuts_off_is_shown_with_all_that_is_written(enter: Enter) -> None:
    cut = "--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+one\n[the rest of the diff is not shown]\n"
    asked = ASKED["p2"].model_copy(
        update={"approval": "p8", "digest": "8" * 64, "diff": Excerpt(text=cut), "detail": "one\nthe last line"}
    )
    b = enter([*scenes.paused()[:-1], asked])
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        assert shown(screen(b).query_one("#request", RowsView)).endswith("\n  one\n  the last line")
