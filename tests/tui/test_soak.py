"""A long run under restless hands: nothing breaks, nothing is lost, and memory stays bounded.

`SOAK_EVENTS=100000 .venv/bin/pytest --log-cli-level=INFO tests/tui/test_soak.py` does it at full length.
"""

from __future__ import annotations

import gc
import logging
import os
import time
from random import Random

import psutil
import pytest
from textual.pilot import Pilot

from loki_tui.tui.actions import actions_of
from loki_tui.tui.app import Left
from loki_tui.tui.feed import KEPT
from loki_tui.tui.screens.cockpit import EARLIER, SCROLLED_BACK
from tests.support import scenes
from tests.tui.bridge import Bridge
from tests.tui.conftest import Enter
from tests.tui.until import until

EVENTS = int(os.environ.get("SOAK_EVENTS", "12000"))
AT_ONCE = 150
"""Events between one thing that the hands do and the next."""
GROWTH = 48_000_000
"""Bytes that the process may grow by after its first third."""

_LEAVES = {"app.quit", "app.export_svg", "app.export_text", "app.runs"}
"""What would end it, or fill the disk, or go where there is nothing to see."""

KEYS = [
    *(key for action in actions_of("app", "cockpit") if action.id not in _LEAVES for key in action.keys.split(",")),
    *(
        "up",
        "down",
        "pageup",
        "pagedown",
        "home",
        "end",
        "enter",
        "escape",
        "escape",
        "escape",
        "l",
        "x",
        "1",
        "y",
        "n",
    ),
]
SIZES = [(20, 8), (60, 15), (80, 24), (120, 36), (160, 45), (200, 60)]


@pytest.mark.xdist_group("soak")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [int(seed) for seed in os.environ.get("SOAK_SEEDS", "1").split()])
async def test_a_long_run_under_restless_hands(enter: Enter, seed: int) -> None:
    events = scenes.stream(EVENTS, seed)
    b = enter(events[:2])
    began, chance = time.monotonic(), Random(seed)
    held: list[int] = []
    async with b.app.run_test(size=(120, 36), notifications=True) as pilot:
        await b.open(pilot)
        for first in range(2, EVENTS, AT_ONCE):
            b.live.append(*events[first : first + AT_ONCE])
            await meddle(pilot, chance)
            if first > EVENTS / 3:
                held.append(psutil.Process().memory_info().rss)
                if len(held) == 1:
                    gc.collect()
        await come_back(b, pilot)
        await until(pilot, lambda: b.session.state.seq == EVENTS, "every event")
        assert b.session.state == b.state_at()
        assert len(b.session.feed) <= max(KEPT, SCROLLED_BACK + EARLIER)
        assert b.session.trouble is None
    assert max(held) - held[0] < GROWTH, [size // 1_000_000 for size in held]
    summary = f"{EVENTS:,} events, {(max(held) - held[0]) / 1e6:.1f} MB more, {time.monotonic() - began:.0f} s"
    logging.getLogger(__name__).info(summary)


async def meddle(pilot: Pilot[Left], chance: Random) -> None:
    """Press a key, and now and then make the terminal another size or click somewhere."""
    await pilot.press(chance.choice(KEYS))
    match chance.randrange(12):
        case 0:
            await pilot.resize_terminal(*chance.choice(SIZES))
        case 1:
            width, height = pilot.app.size
            await pilot.click(offset=(chance.randrange(width), chance.randrange(height)))
        case _:
            pass


async def come_back(b: Bridge, pilot: Pilot[Left]) -> None:
    """Leave whatever is in front of the cockpit, and the past."""
    for _ in range(40):
        if b.app.screen is b.cockpit and b.cockpit.past is None and b.cockpit._target is None:
            return
        await pilot.press("escape")
    raise AssertionError(f"{b.app.screen} is still in front")
