"""The rules of a run on the screen: what is approved, what a pattern would have let through, and taking it back."""

from __future__ import annotations

import pytest
from textual.events import Unmount
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Risk
from loki_tui.tui.app import Left
from loki_tui.tui.screens.approvals import ApprovalsScreen
from loki_tui.tui.screens.cockpit import CockpitScreen
from loki_tui.tui.screens.dialogs import ChooseScreen
from loki_tui.tui.screens.rules import RulesScreen
from loki_tui.tui.widgets.rows_view import RowsView
from tests.support import scenes
from tests.support.life import acted, approval
from tests.tui.bridge import Bridge, shown
from tests.tui.conftest import Enter
from tests.tui.gallery import SIZES, Gallery
from tests.tui.until import asking, until

SIZE = (120, 36)


def with_rules(*patterns: str) -> list[Event]:
    """A run in which a person approved these for good, and some commands were run."""
    events: list[Event] = list(scenes.stream(20))
    for number, pattern in enumerate(patterns):
        asked = approval(f"p90{number}", call=f"c90{number}").model_copy(update={"tool": "shell"})
        decided = ev.ApprovalDecided(approval=asked.approval, decision="approved", by="ada", pattern=pattern)
        events += [asked, decided]
    for number, command in enumerate(["touch one", "touch two", "git push"]):
        begun, ended = acted(f"a90{number}", f"d90{number}")
        events += [begun.model_copy(update={"input": {"command": command}}), ended]
    return events


def screen(b: Bridge) -> RulesScreen:
    return next(screen for screen in b.app.screen_stack if isinstance(screen, RulesScreen))


def learned(b: Bridge) -> str:
    return shown(screen(b).query_one("#learned", RowsView))


def tried(b: Bridge) -> str:
    return " ".join(shown(screen(b).query_one("#tried", RowsView)).split())


async def open_rules(b: Bridge, pilot: Pilot[Left]) -> None:
    await b.open(pilot)
    await pilot.press("u")
    await until(pilot, lambda: isinstance(b.app.screen, RulesScreen) and learned(b), "the rules")


async def test_each_rule_says_who_made_it_and_how_often_it_was_used(enter: Enter) -> None:
    b = enter([*with_rules("touch *"), approval("p950", call="e1")])
    used = ev.ApprovalDecided(approval="p950", decision="approved", by="rule touch *", rule="touch *")
    async with b.app.run_test(size=SIZE) as pilot:
        await open_rules(b, pilot)
        assert "touch *" in learned(b)
        assert "by ada" in learned(b)
        assert "not used yet" in learned(b)
        b.live.append(used)
        await until(pilot, lambda: "used 1 time" in learned(b), "its use")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(b.app.screen, CockpitScreen), "the cockpit")


async def test_what_happens_while_the_application_closes_harms_nothing(enter: Enter) -> None:
    b = enter(with_rules("touch *"))
    happened: list[bool] = []

    def hear(message: Message) -> None:
        """Have something happen in the run once all is gone that the screen consists of, but not the screen."""
        over = b.app.screen_stack[-1] if isinstance(message, Unmount) else None
        if isinstance(over, RulesScreen) and not over.query("#learned") and not happened:
            happened.append(over.is_current)
            next(under for under in b.app.screen_stack if isinstance(under, CockpitScreen)).note("moment")

    async with b.app.run_test(size=SIZE, message_hook=hear) as pilot:
        await open_rules(b, pilot)
    assert happened == [True]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
async def test_how_they_look(enter: Enter, gallery: Gallery, size: tuple[int, int]) -> None:
    b = enter(with_rules("touch *", "git push"))
    async with b.app.run_test(size=size) as pilot:
        await open_rules(b, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "touch * would have allowed 2 actions" in tried(b), "the answer")
        await gallery.take_in_every_theme(b.app, pilot, "tried")


