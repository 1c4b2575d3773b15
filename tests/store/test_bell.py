"""A wake-up may come too often, never too late."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loki_tui.store.bell import Bell, touch, watching
from tests.store.children import LIMIT_SECONDS, REPOSITORY

SOON_SECONDS = 5


async def test_a_ring_between_two_waits_is_not_lost() -> None:
    bell = Bell()
    with bell.listen() as listener:
        await listener.wait()
        bell.ring()
        await asyncio.wait_for(listener.wait(), SOON_SECONDS)


async def test_everyone_who_listens_is_woken() -> None:
    bell = Bell()
    with bell.listen() as one, bell.listen() as other:
        await asyncio.gather(one.wait(), other.wait())
        bell.ring()
        await asyncio.wait_for(asyncio.gather(one.wait(), other.wait()), SOON_SECONDS)


def test_a_listener_whose_loop_is_gone_hurts_nobody() -> None:
    bell = Bell()

    async def listen() -> None:
        bell.listen().__enter__()

    asyncio.run(listen())
    bell.ring()


async def test_a_touch_is_heard_well_before_the_heartbeat(tmp_path: Path) -> None:
    bell = Bell()
    waits: list[float] = []
    with watching(tmp_path / "a.bell", bell), bell.listen() as listener:
        await listener.wait()
        await asyncio.wait_for(listener.wait(), SOON_SECONDS)
        for _ in range(5):
            begun = time.monotonic()
            touch(tmp_path / "a.bell")
            await asyncio.wait_for(listener.wait(), SOON_SECONDS)
            waits.append(time.monotonic() - begun)
    assert min(waits) < 0.4


@pytest.mark.parametrize("unwatchable", ["missing", os.fsdecode(b"caf\xe9")])
async def test_without_notifications_the_heartbeat_remains(tmp_path: Path, unwatchable: str) -> None:
    bell = Bell()
    with watching(tmp_path / unwatchable / "a.bell", bell), bell.listen() as listener:
        for _ in range(3):
            await asyncio.wait_for(listener.wait(), SOON_SECONDS)


def test_a_bell_that_cannot_be_touched_is_no_error(tmp_path: Path) -> None:
    touch(tmp_path / "missing" / "a.bell")


def test_a_watch_that_nobody_closed_lets_the_process_end(tmp_path: Path) -> None:
    code = """
import asyncio, pathlib, sys
import pytest

from loki_tui.store.bell import Bell, watching

async def leave_open():
    bell = Bell()
    with bell.listen() as listener:
        watching(pathlib.Path(sys.argv[1]), bell).__enter__()
        await listener.wait()
        await listener.wait()

asyncio.run(leave_open())
"""
    left = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.bell")],
        cwd=REPOSITORY,
        timeout=LIMIT_SECONDS,
        capture_output=True,
        check=False,
    )
    assert (left.returncode, left.stderr) == (0, b"")
