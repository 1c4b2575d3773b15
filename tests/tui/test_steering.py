"""What a person asks of a run reaches its engine's inbox, exactly so, and nothing else does."""

from __future__ import annotations

from decimal import Decimal

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.events import Event
from loki_tui.tui.app import Left
from loki_tui.tui.screens.dialogs import ChooseScreen
from tests.support import scenes
from tests.tui.bridge import Bridge
from tests.tui.conftest import Enter
from tests.tui.until import asking, until

FULL = scenes.full()
SIZE = (100, 30)


async def asked(b: Bridge, pilot: Pilot[Left], count: int = 1) -> list[rq.Request]:
    """What is in the inbox once there is so much."""
    await until(pilot, lambda: len(b.asked()) >= count, f"{count} requests")
    await pilot.pause()
    return b.asked()


async def fill_in(b: Bridge, pilot: Pilot[Left], text: str) -> None:
    """Answer the question that is asked."""
    await until(pilot, lambda: asking(b.app), "the question")
    b.app.screen.query_one(Input).value = text
    await pilot.press("enter")


@pytest.mark.parametrize(
    ("key", "request_", "events"),
    [
        ("p", rq.Pause, FULL),
        ("p", rq.Resume, scenes.paused()),
    ],
)
async def test_a_key_is_one_request(
    enter: Enter, key: str, request_: type[rq.Pause | rq.Resume], events: list[Event]
) -> None:
    b = enter(events)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press(key)
        (request,) = await asked(b, pilot)
        assert isinstance(request, request_)
        assert b.app.screen is b.cockpit


async def test_a_note_is_sent_as_it_was_written(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("i")
        await fill_in(b, pilot, "  Use [bold]no[/] markup.  ")
        (request,) = await asked(b, pilot)
        assert isinstance(request, rq.Steer)
        assert request.note == "Use [bold]no[/] markup."


@pytest.mark.parametrize("keys", [("i", "escape"), ("i", "enter"), ("b", "escape"), ("s", "escape"), ("s", "enter")])
async def test_leaving_a_question_asks_nothing(enter: Enter, keys: tuple[str, str]) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press(keys[0])
        await until(pilot, lambda: b.app.screen is not b.cockpit, "the question")
        await pilot.press(keys[1])
        await until(pilot, lambda: b.app.screen is b.cockpit, "the cockpit")
        assert b.asked() == []


async def test_a_stop_is_confirmed_first(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(b.app.screen, ChooseScreen), "the question")
        assert b.app.screen.query_one(OptionList).highlighted == 0
        await pilot.press("down", "enter")
        (request,) = await asked(b, pilot)
        assert isinstance(request, rq.Stop)


@pytest.mark.parametrize(("text", "limit"), [("12.50", Decimal("12.5")), ("$20", Decimal(20))])
async def test_a_budget_is_set(enter: Enter, text: str, limit: Decimal) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("b")
        await until(pilot, lambda: asking(b.app), "the question")
        assert b.app.screen.query_one(Input).value == "10"
        await fill_in(b, pilot, text)
        (request,) = await asked(b, pilot)
        assert request == rq.SetBudget(by=request.by, limit=limit)


@pytest.mark.parametrize("text", ["much", "-3", "1e30", "1e400", "nan"])
async def test_what_is_no_amount_is_refused_and_said(enter: Enter, text: str) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await b.open(pilot)
        await pilot.press("b")
        await fill_in(b, pilot, text)
        await until(pilot, lambda: b.said, "the complaint")
        assert "budget" in b.said[0].lower()
        assert b.asked() == []


async def test_going_on_over_budget_asks_for_more(enter: Enter) -> None:
    b = enter(scenes.budgets()["zero"])
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("p")
        await fill_in(b, pilot, "5")
        (request,) = await asked(b, pilot)
        assert request == rq.Resume(by=request.by, budget=Decimal(5))


@pytest.mark.parametrize("key", ["i", "b"])
async def test_without_an_engine_it_says_that_nobody_hears(enter: Enter, key: str) -> None:
    b = enter(FULL, alive=False)
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await b.open(pilot)
        await pilot.press(key)
        await until(pilot, lambda: "No engine is at work on this run; p takes it up." in b.said, "that")
        assert b.asked() == []
        assert b.app.screen is b.cockpit


async def test_without_an_engine_going_on_is_a_question(enter: Enter) -> None:
    b = enter(FULL, alive=False)
    async with b.app.run_test(size=SIZE) as pilot:
        await b.open(pilot)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(b.app.screen, ChooseScreen), "the question")
        await pilot.press("enter")
        await until(pilot, lambda: b.app.screen is b.cockpit, "the cockpit")
        assert b.session.hosted is None


@pytest.mark.parametrize("key", ["p", "i", "b", "s"])
async def test_a_run_that_has_ended_is_not_steered(enter: Enter, key: str) -> None:
    b = enter(scenes.ended())
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await b.open(pilot)
        await pilot.press(key)
        await until(pilot, lambda: any("has ended" in words for words in b.said), "that")
        assert b.asked() == []


@pytest.mark.parametrize("key", ["p", "i", "b", "s", "a"])
async def test_nobody_steers_the_past(enter: Enter, key: str) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await b.open(pilot)
        await pilot.press("<")
        await until(pilot, lambda: b.cockpit.past is not None, "the past")
        await pilot.press(key)
        await until(pilot, lambda: any("looking back" in words for words in b.said), "that")
        assert b.app.screen is b.cockpit
        assert b.asked() == []


async def test_a_note_that_is_too_long_is_refused_with_what_to_do(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await b.open(pilot)
        await pilot.press("i")
        await fill_in(b, pilot, "x" * 20_001)
        await until(pilot, lambda: b.said, "the complaint")
        assert "20,001 characters" in b.said[0]
        assert b.asked() == []


async def test_a_run_that_ends_while_a_question_is_open_takes_no_answer(enter: Enter) -> None:
    b = enter(FULL)
    async with b.app.run_test(size=SIZE, notifications=True) as pilot:
        await b.open(pilot)
        await pilot.press("i")
        await until(pilot, lambda: asking(b.app), "the question")
        b.live.append(ev.RunClosed(outcome="stopped", reason="enough"))
        await fill_in(b, pilot, "Too late.")
        await until(pilot, lambda: any("has ended" in words for words in b.said), "that")
        assert b.asked() == []
