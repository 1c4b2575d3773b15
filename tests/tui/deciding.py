"""What tests of approvals do and wait for."""

from __future__ import annotations

import time

from textual.pilot import Pilot

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.tui.app import Left
from loki_tui.tui.screens.approvals import BURST, READ, ApprovalsScreen
from loki_tui.tui.widgets.key_bar import KeyBar
from tests.support import scenes
from tests.tui.bridge import Bridge
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
