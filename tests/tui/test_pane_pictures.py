"""How each pane looks with nothing, enough and too much in it, at every size and in every theme.

One application a scene and size: it gives each pane the whole screen in turn, and goes through the themes there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from loki_tui.tui.actions import ORDINARY, PANES
from loki_tui.tui.app import Left
from tests.support import abreast, scenes
from tests.tui.bridge import Bridge, bridge
from tests.tui.conftest import Enter
from tests.tui.gallery import SIZES, THEMES, Gallery, change_theme, picture_of
from tests.tui.until import until

SET_BACK = -7_200.0
"""Seconds from the newest event to the present, where a clock was set back between them."""

by_size = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)


async def alone(b: Bridge, pilot: Pilot[Left], name: str) -> None:
    """Give a pane the whole screen, and wait until it is made for that."""
    pane, board = b.pane(name), b.cockpit.board
    await pilot.press(str(PANES.index(name) + 1))
    if board.arrangement.zoomed is None:
        await pilot.press("z")
    await until(pilot, lambda: board.shown() == [pane] and pane.region.width == b.app.size.width, name)
    await at_rest(b, pilot)


async def at_rest(b: Bridge, pilot: Pilot[Left]) -> None:
    """Wait until nothing is left to paint."""
    await pilot.pause()
    await until(pilot, lambda: not b.cockpit._changed and not b.cockpit._due, "the last stroke")
    await pilot.pause()


async def take_each(b: Bridge, gallery: Gallery, size: tuple[int, int], panes: Sequence[str] = ORDINARY) -> None:
    """A picture of each pane in each theme."""
    async with b.app.run_test(size=size) as pilot:
        await b.open(pilot)
        for name in panes:
            await alone(b, pilot, name)
            await gallery.take_in_every_theme(b.app, pilot, name)


@by_size
async def test_empty(enter: Enter, gallery: Gallery, size: tuple[int, int]) -> None:
    await take_each(enter(scenes.empty()), gallery, size)


@by_size
async def test_full(enter: Enter, gallery: Gallery, size: tuple[int, int]) -> None:
    await take_each(enter(scenes.full()), gallery, size)


@by_size
async def test_worst(enter: Enter, gallery: Gallery, size: tuple[int, int]) -> None:
    """Also with a clock that stands still, leaps by hours and years, and in the end is set back."""
    await take_each(enter(scenes.worst(), clock=scenes.jumps(), later=SET_BACK), gallery, size)


@pytest.mark.parametrize("scene", ["begun", "abreast", "crowded"])
@by_size
async def test_streams(enter: Enter, gallery: Gallery, size: tuple[int, int], scene: str) -> None:
    await take_each(enter(getattr(abreast, scene)()), gallery, size, ["streams"])


@by_size
async def test_iterations_of_streams(enter: Enter, gallery: Gallery, size: tuple[int, int]) -> None:
    await take_each(enter(abreast.abreast()), gallery, size, ["iterations", "approvals"])


@pytest.mark.parametrize("left", ["zero", "negative"])
@by_size
async def test_nothing_left(enter: Enter, gallery: Gallery, size: tuple[int, int], left: str) -> None:
    await take_each(enter(scenes.budgets()[left]), gallery, size, ["budget"])


@pytest.mark.parametrize("theme", THEMES)
async def test_a_theme_taken_later_looks_as_if_it_had_been_there_from_the_start(tmp_path: Path, theme: str) -> None:
    pictures = []
    for first in (theme, THEMES[THEMES.index(theme) - 1]):
        directory = tmp_path / first
        directory.mkdir()
        with bridge(directory, scenes.full(), theme=first) as b:
            async with b.app.run_test(size=SIZES["120x36"]) as pilot:
                await b.open(pilot)
                await at_rest(b, pilot)
                if first != theme:
                    await change_theme(b.app, pilot, theme)
                pictures.append(picture_of(b.app))
    assert pictures[0] == pictures[1]
