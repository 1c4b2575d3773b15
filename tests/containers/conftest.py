"""A person with a workspace, and boxes on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loki_tui.hands.workspace import HandsWorkspace
from tests.support.hands import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, "docker")


@pytest.fixture
async def hands(world: World) -> AsyncIterator[HandsWorkspace]:
    opened = await world.workspaces().open_agent()
    yield opened
    await opened.close()
