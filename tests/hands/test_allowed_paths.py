"""Allowed paths as people write them, held by every rung: what does not exist, nests, is a link, shares a prefix."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from loki_tui.core.errors import ConfinementError, UsageError
from loki_tui.hands.workspace import HandsWorkspace, HandsWorkspaces
from tests.support.hands import RUNGS, SECRET, World, make_world


@pytest.fixture(params=RUNGS)
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    return make_world(tmp_path, request.param)


async def opened(world: World, *allowed: str) -> HandsWorkspace:
    return await HandsWorkspaces(world.demands(allowed=allowed)).open_agent()


async def may_write(hands: HandsWorkspace, path: str | Path) -> bool:
    """Whether a command and a file tool can make a file; they must agree."""
    told = await hands.perform("shell", {"command": f"echo x > {shlex.quote(f'{path}.sh')}"})
    tool = await hands.perform("write_file", {"path": f"{path}.tool", "content": "x"})
    assert told.ok == tool.ok, (told.output, tool.output)
    return told.ok


@pytest.mark.parametrize(
    "allowed",
    [
        ("src",),
        ("./src",),
        ("src/",),
        ("src//",),
        ("src/.",),
        ("tests/../src",),
        ("{W}/src",),
        ("{W}/src/",),
        ("//{W}/src",),
        ("src/deep", "src"),
        ("src", "src/deep"),
        ("src", "src"),
        ("link-to-src",),
    ],
)
async def test_one_directory_however_it_is_written(world: World, allowed: tuple[str, ...]) -> None:
    (world.workspace / "src/deep").mkdir()
    (world.workspace / "link-to-src").symlink_to("src")
    hands = await opened(world, *(path.format(W=world.workspace) for path in allowed))
    assert await may_write(hands, "src/new")
    assert await may_write(hands, world.workspace / "src/deep/new")
    assert await may_write(hands, "link-to-src/by-link")
    assert not await may_write(hands, "src-evil/new")
    assert not await may_write(hands, "tests/new")
    assert not await may_write(hands, "new")
    assert not await may_write(hands, world.outside / "new")
    await hands.close()


@pytest.mark.parametrize("name", ["new\nline", "üñï", "a b", "-rf", "$(x)", "'quoted\"", "*", "back\\slash", "[x]"])
async def test_odd_names_are_names(world: World, name: str) -> None:
    place = world.workspace / name
    place.mkdir()
    hands = await opened(world, name)
    assert await may_write(hands, f"{place}/new")
    assert not await may_write(hands, f"{place}-evil")
    await hands.close()


async def test_a_name_that_is_no_utf8_is_a_name(world: World) -> None:
    name = os.fsdecode(b"\xff\xfe")
    (world.workspace / name).mkdir()
    hands = await opened(world, name)
    told = await hands.perform("shell", {"command": "cd $'\\xff\\xfe' && echo x > made"})
    assert told.ok, told.output
    assert not await may_write(hands, "src/new")
    await hands.close()
    assert (world.workspace / name / "made").exists()


@pytest.mark.parametrize(
    "path", ["missing", "src/missing", "/nowhere/at/all", "src/a.py/below", "dangling", "a\0b", "loop"]
)
async def test_what_is_not_there_is_refused(world: World, path: str) -> None:
    (world.workspace / "dangling").symlink_to("missing")
    (world.workspace / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match="LOKI_ALLOWED_PATHS"):
        HandsWorkspaces(world.demands(allowed=("src", path)))


async def test_a_path_outside_may_be_allowed(world: World) -> None:
    hands = await opened(world, "src", str(world.outside))
    assert await may_write(hands, world.outside / "new")
    assert await may_write(hands, "src/way-out/by-link")
    assert not await may_write(hands, world.base / "new")
    await hands.close()


async def test_a_link_is_what_it_leads_to_when_the_run_begins(world: World) -> None:
    """An agent that turns it later gains nothing."""
    (world.workspace / "place").symlink_to("tests")
    hands = await opened(world, "place", "src")
    assert await may_write(hands, "place/new")
    (world.workspace / "place").unlink()
    (world.workspace / "place").symlink_to(world.outside)
    assert not await may_write(hands, "place/other")
    assert not (world.outside / "other.sh").exists()
    await hands.close()


async def test_a_single_file_may_be_allowed(world: World) -> None:
    hands = await opened(world, "other.txt")
    assert (await hands.perform("write_file", {"path": "other.txt", "content": "new"})).ok
    assert (await hands.perform("shell", {"command": "echo more >> other.txt"})).ok
    assert (world.workspace / "other.txt").read_text() == "newmore\n"
    assert not await may_write(hands, "other.txt-twin")
    await hands.close()


async def test_a_read_path_within_an_allowed_one_stays_writable(world: World) -> None:
    hands = await HandsWorkspaces(world.demands(readable=("src",))).open_agent()
    assert await may_write(hands, "src/new")
    await hands.close()


@pytest.mark.skipif(
    sys.prefix.startswith("/tmp/"), reason="Loki itself is installed in /tmp, so that it is no private place"
)
async def test_temporary_places_are_private_where_the_rung_can(world: World) -> None:
    stray = world.base / f"/tmp/loki-test-{os.getpid()}"
    hands = await opened(world)
    tried = await hands.perform("shell", {"command": f"echo x > {stray} && cat {stray}"})
    assert tried.ok is (world.rung == "bwrap")
    told = await hands.perform("shell", {"command": "echo y > $TMPDIR/z; echo $TMPDIR"})
    tmp = world.base / told.output.strip()
    assert (tmp / "z").read_text() == "y\n"
    await hands.close()
    assert not stray.exists()
    assert not tmp.exists()


async def test_credentials_within_a_grant_are_hidden_where_the_rung_can(world: World) -> None:
    demands = replace(world.demands(readable=(f"{world.home}/.config", f"{world.home}/.aws")))
    hands = await HandsWorkspaces(demands).open_agent()
    (world.home / ".config/other").write_text("readable")
    hidden, meant = f"{world.home}/.config/gh/hosts.yml", f"{world.home}/.aws/credentials"
    assert (await hands.perform("shell", {"command": f"cat {world.home}/.config/other"})).output == "readable"
    masked = world.rung == "bwrap"
    assert (SECRET in (await hands.perform("shell", {"command": f"cat {hidden}"})).output) is not masked
    assert SECRET in (await hands.perform("shell", {"command": f"cat {meant}"})).output
    said = "; ".join(hands.confinement.uncovered)
    assert ("~/.config/gh" in said) is not masked
    assert "~/.aws" in said
    assert hands.confinement == HandsWorkspaces(demands).confinement
    result = await hands.perform(
        "shell", {"command": f"rm -rf {world.home}/.config/gh; echo x > {world.home}/.config/gh/x"}
    )
    assert not result.ok
    assert (world.home / ".config/gh/hosts.yml").read_text() == SECRET
    await hands.close()


async def test_a_workspace_with_the_state_in_it_is_refused(world: World) -> None:
    with pytest.raises(ConfinementError, match="own state"):
        HandsWorkspaces(replace(world.demands(), protected=(world.workspace / "state",)))


@pytest.fixture
def repository(world: World) -> Path:
    subprocess.run(["git", "init", "-q", str(world.workspace)], check=True, timeout=30)
    return world.workspace


@pytest.mark.usefixtures("repository")
async def test_a_repository_can_be_worked_with_but_not_given_orders(world: World) -> None:
    hands = await opened(world)
    work = "git add -A && git commit -qm one && git branch other && git worktree add -q side && git gc -q"
    assert (await hands.perform("shell", {"command": work})).ok
    hook = await hands.perform("write_file", {"path": ".git/hooks/pre-commit", "content": "#!/bin/sh\n"})
    assert hook.ok is (world.rung == "landlock")
    if world.rung == "bwrap":
        assert hook.output == ".git/hooks/pre-commit is kept from agents: your own git would run what they write there."
        renamed = await hands.perform("shell", {"command": "mv .git .git2"})
        assert not renamed.ok
    await hands.close()
