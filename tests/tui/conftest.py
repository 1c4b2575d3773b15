"""Holds the application still and alike everywhere: colours, time zone, no animation; pictures go to `snapshots/`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_textual_snapshot  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion
from textual import constants

from tests.tui.bridge import Bridge, bridge
from tests.tui.gallery import Gallery, GoldenSVG

Enter = Callable[..., Bridge]

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


@pytest.fixture
def gallery(snapshot: SnapshotAssertion, request: pytest.FixtureRequest) -> Iterator[Gallery]:
    """Many pictures of one application; that none of them differs is seen to when the test is over."""
    gallery = Gallery(snapshot, request.node)
    yield gallery
    gallery.close()
