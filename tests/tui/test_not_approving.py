"""What decides nothing: keys for something else, too early, too fast, pasted, or too late."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual import events
from textual.pilot import Pilot

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.tui.app import Left
from loki_tui.tui.screens.approvals import BURST, ApprovalsScreen
from loki_tui.tui.screens.dialogs import AskScreen
from loki_tui.tui.widgets.rows_view import RowsView
from tests.support import scenes
from tests.tui.bridge import Bridge, shown
from tests.tui.conftest import Enter
from tests.tui.deciding import FULL, SIZE, nothing_is_decided, open_approvals, read, screen, told
from tests.tui.until import until

# -- what does not ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["y", "n", "enter", "space", "e"])
async def test_no_key_in_the_cockpit_decides(enter: Enter, key: str) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("8", key)
        await nothing_is_decided(b, pilot)


async def test_a_request_that_comes_opens_nothing(enter: Enter) -> None:
    b = enter(FULL[:-3])
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        b.live.append(*FULL[-3:])
        await until(pilot, lambda: "p1" in b.text("approvals"), "the request")
        assert b.app.screen is b.cockpit
        await pilot.press("y")
        await nothing_is_decided(b, pilot)


@pytest.mark.parametrize("key", ["y", "n", "p"])
async def test_a_key_for_what_has_only_just_appeared_decides_nothing(enter: Enter, key: str) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        screen(b)._shown_at = time.monotonic()
        await pilot.press(key)
        assert "just come into view" in told(b)
        await nothing_is_decided(b, pilot)
        assert isinstance(b.app.screen, ApprovalsScreen)


async def test_moving_to_another_request_begins_the_reading_anew(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        before = screen(b)._shown_at
        await pilot.press("down")
        await until(pilot, lambda: screen(b)._shown == "p2" and screen(b)._text, "the other one")
        assert screen(b)._shown_at > before


@pytest.mark.parametrize("text", ["y", "yes", "yy", "nyp", "y\n", "ynynyn", "sudo yes\ny\n"])
async def test_a_burst_of_keys_decides_nothing(enter: Enter, text: str) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        for character in f"{text}x":
            key = {"\n": "enter", " ": "space"}.get(character, character)
            b.app.post_message(events.Key(key, character))
        await nothing_is_decided(b, pilot)
        assert not isinstance(b.app.screen, AskScreen)


async def test_a_paste_decides_nothing(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        b.app.post_message(events.Paste("y"))
        await nothing_is_decided(b, pilot)
        assert told(b) == "That was pasted; nothing was decided."


async def test_a_paste_right_after_a_key_calls_it_off(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        b.app.post_message(events.Key("y", "y"))
        b.app.post_message(events.Paste("es"))
        await nothing_is_decided(b, pilot)


async def test_a_key_for_a_request_that_gave_way_to_another_decides_nothing(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        # Somebody else decides while the key waits for whether it was meant.
        b.app.post_message(events.Key("y", "y"))
        async with asyncio.timeout(20):
            # Turn by turn: a wait of the pilot would be longer than the key's.
            while screen(b)._pressed is None:  # noqa: ASYNC110
                await asyncio.sleep(0)
        b.session.state.approvals.pop("p1")
        screen(b).repaint()
        await nothing_is_decided(b, pilot)
        assert "changed" in told(b)


async def test_a_request_that_is_decided_elsewhere_leaves_the_screen(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        b.live.append(ev.ApprovalDecided(approval="p1", decision="denied", by="bob"))
        await until(pilot, lambda: screen(b)._shown == "p2" and screen(b)._text, "the next one")
        await pilot.press("y")
        await until(pilot, lambda: b.asked() or "just come into view" in told(b), "what comes of it")
        assert all(one.approval != "p1" for one in await no_more_than(b, pilot))


async def no_more_than(b: Bridge, pilot: Pilot[Left]) -> list[rq.Decide]:
    """Decisions there are when all keys had their time."""
    end = time.monotonic() + 3 * BURST
    await until(pilot, lambda: time.monotonic() > end, "the keys to be over")
    return [one for one in b.asked() if isinstance(one, rq.Decide)]


@pytest.mark.parametrize("keys", [("?", "y"), ("d", "y"), ("comma", "y")])
async def test_a_key_on_another_screen_decides_nothing(enter: Enter, keys: tuple[str, str]) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press(keys[0])
        await until(pilot, lambda: not isinstance(b.app.screen, ApprovalsScreen), "the other screen")
        await pilot.press(keys[1])
        await nothing_is_decided(b, pilot)


async def test_leaving_decides_nothing(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press("escape")
        await until(pilot, lambda: b.app.screen is b.cockpit, "the cockpit")
        await nothing_is_decided(b, pilot)


async def test_nothing_waits_where_all_is_decided(enter: Enter) -> None:
    b = enter(scenes.paused())
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(b.app.screen, ApprovalsScreen), "the queue")
        await until(pilot, lambda: "Nothing waits for you." in shown(screen(b).query_one("#queue", RowsView)), "that")
        await pilot.press("y", "n", "p", "e", "space", "asterisk", "d", "t")
        await nothing_is_decided(b, pilot)
