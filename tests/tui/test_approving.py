"""Approvals: each answer is exactly one decision about exactly what was shown; nothing else decides anything."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Excerpt, Risk
from loki_tui.tui.app import Left
from loki_tui.tui.screens.approvals import BURST, READ, ApprovalsScreen
from loki_tui.tui.screens.dialogs import AskScreen, EditScreen
from loki_tui.tui.screens.viewer import ViewerScreen
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_view import RowsView
from tests.support import scenes
from tests.tui.bridge import Bridge, shown
from tests.tui.conftest import Enter
from tests.tui.until import until

FULL = scenes.full()
ASKED = {event.approval: event for event in FULL if isinstance(event, ev.ApprovalRequested)}
SIZE = (120, 36)


def screen(b: Bridge) -> ApprovalsScreen:
    """The screen of decisions, whatever is in front of it."""
    return next(screen for screen in b.app.screen_stack if isinstance(screen, ApprovalsScreen))


async def open_approvals(b: Bridge, pilot: Pilot[Left]) -> None:
    """Go to the decisions, and wait until the first request is there whole."""
    await b.open(pilot)
    await pilot.press("a")
    await until(pilot, lambda: isinstance(b.app.screen, ApprovalsScreen) and screen(b)._text, "the request")


async def read(b: Bridge, pilot: Pilot[Left]) -> None:
    """Wait until what is shown has been there for long enough."""
    await until(
        pilot, lambda: screen(b)._text and time.monotonic() > screen(b)._shown_at + READ, "a person to have read it"
    )


async def decided(b: Bridge, pilot: Pilot[Left], count: int = 1) -> list[rq.Decide]:
    """The decisions in the inbox, once there are so many."""
    await until(pilot, lambda: len(b.asked()) >= count, f"{count} decisions")
    await pilot.pause()
    requests = b.asked()
    return [request for request in requests if isinstance(request, rq.Decide)]


async def nothing_is_decided(b: Bridge, pilot: Pilot[Left]) -> None:
    """Give a key all the time it would need to decide something."""
    end = time.monotonic() + 3 * BURST
    await until(pilot, lambda: time.monotonic() > end, "the keys to be over")
    await pilot.pause()
    assert b.asked() == []


def told(b: Bridge) -> str:
    """What the last line says."""
    return screen(b).query_one(KeyBar).notice


# -- what decides -------------------------------------------------------------------------------


async def test_y_approves_what_is_shown(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        assert "git push origin main --force" in shown(screen(b).query_one("#request", RowsView))
        await read(b, pilot)
        await pilot.press("y")
        (decision,) = await decided(b, pilot)
        assert decision == rq.Decide(by=decision.by, approval="p1", digest=ASKED["p1"].digest, decision="approved")
        await until(pilot, lambda: told(b) == "p1 approved.", "the word for it")
        queue = shown(screen(b).query_one("#queue", RowsView))
        assert "p1" not in queue
        assert "p2" in queue


async def test_n_denies_with_a_reason_that_reaches_the_agent(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(b.app.screen, AskScreen), "the question why")
        await pilot.press(*"Never force.", "enter")
        (decision,) = await decided(b, pilot)
        assert (decision.approval, decision.decision, decision.reason) == ("p1", "denied", "Never force.")


async def test_a_denial_can_be_left(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(b.app.screen, AskScreen), "the question why")
        await pilot.press("y", "escape")
        await until(pilot, lambda: isinstance(b.app.screen, ApprovalsScreen), "the queue")
        await nothing_is_decided(b, pilot)


def shell_with_pattern() -> list[Event]:
    """A run in which a command waits that has a pattern."""
    asked = ASKED["p1"].model_copy(
        update={
            "approval": "p9",
            "digest": "9" * 64,
            "input": {"command": "make test"},
            "detail": "make test",
            "title": "run make test",
            "risk": Risk.RUN,
            "pattern": "make *",
        }
    )
    return [*scenes.paused()[:-1], asked, ev.RunWaiting(on="approval", reason="approval p9")]


async def test_p_approves_what_is_like_it_for_this_run(enter: Enter) -> None:
    b = enter(shell_with_pattern())
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(b.app.screen, AskScreen), "the pattern")
        assert b.app.screen.query_one(Input).value == "make *"
        await pilot.press("enter")
        (decision,) = await decided(b, pilot)
        assert (decision.approval, decision.decision, decision.pattern) == ("p9", "approved", "make *")


async def test_a_pattern_that_does_not_cover_it_is_refused_and_it_still_waits(enter: Enter) -> None:
    b = enter(shell_with_pattern())
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(b.app.screen, AskScreen), "the pattern")
        b.app.screen.query_one(Input).value = "cargo *"
        await pilot.press("enter")
        await until(pilot, lambda: b.said, "the complaint")
        assert "p9 cannot be decided so" in b.said[0]
        assert b.asked() == []
        assert "p9" in shown(screen(b).query_one("#queue", RowsView))


async def test_what_has_no_pattern_is_not_widened(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press("p")
        await until(pilot, lambda: told(b).startswith("Nothing wider"), "that")
        await nothing_is_decided(b, pilot)


async def test_e_approves_what_a_person_made_of_it(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(b.app.screen, EditScreen), "the editor")
        area = b.app.screen.query_one(TextArea)
        assert area.text == "git push origin main --force"
        area.text = "git push origin main"
        await pilot.press("ctrl+s")
        (decision,) = await decided(b, pilot)
        assert (decision.approval, decision.decision) == ("p1", "approved")
        assert decision.edited == {"command": "git push origin main"}


async def test_an_edit_can_be_left(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(b.app.screen, EditScreen), "the editor")
        await pilot.press("x", "escape")
        await until(pilot, lambda: isinstance(b.app.screen, ApprovalsScreen), "the queue")
        await nothing_is_decided(b, pilot)


async def test_several_are_marked_and_decided_together(enter: Enter) -> None:
    third = ASKED["p1"].model_copy(update={"approval": "p3", "digest": "3" * 64})
    b = enter([*FULL, third])
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await pilot.press("space")
        await pilot.press("down")
        await pilot.press("space")
        assert shown(screen(b).query_one("#queue", RowsView)).count("◆") == 2
        await read(b, pilot)
        await pilot.press("y")
        decisions = await decided(b, pilot, 2)
        assert [(one.approval, one.decision) for one in decisions] == [("p1", "approved"), ("p3", "approved")]


async def test_all_are_marked_and_denied_for_one_reason(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await pilot.press("asterisk")
        await read(b, pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(b.app.screen, AskScreen), "the question why")
        await pilot.press(*"Not now.", "enter")
        decisions = await decided(b, pilot, 2)
        assert [(one.approval, one.reason) for one in decisions] == [("p1", "Not now."), ("p2", "Not now.")]


async def test_marking_all_again_marks_none(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await pilot.press("asterisk")
        assert shown(screen(b).query_one("#queue", RowsView)).count("◆") == 2
        await pilot.press("asterisk")
        assert "◆" not in shown(screen(b).query_one("#queue", RowsView))


async def test_what_is_decided_is_the_digest_that_was_shown(enter: Enter) -> None:
    text = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n"
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await pilot.press("down")
        await read(b, pilot)
        b.live.append(ASKED["p1"].model_copy(update={"approval": "p0", "digest": "0" * 64, "diff": Excerpt(text=text)}))
        await until(pilot, lambda: "p0" in shown(screen(b).query_one("#queue", RowsView)), "another request")
        await pilot.press("y")
        (decision,) = await decided(b, pilot)
        assert (decision.approval, decision.digest) == ("p2", ASKED["p2"].digest)


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
            while screen(b)._pressed is None:
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
        if not b.asked():
            assert "just come into view" in told(b)
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


# -- looking closer -----------------------------------------------------------------------------


async def test_the_whole_change_is_on_the_full_screen(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=(140, 40)) as pilot:
        await open_approvals(b, pilot)
        await pilot.press("down")
        await until(pilot, lambda: screen(b)._shown == "p2" and screen(b)._text, "the change")
        await pilot.press("t")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(b.app.screen, ViewerScreen), "the viewer")
        view = b.app.screen.query_one("#document", RowsView)
        await until(pilot, lambda: view.rows, "the document")
        assert shown(view).count("+    return value_1") == 3


async def test_a_change_that_the_event_holds_only_the_beginning_of_is_shown_whole(enter: Enter) -> None:
    b = enter(FULL)
    lines = "".join(f"+line {number}\n" for number in range(3_000))
    text = f"--- a/x\n+++ b/x\n@@ -0,0 +1,3000 @@\n{lines}"
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        kept = Excerpt(text=text[:200], size=len(text), blob=b.live.put_blob(text.encode()))
        b.live.append(ASKED["p2"].model_copy(update={"approval": "p7", "digest": "7" * 64, "diff": kept}))
        await until(pilot, lambda: "p7" in b.text("approvals"), "the request")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(b.app.screen, ApprovalsScreen) and screen(b)._text, "the queue")
        await pilot.press("end")
        await until(pilot, lambda: "line 2999" in shown(screen(b).query_one("#request", RowsView)), "all of it")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60), (40, 12)])
async def test_thirty_of_the_worst_can_be_gone_through(enter: Enter, size: tuple[int, int]) -> None:
    b = enter(scenes.worst())
    async with b.app.run_test(size=size) as pilot:
        await open_approvals(b, pilot)
        for number in range(2, 12):
            await pilot.press("down")
            await until(pilot, lambda name=f"p{number}": screen(b)._shown == name and screen(b)._text, f"p{number}")  # type: ignore[misc]
        assert b.asked() == []
