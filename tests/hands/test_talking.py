"""Programs in hands that are talked with by lines."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from loki_tui.engine.outside.ports import OutsideError
from loki_tui.hands.policy import Demands
from loki_tui.hands.rungs import available
from loki_tui.hands.workspace import HandsWorkspace, HandsWorkspaces
from tests.support.processes import await_none_in


async def hands(tmp_path: Path, rung: str = "auto") -> HandsWorkspace:
    for name in ("workspace", "private"):
        (tmp_path / name).mkdir()
    demands = Demands(
        root=tmp_path / "workspace", private=tmp_path / "private", environ=dict(os.environ), confinement=rung
    )
    return await HandsWorkspaces(demands).open_agent()


ECHO = 'echo "$WORD"; echo complaint >&2; while read -r line; do echo "got $line"; done; exit 3'


@pytest.mark.parametrize("rung", available())
async def test_what_is_said_is_heard_line_by_line(tmp_path: Path, rung: str) -> None:
    workspace = await hands(tmp_path, rung)
    program = await workspace.talk(["/bin/bash", "-c", ECHO], {"WORD": "hello"})
    await program.say("one")
    await program.say("zwei, 二")
    lines = program.lines()
    assert [await anext(lines) for _ in range(3)] == ["hello", "got one", "got zwei, 二"]
    done = await program.close()
    assert (done.exit_code, done.output) == (3, "complaint\n")
    assert not (await workspace.perform("shell", {"command": 'test -n "$WORD"'})).ok
    await workspace.close()


async def test_it_ends_with_all_that_it_started(tmp_path: Path) -> None:
    workspace = await hands(tmp_path)
    program = await workspace.talk(["/bin/bash", "-c", "trap '' TERM; setsid sleep 1001 & echo up; sleep 1002"], {})
    assert await anext(program.lines()) == "up"
    await program.close()
    await workspace.close()
    await asyncio.to_thread(await_none_in, tmp_path)


async def test_one_that_ends_or_never_was_says_no_more(tmp_path: Path) -> None:
    workspace = await hands(tmp_path)
    program = await workspace.talk(["/bin/bash", "-c", "echo a; printf half"], {})
    assert [line async for line in program.lines()] == ["a", "half"]
    await program.say("too late")
    assert (await program.close()).ok
    missing = await workspace.talk(["/nowhere/program"], {})
    assert [line async for line in missing.lines()] == []
    assert "cannot be started" in (await missing.close()).output
    await workspace.close()


async def test_a_line_without_end_is_a_flood(tmp_path: Path) -> None:
    workspace = await hands(tmp_path)
    program = await workspace.talk(["/bin/bash", "-c", "tr '\\0' x < /dev/zero"], {})
    with pytest.raises(OutsideError, match="more than anybody can take in"):
        async for _ in program.lines():
            pass
    await program.close()
    await workspace.close()
