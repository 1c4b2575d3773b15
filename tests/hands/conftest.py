"""A person with a workspace, and hands on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from loki_tui.hands.workspace import HandsWorkspace
from tests.support.hands import Box, World, box_policy, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.fixture
async def hands(world: World) -> AsyncIterator[HandsWorkspace]:
    opened = await world.workspaces().open_agent()
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """For tests that leave it as it was, or do not mind."""
    return make_world(tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def box(shared_world: World) -> Iterator[Box]:
    """One confined process for a whole module."""
    box = Box(box_policy(shared_world))
    yield box
    box.close()
