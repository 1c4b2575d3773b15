"""Holds the application still and alike everywhere: colours, time zone, no animation; pictures go to `snapshots/`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_textual_snapshot  # type: ignore[import-untyped]
from syrupy.location import PyTestLocation
from textual import constants

from tests.tui.bridge import Bridge, bridge

TESTS = Path(__file__).parents[1]
SNAPSHOTS = TESTS.parent / "snapshots"

Enter = Callable[..., Bridge]


class GoldenSVG(pytest_textual_snapshot.SVGImageExtension):  # type: ignore[misc]
    """Pictures in the top-level `snapshots/`, in directories like those of the tests."""

    file_extension = "svg"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """Where the pictures of a module of tests are."""
        return str(SNAPSHOTS / Path(test_location.filepath).relative_to(TESTS).with_suffix(""))


# `snap_compare` looks this name up when it runs.
pytest_textual_snapshot.SVGImageExtension = GoldenSVG


@pytest.fixture(autouse=True)
def looks(isolation: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of many colours, on which nothing moves by itself."""
    # The snapshot plug-in has imported the library before any environment could say so.
    monkeypatch.setattr(constants, "TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR")
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "truecolor"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
async def eager_tasks() -> None:
    """Start tasks as `App.run` does; `run_test` alone would start them later."""
    if sys.version_info >= (3, 12):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)


@pytest.fixture
def enter(tmp_path: Path) -> Iterator[Enter]:
    """Opens the application on a run made of events, until the test is over; see `tests.tui.bridge.bridge`."""
    with ExitStack() as stack:
        yield lambda events, **given: stack.enter_context(bridge(tmp_path, events, **given))
