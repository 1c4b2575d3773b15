"""A long run under restless hands: nothing breaks, nothing is lost, and memory stays bounded.

At full length it is a benchmark: `python -m benchmarks.run soak`, which asks for the figures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
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
STUCK = 120.0
"""Seconds that one key may take at the very most, on a machine that does much else."""
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


@dataclass(slots=True)
class Tally:
    """What was done, and what it came to; see `benchmarks.soak`."""

    seed: int
    events: int = 0
    keys: int = 0
    resizes: int = 0
    clicks: int = 0
    before: int = 0
    """Bytes resident after the first third."""
    after: int = 0
    """The most that there were later."""
    seconds: float = 0


SIZES = [(20, 8), (60, 15), (80, 24), (120, 36), (160, 45), (200, 60)]


@pytest.mark.xdist_group("soak")
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", [int(seed) for seed in os.environ.get("SOAK_SEEDS", "1").split()])
async def test_a_long_run_under_restless_hands(enter: Enter, seed: int) -> None:
    events = scenes.stream(EVENTS, seed)
    b = enter(events[:2])
    began, chance, tally = time.monotonic(), Random(seed), Tally(seed)
    async with b.app.run_test(size=(120, 36), notifications=True) as pilot:
        await b.open(pilot)
        for first in range(2, EVENTS, AT_ONCE):
            b.live.append(*events[first : first + AT_ONCE])
            # Where the application breaks off, what a key does is waited for in vain.
            async with asyncio.timeout(STUCK):
                await meddle(pilot, chance, tally)
            if first > EVENTS / 3:
                if not tally.before:
                    gc.collect()
                    tally.before = psutil.Process().memory_info().rss
                tally.after = max(tally.after, psutil.Process().memory_info().rss)
        await come_back(b, pilot)
        await until(pilot, lambda: b.session.state.seq == EVENTS, "every event")
        assert b.session.state == b.state_at()
        assert len(b.session.feed) <= max(KEPT, SCROLLED_BACK + EARLIER)
        assert b.session.trouble is None
        tally.events = b.session.state.seq
    tally.seconds = time.monotonic() - began
    report(tally)
    assert tally.after - tally.before < GROWTH, tally


def report(tally: Tally) -> None:
    """Leave the figures to whoever asked for them."""
    if place := os.environ.get("SOAK_FIGURES"):
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(tally))}\n")


async def meddle(pilot: Pilot[Left], chance: Random, tally: Tally) -> None:
    """Press a key, and now and then make the terminal another size or click somewhere."""
    await pilot.press(chance.choice(KEYS))
    tally.keys += 1
    match chance.randrange(12):
        case 0:
            await pilot.resize_terminal(*chance.choice(SIZES))
            tally.resizes += 1
        case 1:
            width, height = pilot.app.size
            await pilot.click(offset=(chance.randrange(width), chance.randrange(height)))
            tally.clicks += 1
        case _:
            pass


async def come_back(b: Bridge, pilot: Pilot[Left]) -> None:
    """Leave whatever is in front of the cockpit, and the past."""
    for _ in range(40):
        if b.app.screen is b.cockpit and b.cockpit.past is None and b.cockpit._target is None:
            return
        await pilot.press("escape")
    raise AssertionError(f"{b.app.screen} is still in front")
