"""Approvals: each answer is exactly one decision about exactly what was shown; nothing else decides anything."""

from __future__ import annotations

import pytest
from textual.widgets import Input, TextArea

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Excerpt, Risk
from loki_tui.tui.screens.approvals import ApprovalsScreen
from loki_tui.tui.screens.dialogs import EditScreen
from loki_tui.tui.screens.viewer import ViewerScreen
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_view import RowsView
from tests.support import scenes
from tests.tui.bridge import shown
from tests.tui.conftest import Enter
from tests.tui.deciding import ASKED, FULL, SIZE, decided, nothing_is_decided, open_approvals, read, screen, told
from tests.tui.until import asking, until

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
        # The next one waits already: its keys are in view as well.
        assert shown(screen(b).query_one(KeyBar)).startswith(" p1 approved.  y Approve  n Deny ")
        queue = shown(screen(b).query_one("#queue", RowsView))
        assert "p1" not in queue
        assert "p2" in queue


async def test_a_decision_that_nobody_takes_yet_is_said_to_wait(enter: Enter) -> None:
    b = enter(FULL, alive=False)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press("y")
        (decision,) = await decided(b, pilot)
        assert decision.approval == "p1"
        await until(pilot, lambda: told(b) == "p1 approved, which counts once the run goes on.", "the word for it")


async def test_what_is_decided_does_not_stay_in_view_as_if_it_waited(enter: Enter) -> None:
    b = enter(shell_with_pattern())
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        request = screen(b).query_one("#request", RowsView)
        await until(pilot, lambda: shown(request), "the request")
        await read(b, pilot)
        await pilot.press("y")
        await until(pilot, lambda: "Nothing waits for you." in shown(screen(b).query_one("#queue", RowsView)), "none")
        assert shown(request) == ""
        assert "waiting" not in str(request.border_title)


async def test_n_denies_with_a_reason_that_reaches_the_agent(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press("n")
        await until(pilot, lambda: asking(b.app), "the question why")
        await pilot.press(*"Never force.", "enter")
        (decision,) = await decided(b, pilot)
        assert (decision.approval, decision.decision, decision.reason) == ("p1", "denied", "Never force.")


async def test_a_denial_can_be_left(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await open_approvals(b, pilot)
        await read(b, pilot)
        await pilot.press("n")
        await until(pilot, lambda: asking(b.app), "the question why")
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
        await until(pilot, lambda: asking(b.app), "the pattern")
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
        await until(pilot, lambda: asking(b.app), "the pattern")
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
        await until(pilot, lambda: asking(b.app), "the question why")
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