async def test_trying_says_what_it_would_have_let_through_and_approves_nothing(enter: Enter) -> None:
    b = enter(with_rules("touch *"))
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await open_rules(b, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "touch * would have allowed" in tried(b), "what came of it")
        assert "none of them is risky" in tried(b)
        await pilot.press("slash")
        await until(pilot, lambda: asking(b.app), "the pattern")
        b.app.screen.query_one(Input).value = "git push"
        await pilot.press("enter")
        await until(pilot, lambda: "git push would have allowed 1 action" in tried(b), "what came of the other")
        assert "including this risky one" in tried(b)
        assert "(risk network;" in tried(b)
        await pilot.press("slash")
        await until(pilot, lambda: asking(b.app), "the pattern")
        b.app.screen.query_one(Input).value = "bash *"
        await pilot.press("enter")
        await until(pilot, lambda: b.said, "the complaint")
        assert "'bash *' is no pattern" in b.said[0]
        assert b.asked() == []


async def test_a_rule_is_taken_back_once_that_is_confirmed(enter: Enter) -> None:
    b = enter(with_rules("touch *", "cargo test *"))
    async with b.app.run_test(size=SIZE) as pilot:
        await open_rules(b, pilot)
        await pilot.press("down", "x")
        await until(pilot, lambda: isinstance(b.app.screen, ChooseScreen), "the question")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(b.app.screen, RulesScreen), "the rules")
        assert b.asked() == []
        await pilot.press("x")
        await until(pilot, lambda: isinstance(b.app.screen, ChooseScreen), "the question")
        await pilot.press("down", "enter")
        await until(pilot, b.asked, "the request")
        (revoke,) = b.asked()
        assert isinstance(revoke, rq.Revoke)
        assert revoke.pattern == "cargo test *"
        await until(pilot, lambda: "cargo test *" not in learned(b), "the rule to go")
        assert "touch *" in learned(b)
        b.live.append(ev.RuleRevoked(pattern="touch *", by="bob"))
        await until(pilot, lambda: "Nothing is approved" in learned(b), "the other to go, too")


async def test_without_rules_there_is_nothing_to_take_back(enter: Enter) -> None:
    b = enter(scenes.stream(20))
    async with b.app.run_test(size=SIZE) as pilot:
        await open_rules(b, pilot)
        assert "Nothing is approved for this run beforehand." in learned(b)
        assert tried(b) == "/ tries a pattern of your own on all that was done so far."
        await pilot.press("x", "enter")
        assert isinstance(b.app.screen, RulesScreen)


async def test_a_habit_of_approving_is_said_where_approvals_are(enter: Enter) -> None:
    events: list[Event] = list(scenes.stream(20))
    for number in range(25):
        events.append(approval(f"p90{number}", call=f"c90{number}"))
        events.append(ev.ApprovalDecided(approval=f"p90{number}", decision="approved", by="ada"))
    b = enter([*events, approval("p960", call="c960")])
    async with b.app.run_test(size=(180, 50)) as pilot:
        await b.open(pilot)
        assert "waved through" in " ".join(b.text("approvals").split())
        await pilot.press("a")
        await until(pilot, lambda: isinstance(b.app.screen, ApprovalsScreen), "the approvals")
        queue = b.app.screen.query_one("#queue", RowsView)
        await until(pilot, lambda: "waved through" in " ".join(shown(queue).split()), "the warning")
        assert "26/h, 100 % approved" in str(queue.border_title)


async def test_a_refusal_is_in_the_activity_with_its_rule(enter: Enter) -> None:
    b = enter(scenes.stream(20))
    refused = ev.ActionRefused(
        call="c9", agent="agent", tool="shell", input={"command": "rm -rf /"}, risk=Risk.DESTRUCTIVE,
        rule="rm -rf /", why="it would remove everything", source="default",
    )  # fmt: skip
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        b.live.append(refused)
        await until(pilot, lambda: "refused by a rule" in b.text("activity"), "the refusal")
        assert "it would remove everything; rule rm -rf / (default)" in " ".join(b.text("activity").split())
