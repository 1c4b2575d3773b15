from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import loki_tui
from loki_tui.core.errors import ConfinementError, UsageError, WorkspaceError
from loki_tui.engine.ports import ActionResult, Workspace, Workspaces
from loki_tui.hands.workspace import HandsWorkspace, HandsWorkspaces
from tests.support.hands import (
    BOXED,
    RUNGS,
    SECRET,
    World,
    alive,
    make_world,
    parent_of,
    seen_from_outside,
    state_of,
    until,
)
from tests.support.processes import await_none_in

SUITE = Path(loki_tui.__file__).parent.parent


@pytest.fixture(params=BOXED)
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """On every rung there is."""
    return make_world(tmp_path, request.param)


@pytest.fixture(params=RUNGS)
def here(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """On every rung that has hands on this machine itself, with what is installed on it."""
    return make_world(tmp_path, request.param)


async def sh(hands: Workspace, command: str) -> str:
    return (await hands.perform("shell", {"command": command})).output


def pid_in(path: Path) -> int:
    """The number on this machine of a process that wrote down its own."""
    until(lambda: path.exists() and path.read_text().strip().isdigit(), f"{path} with a pid")
    return seen_from_outside(int(path.read_text()), path.parent)


def test_the_ports_are_kept(world: World) -> None:
    workspaces: Workspaces = world.workspaces()
    assert callable(workspaces.open_agent)


async def test_every_operation_goes_through(hands: HandsWorkspace) -> None:
    workspace: Workspace = hands
    written = await workspace.perform("write_file", {"path": "src/b.py", "content": "one\n"})
    assert written == ActionResult(ok=True, output="Created src/b.py (4 bytes).", diff=written.diff)
    assert "+one" in written.diff
    edited = await workspace.perform("edit_file", {"path": "src/b.py", "old_string": "one", "new_string": "two"})
    assert edited.ok
    assert (await workspace.perform("read_file", {"path": "src/b.py"})).output == "two\n"
    assert (await workspace.perform("list_files", {"glob": "b.py"})).output == "src/b.py"
    assert (await workspace.perform("search_files", {"pattern": "tw."})).output == "src/b.py:1: two\n"
    assert (await workspace.perform("shell", {"command": "cat src/b.py; exit 4"})).exit_code == 4
    assert not (await workspace.perform("dance", {})).ok


async def test_the_confinement_is_said(hands: HandsWorkspace, world: World) -> None:
    assert hands.confinement.rung == world.rung
    assert hands.confinement.writable == (str(world.workspace),)
    assert hands.confinement == world.workspaces().confinement


async def test_output_streams(hands: HandsWorkspace) -> None:
    heard: list[str] = []
    result = await hands.perform("shell", {"command": "echo a; echo b"}, on_output=heard.append)
    assert "".join(heard) == result.output == "a\nb\n"


async def test_operations_run_side_by_side(hands: HandsWorkspace, world: World) -> None:
    os.mkfifo(world.workspace / "gate")
    waiting, other = await asyncio.gather(sh(hands, "cat gate"), sh(hands, "echo through > gate; echo sent"))
    assert (waiting, other) == ("through\n", "sent\n")


async def test_files_are_fetched_whole_and_as_they_are(hands: HandsWorkspace, world: World) -> None:
    content = bytes(range(256)) * 20_000
    (world.workspace / "big").write_bytes(content)
    (world.workspace / "empty").write_bytes(b"")
    (world.workspace / "same").symlink_to("big")
    assert await hands.fetch("big") == content
    assert await hands.fetch("same") == content
    assert await hands.fetch("empty") == b""


async def test_nothing_else_is_fetched(hands: HandsWorkspace, world: World) -> None:
    os.mkfifo(world.workspace / "pipe")
    os.truncate(os.open(world.workspace / "huge", os.O_CREAT | os.O_WRONLY), 65_000_000)
    for name in ("pipe", "huge", "none", "src", ".", "..", "", "a\0b", "\ud800", "src/file-out", str(world.outside)):
        assert await hands.fetch(name) is None
    assert await hands.fetch(str(world.outside / "secret.txt")) is None


async def test_a_file_that_changes_while_it_is_fetched_is_not_fetched(hands: HandsWorkspace, world: World) -> None:
    (world.workspace / "growing").write_bytes(bytes(40_000_000))
    fetching = asyncio.create_task(hands.fetch("growing"))
    growing = asyncio.create_task(sh(hands, "for i in $(seq 400); do printf x >> growing; sleep 0.005; done"))
    assert await fetching is None
    await growing


async def test_large_contents_pass_both_ways(hands: HandsWorkspace) -> None:
    content = "ü" * 3_000_000 + "\n"
    assert (await hands.perform("write_file", {"path": "big", "content": content})).ok
    assert await sh(hands, "wc -c < big") == "6000001\n"
    assert len((await hands.perform("read_file", {"path": "big"})).output) > 50_000


async def test_a_start_is_cancelled_at_any_step(here: World) -> None:
    workspaces = here.workspaces()
    for steps in range(40):
        start = asyncio.create_task(workspaces.open_agent())
        for _ in range(steps):
            await asyncio.sleep(0)
        start.cancel()
        async with asyncio.timeout(20):
            await asyncio.wait([start])
        if not start.cancelled():  # it was through
            await start.result().close()
    await_none_in(here.base)


async def test_a_cancelled_call_ends_what_it_started(hands: HandsWorkspace, world: World) -> None:
    call = asyncio.create_task(sh(hands, "echo $$ > pid; trap '' TERM; while :; do sleep 600; done"))
    pid = await asyncio.to_thread(pid_in, world.workspace / "pid")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not alive(pid)
    assert await sh(hands, "echo on") == "on\n"


async def test_freezing_holds_and_thawing_lets_go(hands: HandsWorkspace, world: World) -> None:
    call = asyncio.create_task(sh(hands, "echo $$ > pid; read x < gate; echo $x"))
    os.mkfifo(world.workspace / "gate")
    pid = await asyncio.to_thread(pid_in, world.workspace / "pid")
    await hands.freeze()
    assert state_of(pid) == "T"
    await hands.thaw()
    assert state_of(pid) != "T"
    await asyncio.to_thread((world.workspace / "gate").write_text, "go\n")
    assert await call == "go\n"


async def test_hands_that_die_are_missed_and_leave_nothing_behind(hands: HandsWorkspace, world: World) -> None:
    tmp = Path((await sh(hands, "echo $TMPDIR")).strip())
    await hands.perform("shell", {"command": "echo $$ > pid; exec sleep 600", "background": True})
    pid = await asyncio.to_thread(pid_in, world.workspace / "pid")
    call = asyncio.create_task(sh(hands, "echo x > started; exec sleep 600"))
    await asyncio.to_thread(until, (world.workspace / "started").exists)
    os.kill(parent_of(pid), signal.SIGKILL)
    with pytest.raises(WorkspaceError, match=r"gone \(status (-9|137)\)"):
        await call
    assert not alive(pid)
    with pytest.raises(WorkspaceError):
        await sh(hands, "true")
    with pytest.raises(WorkspaceError):
        await hands.freeze()
    await hands.close()
    assert not await asyncio.to_thread(tmp.exists)


async def test_closing_twice_is_closing_once(hands: HandsWorkspace) -> None:
    await hands.close()
    await hands.close()
    with pytest.raises(WorkspaceError):
        await sh(hands, "true")


DRIVER = """
import asyncio, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from loki_tui.hands.policy import Demands
from loki_tui.hands.workspace import HandsWorkspaces

async def main():
    root, private = Path(sys.argv[2]), Path(sys.argv[3])
    demands = Demands(root=root, private=private, environ={"HOME": str(private)}, confinement=sys.argv[4])
    hands = await HandsWorkspaces(demands).open_agent()
    daemon = "(trap '' TERM HUP; setsid sh -c 'echo $$ > daemon; exec sleep 600' &) ; echo $$ > shell; exec sleep 600"
    await hands.perform("shell", {"command": daemon, "background": True})
    await hands.perform("shell", {"command": "echo $PPID > box; echo $TMPDIR > where; exec sleep 600"})

asyncio.run(main())
"""


def test_nothing_outlives_an_engine_that_is_killed(here: World) -> None:
    argv = [sys.executable, "-c", DRIVER, str(SUITE), str(here.workspace), str(here.base / "private"), here.rung]
    with subprocess.Popen(argv) as engine:
        pids = [pid_in(here.workspace / name) for name in ("daemon", "shell", "box")]
        where = here.workspace / "where"
        until(lambda: where.exists() and where.read_text().endswith("\n"))
        assert all(alive(pid) for pid in pids)
        engine.kill()
    until(lambda: not any(alive(pid) for pid in pids), "the end of everything")
    if here.rung == "landlock":  # in a namespace nobody is left to tidy up: the next engine sweeps
        assert list(Path(where.read_text().strip()).iterdir()) == []


# -- the kinds of hands -------------------------------------------------------------------------


async def test_allowed_paths_hold(world: World) -> None:
    hands = await world.workspaces(allowed=("src", "other.txt")).open_agent()
    assert (await hands.perform("write_file", {"path": "other.txt", "content": "x"})).ok
    assert (await hands.perform("write_file", {"path": "src/a.py", "content": "x"})).ok
    refused = await hands.perform("write_file", {"path": "src-evil/a.py", "content": "x"})
    assert refused.output == (
        f"src-evil/a.py is outside what this run may write: {world.workspace}/src, {world.workspace}/other.txt. "
        "A person can widen LOKI_ALLOWED_PATHS."
    )
    await hands.close()


async def test_a_checkout_has_a_home_of_its_own(hands: HandsWorkspace, world: World) -> None:
    checkout = world.base / "checkout"
    checkout.mkdir()
    await sh(hands, "echo poison > ~/.npmrc")
    other = await world.workspaces().open_checkout(checkout)
    assert (
        await sh(other, f"pwd; cat ~/.npmrc {world.workspace}/other.txt 2> /dev/null; echo x > made") == f"{checkout}\n"
    )
    assert not (await hands.perform("read_file", {"path": str(checkout / "made")})).ok
    await other.close()


async def test_a_checkout_reads_what_the_workspace_has_installed(world: World) -> None:
    checkout = world.base / "checkout"
    checkout.mkdir()
    (world.workspace / "node_modules").mkdir()
    (world.workspace / "node_modules/x").write_text("installed")
    (world.workspace / "vendor").symlink_to(world.outside)
    for name in ("node_modules", "vendor"):
        (checkout / name).symlink_to(world.workspace / name)
    hands = await world.workspaces().open_checkout(checkout)
    assert await sh(hands, "cat node_modules/x") == "installed"
    assert not (await hands.perform("write_file", {"path": "node_modules/y", "content": "x"})).ok
    assert SECRET not in await sh(hands, "cat vendor/secret.txt")
    await hands.close()


@pytest.fixture
def git_dir(world: World) -> Path:
    subprocess.run(["git", "init", "-q", str(world.workspace)], check=True, timeout=30)
    return world.workspace / ".git"


async def test_repository_hands_write_the_repository_alone(world: World, git_dir: Path) -> None:
    hands = await world.workspaces().open_repository(git_dir)
    assert await sh(hands, "git add other.txt && git commit -qm x && git log --format=%an") == "Loki\n"
    assert not (await hands.perform("write_file", {"path": "other.txt", "content": "x"})).ok
    await hands.close()


async def test_without_confinement_hands_work_and_say_so(world: World) -> None:
    hands = await world.workspaces(confinement="none").open_agent()
    assert hands.confinement.rung == "none"
    assert await sh(hands, f"cat {world.outside}/file.txt; echo $ANTHROPIC_API_KEY") == "untouched\n"
    assert (await hands.perform("write_file", {"path": str(world.outside / "file.txt"), "content": "x"})).ok
    await hands.close()


async def test_nothing_starts_where_the_limits_cannot_be_kept(here: World) -> None:
    with pytest.raises(ConfinementError):
        HandsWorkspaces(here.demands(confinement="docker"))
    with pytest.raises(UsageError):
        here.workspaces(allowed=("missing",))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
async def test_a_workspace_of_someone_else_is_refused_with_the_remedy(here: World) -> None:
    os.chown(here.workspace, 65534, 65534)
    with pytest.raises(UsageError, match="as the owner of the files"):
        await here.workspaces().open_agent()


# -- what people build with ---------------------------------------------------------------------


TOOLS = {
    "git": "git init -q r && cd r && echo x > f && git add f && git commit -qm 'a commit' && git log --oneline",
    "venv": "python3 -m venv --without-pip v && v/bin/python -c 'import sys; print(sys.prefix != sys.base_prefix)'",
    "pip": 'python3 -m pip --version && python3 -m pip config debug | grep -F "$HOME"',
    "tls": "python3 -c 'import ssl; print(len(ssl.create_default_context().get_ca_certs()))'",
    "npm": 'npm --version && npm config get cache | grep -F "$HOME"',
    "node": 'node -e \'new (require("worker_threads").Worker)("console.log(1+1)", {eval: true})\'',
    "cargo": "cargo init -q --name x c && cd c && cargo --offline check",
    "gcc": "echo 'int main(){return 0;}' > m.c && gcc m.c -o m && ./m && echo ok",
}


@pytest.mark.parametrize("tool", TOOLS)
async def test_ordinary_tools_work_with_a_private_home(here: World, tool: str) -> None:
    program = {"venv": "python3", "pip": "python3", "tls": "python3"}.get(tool, tool)
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    person = {**os.environ, "HOME": pwd.getpwuid(os.getuid()).pw_dir, "API_TOKEN": SECRET}
    hands = await here.workspaces(environ=person).open_agent()
    result = await hands.perform("shell", {"command": TOOLS[tool], "timeout_seconds": 60})
    assert result.ok, result.output
    assert result.output
    await hands.close()
