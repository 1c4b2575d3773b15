"""The streams of a parallel run: side by side, each by itself, now and back then, and what is asked of one alone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from textual.pilot import Pilot

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.vocabulary import Excerpt
from loki_tui.tui.app import Left
from loki_tui.tui.notices import notice_of
from loki_tui.tui.rows import text_of
from loki_tui.tui.screens.dialogs import ChooseScreen
from loki_tui.tui.screens.viewer import ViewerScreen
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_canvas import RowsCanvas
from tests.support import abreast, scenes
from tests.tui.bridge import Bridge, shown
from tests.tui.conftest import Enter
from tests.tui.until import asking, until

SIZE = (200, 60)


def header(b: Bridge) -> str:
    """The two lines that are always there."""
    return shown(b.cockpit.query_one("#header", RowsCanvas))


def keys(b: Bridge) -> str:
    """The last line."""
    return shown(b.cockpit.query_one(KeyBar))


async def open_stream(b: Bridge, pilot: Pilot[Left], name: str) -> None:
    """Look at a stream by itself."""
    await pilot.press("9")
    place = next(at for at, told in enumerate(("store", "search", "offline", "export", "locks")) if told == name)
    await until(pilot, lambda: b.pane("streams").has_focus, "the streams")
    b.pane("streams").go_to(place)
    await pilot.press("enter")
    await until(pilot, lambda: b.session.scope.stream == name and f"[{name}]" in header(b), name)


async def test_streams_stand_side_by_side_with_where_each_is_and_why(enter: Enter) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await until(pilot, lambda: b.pane("streams").rows, "the streams")
        lines = b.text("streams").splitlines()
        assert any("integrating locks: 2 conflicts, handed to agent" in line for line in lines)
        assert any("throttled: 2 agents at once (cpu, rate limit)" in line for line in lines)
        (search,) = [line for line in lines if "└▶ search" in line]
        for words in ("▶ running", "iterate", "of $1.50", "0/1", "R3", "loki/r1-search", "python3 -m pytest -q"):
            assert words in search
        (offline,) = [line for line in lines if "└▶ offline" in line]
        assert "· queued" in offline
        assert "+export" in offline
        assert "after search, export" in offline
        assert "waiting for" not in header(b)
        assert "approval p1, stream export: run git push" in header(b)
        assert "2 at work (search, export waiting), integrating locks, 1 queued, 1 integrated" in header(b)
        assert "O Open stream" in keys(b)


async def test_of_a_long_branch_the_end_is_seen_which_no_other_stream_has(enter: Enter) -> None:
    begun = ev.StreamStarted(name="offline", branch="loki/20261127-224732-baea-offline")
    b = enter([*abreast.abreast(), begun])
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await until(pilot, lambda: "…27-224732-baea-offline " in b.text("streams"), "the branch")


async def test_a_run_that_is_not_parallel_shows_nothing_of_streams(enter: Enter) -> None:
    b = enter(scenes.full())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("9")
        await until(pilot, lambda: b.said, "the answer")
        assert "no streams" in b.said[-1]
        assert b.pane("streams") not in b.cockpit.board.shown()
        assert "stream" not in keys(b).lower()


async def test_a_stream_by_itself_shows_its_own_work_and_escape_leads_back(enter: Enter) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await open_stream(b, pilot, "search")
        await until(pilot, lambda: "iteration 1" in b.text("activity"), "what happened in it")
        await until(pilot, lambda: "Requirements 0 of 1" in str(b.pane("requirements").border_title), "its part")
        assert "[search]" in b.text("activity")
        assert "[store]" not in b.text("activity")
        assert "[locks]" not in b.text("activity")
        assert "R3" in b.text("requirements")
        assert "R1 " not in b.text("requirements")
        assert "of $1.50" in b.text("budget")
        assert len(b.text("iterations").splitlines()) == 1
        # What is the run's as a whole stays so.
        assert "p1" in b.text("approvals")
        await pilot.press("escape")
        await until(pilot, lambda: "[search]" not in header(b), "the run")
        assert "[store]" in b.text("activity")


async def test_what_happens_in_a_stream_is_seen_in_it_and_in_no_other(enter: Enter) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await open_stream(b, pilot, "search")
        b.live.append(ev.Warned(message="Of another one."), stream="export")
        b.live.append(ev.Warned(message="Of the run."))
        b.live.append(ev.Warned(message="Of this one."), stream="search")
        await until(pilot, lambda: "Of this one." in b.text("activity"), "what came")
        assert "Of another one." not in b.text("activity")
        assert "Of the run." not in b.text("activity")
        await pilot.press("escape")
        await until(pilot, lambda: "Of another one." in b.text("activity"), "the run")


async def test_what_is_searched_for_in_a_stream_is_found_in_it_alone(enter: Enter) -> None:
    said = ("export", "search", "export")
    b = enter([*abreast.abreast(), *(scenes.Within(each, ev.Warned(message="Of a crab.")) for each in said)])
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        *_, own, last = (record.seq for record in b.session.client.records() if record.event.kind == "warned")
        await open_stream(b, pilot, "search")
        await pilot.press("slash")
        await until(pilot, lambda: asking(b.app), "the question")
        await pilot.press(*"CRAB", "enter")
        await until(pilot, lambda: b.cockpit.seq == own, "the place in the stream")
        await pilot.press("n")
        await until(pilot, lambda: b.said, "the answer")
        assert "is not there after this" in b.said[-1]
        assert b.cockpit.seq == own < last


async def test_iterations_of_streams_do_not_mix(enter: Enter) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        begun = [(mark.stream, mark.number, mark.finished_seq is not None) for mark in b.session.iterations]
        assert begun == [("store", 1, True), ("locks", 1, True), ("search", 1, False), ("export", 1, False)]
        end = ev.IterationFinished(number=1, ended_by="agent", summary="Found it.", handover="")
        b.live.append(end, stream="search")
        b.live.append(ev.IterationStarted(number=2, brief=Excerpt(text="On.")), stream="search")
        await until(pilot, lambda: len(b.session.iterations) == 5, "the next one")
        assert [(mark.stream, mark.number, mark.summary) for mark in b.session.iterations][2:] == [
            ("search", 1, "Found it."), ("export", 1, ""), ("search", 2, ""),
        ]  # fmt: skip
        with b.session.client.history() as history:
            assert list(history.iterations()) == list(b.session.iterations)


async def test_the_past_has_the_streams_as_they_were_and_a_stream_its_own_steps(enter: Enter) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await open_stream(b, pilot, "store")
        b.cockpit.action_look(-1)
        await until(pilot, lambda: b.cockpit.past is not None, "the past")
        assert b.cockpit.past is not None
        assert b.cockpit.past[0].stream == "store"
        first = b.cockpit.past[0].seq
        b.cockpit.action_look(-1)
        await until(pilot, lambda: b.cockpit.past is not None and b.cockpit.past[0].seq < first, "a step further")
        await until(pilot, lambda: "▶ running     store" in b.text("streams"), "the streams of then")
        assert "· queued" in b.text("streams")
        assert "integrating" not in b.text("streams")
        # Back to the present first, then to the run.
        await pilot.press("escape")
        await until(pilot, lambda: b.cockpit.past is None and "[store]" in header(b), "the present")
        await pilot.press("escape")
        await until(pilot, lambda: "[store]" not in header(b), "the run")


async def test_before_the_plan_there_are_no_streams(enter: Enter) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await open_stream(b, pilot, "search")
        b.cockpit.look_at(1)
        await until(pilot, lambda: b.cockpit.past is not None and "not planned yet" in header(b), "the beginning")


# -- what is asked of one -----------------------------------------------------------------------


async def test_capitals_are_about_the_stream_that_is_meant(enter: Enter) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await open_stream(b, pilot, "search")
        await pilot.press("P")
        await until(pilot, lambda: len(b.asked()) == 1, "the pause")
        await pilot.press("B")
        await until(pilot, lambda: asking(b.app), "the share")
        await pilot.press(*["backspace"] * 8, *"3.25", "enter")
        await until(pilot, lambda: len(b.asked()) == 2, "the share that is asked for")
        await pilot.press("I")
        await until(pilot, lambda: asking(b.app), "the note")
        await pilot.press(*"Go", "enter")
        await until(pilot, lambda: len(b.asked()) == 3, "the note that is sent")
        await pilot.press("S")
        await until(pilot, lambda: isinstance(b.app.screen, ChooseScreen), "the question")
        await pilot.press("down", "enter")
        await until(pilot, lambda: len(b.asked()) == 4, "the end")
        by = b.session.client.by
        assert b.asked() == [
            rq.Pause(by=by, stream="search"), rq.SetBudget(by=by, limit=Decimal("3.25"), stream="search"),
            rq.Steer(by=by, note="Go", stream="search"), rq.Stop(by=by, stream="search"),
        ]  # fmt: skip


async def test_a_stream_that_is_held_is_let_go_on(enter: Enter) -> None:
    b = enter([*abreast.abreast(), scenes.Within("search", ev.RunPaused(by="person", reason="lunch"))])
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await open_stream(b, pilot, "search")
        assert "‖ PAUSED  lunch" in header(b)
        await pilot.press("P")
        await until(pilot, b.asked, "the request")
        assert b.asked() == [rq.Resume(by=b.session.client.by, stream="search")]


async def test_which_stream_is_asked_where_none_is_meant_and_one_that_is_over_is_left_alone(enter: Enter) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("P")
        await until(pilot, lambda: isinstance(b.app.screen, ChooseScreen), "the question")
        await pilot.press("enter")
        await until(pilot, lambda: b.said, "the answer")
        assert b.said[-1] == "Stream store is not at work: it is over."
        assert not b.asked()


async def test_an_approval_says_which_stream_asks(enter: Enter) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        assert "p1   network [export] run git push" in b.text("approvals")


async def test_all_about_a_stream_can_be_seen_whole(enter: Enter) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("9")
        await until(pilot, lambda: b.pane("streams").has_focus, "the streams")
        b.pane("streams").go_to(4)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(b.app.screen, ViewerScreen), "the viewer")
        assert isinstance(b.app.screen, ViewerScreen)
        text = b.app.screen._document.text
        for words in ("locks: integrating", "R4: ", "locks/**", "branch loki/r1-locks", "of its share of $2.00"):
            assert words in text
        assert "notes/store.py (content)" in text


@pytest.mark.parametrize("scene", ["begun", "abreast", "crowded"])
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60), (40, 12)])
async def test_whatever_streams_there_are_fit(enter: Enter, scene: str, size: tuple[int, int]) -> None:
    b = enter(getattr(abreast, scene)())
    async with b.app.run_test(size=size) as pilot:
        await b.open(pilot)
        await pilot.press("9", "z")
        await until(pilot, lambda: b.pane("streams").region.width == size[0] and b.pane("streams").rows, "the pane")
        assert all(text_of(row).isprintable() for row in b.pane("streams").rows)


async def test_a_person_who_looks_elsewhere_is_told_which_stream_asks_and_what_cannot_be_brought_together(
    enter: Enter,
) -> None:
    b = enter(abreast.abreast())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        assert notice_of(b.session, frozenset({"approval_requested"})) == "1 waiting for you: [export] run git push"
        b.live.append(ev.RunPaused(by="integration", reason="stream locks conflicts in a.py"))
        await until(pilot, lambda: b.session.state.paused_by, "the pause")
        assert notice_of(b.session, frozenset({"run_paused"})) == "paused: stream locks conflicts in a.py"
