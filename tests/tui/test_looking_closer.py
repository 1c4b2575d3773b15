"""The keys for a closer look, and what is asked of the council: what they open, copy, say and ask."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.vocabulary import Verdict
from loki_tui.tui.app import Left
from loki_tui.tui.screens.viewer import ViewerScreen
from loki_tui.tui.widgets.rows_canvas import RowsCanvas
from loki_tui.tui.widgets.rows_view import RowsView
from tests.support import scenes
from tests.support.life import created, started
from tests.tui.bridge import Bridge, shown
from tests.tui.conftest import Enter
from tests.tui.until import until

WIDE = (200, 60)


async def viewed(b: Bridge, pilot: Pilot[Left], *keys: str) -> str:
    """What the viewer shows once it is opened by keys."""
    await pilot.press(*keys)
    await until(pilot, lambda: isinstance(b.app.screen, ViewerScreen), "the viewer")
    document = b.app.screen.query_one("#document", RowsView)
    await until(pilot, lambda: document.rows, "the document")
    text = shown(document)
    await pilot.press("escape")
    await until(pilot, lambda: b.app.screen is b.cockpit, "the cockpit")
    return text


async def test_what_is_under_the_cursor_opens_whole(enter: Enter) -> None:
    b = enter(scenes.full())
    async with b.app.run_test(size=WIDE) as pilot:
        await b.open(pilot)
        requirement = await viewed(b, pilot, "3", "down", "down", "enter")
        assert "R2: Notes are kept in plain files" in requirement
        assert "Acceptance criteria" in requirement
        assert "R2: Notes" in await viewed(b, pilot, "o")
        assert "unit tests: failed" in await viewed(b, pilot, "5", "o")
        assert "Sitting 1" in await viewed(b, pilot, "6", "o")
        assert "requirements rejects" in await viewed(b, pilot, "down", "down", "enter")


async def test_a_pane_without_a_cursor_takes_the_screen(enter: Enter) -> None:
    b = enter(scenes.full())
    async with b.app.run_test(size=WIDE) as pilot:
        await b.open(pilot)
        await pilot.press("3", "enter")
        await until(pilot, lambda: b.cockpit.board.arrangement.zoomed == "requirements", "all of the screen")
        await pilot.press("z", "4", "o")
        await until(pilot, lambda: b.cockpit.board.arrangement.zoomed == "budget", "all of the screen")


async def test_a_pane_shows_what_its_lines_rest_on_while_it_is_looked_at(enter: Enter) -> None:
    b = enter(scenes.full())
    async with b.app.run_test(size=WIDE) as pilot:
        await b.open(pilot)
        await until(pilot, lambda: b.text("requirements"), "the pane")
        assert "shown by" not in b.text("requirements")
        await pilot.press("3")
        await until(pilot, lambda: "shown by tests/test_store.py::test_1" in b.text("requirements"), "the evidence")
        await pilot.press("1")
        await until(pilot, lambda: "shown by" not in b.text("requirements"), "one row again")


async def test_what_is_under_the_cursor_is_copied(enter: Enter) -> None:
    b = enter(scenes.full())
    async with b.app.run_test(size=WIDE) as pilot:
        await b.open(pilot)
        for keys, words in (
            (("3", "down", "y"), "Acceptance criteria"),
            (("6", "y"), "requirements rejects"),
            (("5", "y"), "Tests that failed"),
        ):
            await pilot.press(*keys)
            await until(pilot, lambda words=words: words in b.app.clipboard, words)  # type: ignore[misc]


async def test_the_council_is_asked_once_and_says_that_it_was(enter: Enter) -> None:
    b = enter(scenes.full())
    async with b.app.run_test(size=WIDE) as pilot:
        await b.open(pilot)
        await pilot.press("c")
        await until(pilot, lambda: "Asked: the council sits after this iteration." in b.said, "the answer")
        assert [request.kind for request in b.asked()] == ["force_review"]
        assert isinstance(b.asked()[0], rq.ForceReview)
        b.live.append(ev.ReviewForced(by="ada"))
        await until(pilot, lambda: "ada asked for it" in b.text("council"), "the pane")


@pytest.mark.parametrize("scene", ["off", "ended", "past"])
async def test_a_council_that_cannot_sit_is_not_asked(enter: Enter, scene: str) -> None:
    off = [created(settings={"council_enabled": False}), started()]
    b = enter(off if scene == "off" else scenes.ended() if scene == "ended" else scenes.full())
    said = {"off": "The council is off", "ended": "This run has ended.", "past": "You are looking back"}[scene]
    async with b.app.run_test(size=WIDE) as pilot:
        await b.open(pilot)
        if scene == "past":
            await pilot.press("<")
            await until(pilot, lambda: b.cockpit.past is not None, "the past")
        await pilot.press("c")
        await until(pilot, lambda: any(said in line for line in b.said), "the answer")
        assert not b.asked()


async def test_the_receipt_is_seen_once_there_is_one(enter: Enter) -> None:
    b = enter(scenes.full())
    async with b.app.run_test(size=WIDE) as pilot:
        await b.open(pilot)
        await pilot.press("v")
        await until(pilot, lambda: any("no receipt yet" in line for line in b.said), "the answer")


async def test_the_header_of_a_run_that_has_ended_has_the_headline_and_a_key_shows_the_rest(enter: Enter) -> None:
    b = enter(scenes.ended(), alive=False)
    async with b.app.run_test(size=WIDE) as pilot:
        await b.open(pilot)
        await until(pilot, lambda: "VERIFIED WITH GAPS" in shown(b.cockpit.query_one("#header", RowsCanvas)), "it")
        text = await viewed(b, pilot, "v")
        assert "gap: E2E tests: not run: there is no browser here" in text
        assert "Opinions: what models thought" in text


async def test_a_phase_that_runs_says_for_how_long(enter: Enter) -> None:
    b = enter(scenes.full())
    async with b.app.run_test(size=WIDE) as pilot:
        await b.open(pilot)
        b.live.append(ev.PhaseStarted(phase="performance", checkpoint="c3"))
        await until(pilot, lambda: "performance is being measured" in b.text("checks"), "the phase")
        assert "never measured: performance" not in b.text("checks")
        fact = ev.PhaseFinished(
            phase="performance", verdict=Verdict.PASSED, why="no slower", checkpoint="c3", tree=scenes.TREE
        )
        b.live.append(fact)
        await until(pilot, lambda: "performance passed" in b.text("checks"), "what came of it")
