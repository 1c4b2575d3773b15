"""Checkouts stand still with the run, and none stays behind."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.control import Control
from loki_tui.engine.holding import HeldCheckouts
from loki_tui.engine.ports import Workspace
from loki_tui.hands.workspace import HandsWorkspace, HandsWorkspaces
from tests.support.hands import World, make_world
from tests.support.life import created
from tests.support.memory import MemoryJournal
from tests.support.processes import await_none_in


class PausedMeanwhile:
    """Makes checkouts, while a person pauses the run; implements `loki_tui.engine.ports.Checkouts`."""

    def __init__(self, chronicle: Chronicle, world: World) -> None:
        self._chronicle = chronicle
        self._world = world
        self.made = asyncio.Event()
        self.hands: HandsWorkspace | None = None

    async def open(self, checkpoint: str) -> Workspace:
        root = self._world.base / checkpoint
        root.mkdir()
        self.hands = await HandsWorkspaces(self._world.demands()).open_checkout(root)
        self._chronicle.note(ev.RunPaused(by="person", reason="lunch"))
        self.made.set()
        return self.hands


async def test_a_stop_in_a_pause_closes_the_checkout_that_nobody_has_yet(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    chronicle = Chronicle(MemoryJournal())
    chronicle.note(created())
    control = Control(chronicle, redact=str, on_stop=lambda: None)
    checkouts = PausedMeanwhile(chronicle, world)
    opening = asyncio.create_task(HeldCheckouts(checkouts, control).open("c1"))
    await checkouts.made.wait()
    assert not opening.done()
    opening.cancel()
    with suppress(asyncio.CancelledError):
        await opening
    assert opening.cancelled()
    await_none_in(world.base)
