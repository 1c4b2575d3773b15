"""A refusal by the kernel reaches the model as what it is, through commands and file tools alike, on every rung."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loki_tui.hands.workspace import HandsWorkspace, HandsWorkspaces
from tests.support.hands import RUNGS, World, make_world


@pytest.fixture(params=RUNGS)
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    return make_world(tmp_path, request.param)


@pytest.fixture
async def hands(world: World) -> AsyncIterator[HandsWorkspace]:
    opened = await HandsWorkspaces(world.demands(allowed=("src",))).open_agent()
    yield opened
    await opened.close()


COMMANDS = {
    "redirection": "echo x > {path}",
    "cp": "cp src/a.py {path}",
    "touch": "touch {path}",
    "python": '/usr/bin/python3 -c \'open("{path}", "w")\'',
    "node": 'node -e \'require("fs").writeFileSync("{path}", "x")\'',
    "git": "git init -q {path}",
    "mkdir": "mkdir {path}",
}


@pytest.mark.parametrize("tool", COMMANDS)
@pytest.mark.parametrize("place", ["outside", "beside", "system"])
async def test_commands_name_path_and_setting(hands: HandsWorkspace, world: World, tool: str, place: str) -> None:
    if tool in ("node", "git") and not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    path = {"outside": f"{world.outside}/new", "beside": f"{world.workspace}/new", "system": "/etc/new"}[place]
    result = await hands.perform("shell", {"command": COMMANDS[tool].format(path=path)})
    assert not result.ok
    assert "LOKI_ALLOWED_PATHS" in result.output
    assert ("new is outside" if place == "beside" else f"{path} is outside") in result.output


async def test_a_command_that_reads_outside_is_told_of_the_setting(hands: HandsWorkspace, world: World) -> None:
    result = await hands.perform("shell", {"command": f"cat {world.outside}/file.txt"})
    assert f"[{world.outside}/file.txt is outside what this run may touch." in result.output
    assert "LOKI_READ_PATHS" in result.output


async def test_an_ordinary_failure_is_left_alone(hands: HandsWorkspace) -> None:
    result = await hands.perform("shell", {"command": "cat src/missing; ./src/a.py; false"})
    assert "LOKI_" not in result.output


async def test_file_tools_say_which_setting(hands: HandsWorkspace, world: World) -> None:
    written = await hands.perform("write_file", {"path": "other.txt", "content": "x"})
    assert written.output == (
        f"other.txt is outside what this run may write: {world.workspace}/src. A person can widen LOKI_ALLOWED_PATHS."
    )
    read = await hands.perform("read_file", {"path": f"{world.outside}/missing"})
    assert read.output == (
        f"{world.outside}/missing is outside what this run may read. A person can add it to LOKI_READ_PATHS."
    )
    absent = await hands.perform("read_file", {"path": "src/missing"})
    assert absent.output == "src/missing does not exist."


async def test_a_network_that_is_off_is_named(world: World) -> None:
    hands = await HandsWorkspaces(world.demands(network=("off",))).open_agent()
    program = 'import socket; socket.create_connection(("192.0.2.1", 80), 2)'
    result = await hands.perform("shell", {"command": f"/usr/bin/python3 -c '{program}'"})
    assert "[The network is off for agents. A person can change LOKI_NETWORK.]" in result.output
    await hands.close()
