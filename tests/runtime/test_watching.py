"""Hearing that something happened in a project."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.runtime.watching import ROUND, changes, changes_anywhere, touched, touched_anywhere
from loki_tui.store.project import Project, locate_project
from tests.support import life, scenes


def project(tmp_path: Path) -> Project:
    workspace = tmp_path / "project"
    workspace.mkdir()
    return locate_project(workspace, state_root=tmp_path / "state")


@asynccontextmanager
async def heard(watched: Project, since: int) -> AsyncIterator[asyncio.Task[None]]:
    """Done once something happens in a project."""
    async with hearing_of(changes(watched, since=since)) as task:
        yield task


@asynccontextmanager
async def hearing_of(happenings: AsyncGenerator[None, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Done once something happens."""

    async def first() -> None:
        async with aclosing(happenings) as each:
            await anext(each)

    task = asyncio.create_task(first())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_what_happens_is_heard_and_what_was_known_is_not(tmp_path: Path) -> None:
    watched = project(tmp_path)
    with scenes.at_work(watched, "r1", [life.created()]) as journal:
        async with heard(watched, touched(watched)) as hearing:
            done, _ = await asyncio.wait([hearing], timeout=0.7)  # longer than a bell rings by itself
            assert not done
            journal.append(ev.Warned(message="Careful."))
            await asyncio.wait_for(hearing, 20)


async def test_what_happened_since_the_last_look_is_heard_at_once(tmp_path: Path) -> None:
    watched = project(tmp_path)
    before = touched(watched)
    assert before == 0
    scenes.write(watched, "r1", [life.created()])
    async with heard(watched, before) as hearing:
        await asyncio.wait_for(hearing, 20)


async def test_a_project_without_state_is_heard_of_once_it_has_some(tmp_path: Path) -> None:
    watched = project(tmp_path)
    async with heard(watched, touched(watched)) as hearing:
        scenes.write(watched, "r1", [life.created()])
        await asyncio.wait_for(hearing, 20)


# -- all of the machine ---------------------------------------------------------------------------


def usual(tmp_path: Path, name: str) -> Project:
    """A project with its state in the usual place."""
    workspace = tmp_path / name
    workspace.mkdir()
    return locate_project(workspace)


async def test_what_happens_in_any_project_is_heard_a_new_one_included(tmp_path: Path) -> None:
    one, other = usual(tmp_path, "one"), usual(tmp_path, "other")
    with scenes.at_work(one, "r1", [life.created()]) as journal:
        since = touched_anywhere(os.environ)
        assert list(since) == [one.state.root]
        async with hearing_of(changes_anywhere(os.environ, since=since)) as hearing:
            done, _ = await asyncio.wait([hearing], timeout=1.1 * ROUND)
            assert not done
            journal.append(ev.Warned(message="Careful."))
            await asyncio.wait_for(hearing, 20)
        since = touched_anywhere(os.environ)
        async with hearing_of(changes_anywhere(os.environ, since=since)) as hearing:
            scenes.write(other, "r2", [life.created()])
            await asyncio.wait_for(hearing, 20)


async def test_looking_at_the_machine_creates_nothing(tmp_path: Path) -> None:
    watched = usual(tmp_path, "one")
    assert touched_anywhere(os.environ) == {}
    assert touched_anywhere({**os.environ, "LOKI_DIR": str(tmp_path / "state")}) == {}
    assert not watched.state.root.exists()
    assert not (tmp_path / "state").exists()
