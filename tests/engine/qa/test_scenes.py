"""What phases measured one after another are given, what they leave for the next, and what is left of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from loki_tui.core.errors import CheckpointError, WorkspaceError
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import TestCase, Verdict
from loki_tui.engine.ports import Workspace
from loki_tui.engine.qa.phase import REGRESSION, SECURITY, UNIT_TESTS, Measured
from loki_tui.engine.qa.scene import Scene
from loki_tui.engine.qa.scenes import Scenes
from tests.support.workspace import LocalWorkspace

SETTINGS = Settings.model_validate({"provider": "replay", "cassette": "/dev/null", "phase_regression": False})
RED = TestCase(id="test_a", outcome="failed")
GREEN = TestCase(id="test_a", outcome="passed")


class Checkout(LocalWorkspace):
    """A directory of its own that knows whether it was closed."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.root = root
        self.closed = 0

    async def close(self) -> None:
        self.closed += 1


class Checkouts:
    """Makes checkouts, and remembers them."""

    def __init__(self, tmp_path: Path) -> None:
        self._tmp_path = tmp_path
        self.made: list[Checkout] = []

    async def __call__(self) -> Workspace:
        root = self._tmp_path / str(len(self.made))
        root.mkdir()
        self.made.append(Checkout(root))
        return self.made[-1]


@dataclass
class Doing:
    """A phase that does what the test says."""

    do: Callable[[Scene], Awaitable[Measured]]
    name: str = SECURITY
    setting: str = "phase_security"
    required: bool = False
    thorough: bool = False

    async def measure(self, scene: Scene) -> Measured:
        return await self.do(scene)


@pytest.fixture
def checkouts(tmp_path: Path) -> Checkouts:
    return Checkouts(tmp_path)


async def test_each_phase_has_a_checkout_of_its_own_that_is_gone_afterwards(checkouts: Checkouts) -> None:
    async def litter(scene: Scene) -> Measured:
        found = await scene.here.run("ls; touch litter; pwd", timeout=10)
        async with scene.fresh() as fresh:
            assert (await fresh.run("ls", timeout=10)).output == ""
        return Measured(Verdict.PASSED, found.output)

    scenes = Scenes(SETTINGS, checkouts, None, "the diff", ("a",))
    first, second = [await scenes.measure(Doing(litter)) for _ in range(2)]
    assert first.why != second.why
    assert "litter" not in second.why
    assert [made.closed for made in checkouts.made] == [1, 1, 1, 1]


async def test_a_phase_that_is_switched_off_is_not_run_and_the_setting_is_named(checkouts: Checkouts) -> None:
    async def never(_scene: Scene) -> Measured:
        raise AssertionError

    scenes = Scenes(SETTINGS, checkouts, None, "", ())
    measured = await scenes.measure(Doing(never, REGRESSION, "phase_regression"))
    assert measured == Measured(Verdict.NOT_RUN, "switched off by LOKI_PHASE_REGRESSION")
    assert not checkouts.made


async def test_what_was_found_out_reaches_the_phases_after_it(checkouts: Checkouts) -> None:
    seen: list[tuple[object, ...]] = []

    async def note(scene: Scene) -> Measured:
        seen.append((scene.diff, scene.changed, scene.tests, scene.known_base.tests))
        return Measured(Verdict.PASSED, "")

    async def unit(scene: Scene) -> Measured:
        scene.tests = (RED,)
        return Measured(Verdict.FAILED, "", tests=(RED,))

    async def compare(scene: Scene) -> Measured:
        scene.known_base.tests = (GREEN,)
        # What another phase reports as its tests is no word of the unit tests.
        return Measured(Verdict.PASSED, "", tests=(GREEN,))

    scenes = Scenes(SETTINGS, checkouts, None, "the diff", ("a",))
    for phase in (Doing(note), Doing(unit, UNIT_TESTS), Doing(note), Doing(compare), Doing(note)):
        await scenes.measure(phase)
    assert seen == [
        ("the diff", ("a",), None, None),
        ("the diff", ("a",), (RED,), None),
        ("the diff", ("a",), (RED,), (GREEN,)),
    ]
    assert (scenes.tests, scenes.base.tests) == ((RED,), (GREEN,))


async def test_what_a_phase_found_at_the_base_holds_although_it_came_to_nothing(checkouts: Checkouts) -> None:
    async def dies(scene: Scene) -> Measured:
        scene.known_base.tests = (GREEN,)
        raise WorkspaceError("The hands are gone.")

    scenes = Scenes(SETTINGS, checkouts, None, "", ())
    assert await scenes.measure(Doing(dies)) == Measured(Verdict.ERROR, "The hands are gone.")
    assert scenes.base.tests == (GREEN,)
    assert [made.closed for made in checkouts.made] == [1]


async def test_a_checkout_that_cannot_be_made_is_an_error_and_no_exception() -> None:
    async def full() -> Workspace:
        raise CheckpointError("The disk is full.")

    async def never(_scene: Scene) -> Measured:
        raise AssertionError

    measured = await Scenes(SETTINGS, full, None, "", ()).measure(Doing(never))
    assert measured == Measured(Verdict.ERROR, "The disk is full.")


async def test_a_base_is_opened_where_there_is_one(checkouts: Checkouts) -> None:
    async def compare(scene: Scene) -> Measured:
        async with scene.base() as base:
            return Measured(Verdict.PASSED, "none" if base is None else "one")

    assert (await Scenes(SETTINGS, checkouts, None, "", ()).measure(Doing(compare))).why == "none"
    assert (await Scenes(SETTINGS, checkouts, checkouts, "", ()).measure(Doing(compare))).why == "one"
    assert all(made.closed == 1 for made in checkouts.made)


async def test_cancelling_closes_what_is_open(checkouts: Checkouts) -> None:
    begun = asyncio.Event()

    async def wait(scene: Scene) -> Measured:
        async with scene.fresh():
            begun.set()
            await asyncio.Event().wait()
        raise AssertionError

    task = asyncio.create_task(Scenes(SETTINGS, checkouts, None, "", ()).measure(Doing(wait)))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [made.closed for made in checkouts.made] == [1, 1]
