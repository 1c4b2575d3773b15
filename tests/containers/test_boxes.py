"""What holds a box, seen from within and as the engine says it made it; and what becomes of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import loki_tui
from loki_tui.containers.census import Census, Found
from loki_tui.containers.isolation import isolation_of, mounts_of, user_of
from loki_tui.core.errors import ConfinementError, WorkspaceError
from loki_tui.engine.ports import Workspace
from loki_tui.hands.workspace import HandsWorkspace
from loki_tui.runtime.boxed import open_workspaces
from tests.support.containers import engine_for_tests, settings_for
from tests.support.hands import SECRET, World, alive, seen_from_outside, until

pytestmark = pytest.mark.docker

SUITE = Path(loki_tui.__file__).parent.parent


async def sh(hands: Workspace, command: str) -> str:
    return (await hands.perform("shell", {"command": command})).output


async def open_with(world: World, **settings: object) -> HandsWorkspace:
    return await open_workspaces(world.demands(), settings_for("docker", **settings)).open_agent()


def boxes_of(world: World) -> list[Found]:
    return Census(engine_for_tests()).of(world.workspace)


async def test_what_holds_is_seen_from_within(hands: HandsWorkspace) -> None:
    status = await sh(hands, "cat /proc/self/status")
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in status
    devices = (await sh(hands, "cat /proc/net/dev")).splitlines()[2:]
    assert [line.split(":")[0].strip() for line in devices] == ["lo"]
    for place in ("/x", "/usr/x", "/etc/x", "/opt/loki-hands/x", "/root/x"):
        assert not (await hands.perform("write_file", {"path": place, "content": "x"})).ok
        assert "Read-only file system" in await sh(hands, f"touch {place}")
    assert await sh(hands, "echo x > /tmp/x && cat /tmp/x; echo y > $TMPDIR/y && cat $TMPDIR/y") == "x\ny\n"


async def test_what_holds_is_what_the_engine_made(hands: HandsWorkspace, world: World) -> None:
    (box,) = boxes_of(world)
    looked = Census(engine_for_tests()).inspect(box.id)
    assert looked
    assert [trait for trait in isolation_of(looked, seccomp=True) if not trait.holds] == []
    assert (box.kind, box.running, box.orphaned) == ("agent", True, False)
    writable = [path for path, may in mounts_of(looked) if may]
    assert str(world.workspace) in writable
    assert not any(SECRET in value for value in str(looked).split())
    assert not any(str(world.home) in path for path, _ in mounts_of(looked))


def test_what_does_not_hold_is_seen() -> None:
    """What judges a box would notice each way in which one could be open."""
    open_box = {
        "HostConfig": {"Privileged": True, "NetworkMode": "host", "SecurityOpt": ["seccomp=unconfined"]},
        "Mounts": [{"Type": "bind", "Source": "/var/run/docker.sock", "RW": True}],
    }
    assert [trait.name for trait in isolation_of(open_box, seccomp=True) if trait.holds] == []
    assert user_of(open_box) == "0:0"


async def test_a_box_is_gone_when_its_hands_are_closed(world: World) -> None:
    hands = await world.workspaces().open_agent()
    assert len(boxes_of(world)) == 1
    await hands.close()
    assert boxes_of(world) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
async def test_what_is_written_belongs_to_the_workspaces_owner(world: World) -> None:
    for path in (world.workspace, *world.workspace.rglob("*")):
        os.chown(path, 12_345, 12_346, follow_symlinks=False)
    hands = await world.workspaces().open_agent()
    said = await sh(hands, "id -u; echo x > made; mkdir d; touch ~/h $TMPDIR/t && echo all")
    assert said == "12345\nall\n"
    await hands.perform("write_file", {"path": "file.txt", "content": "x"})
    await hands.close()
    for name in ("made", "d", "file.txt"):
        status = (world.workspace / name).stat()
        assert (status.st_uid, status.st_gid) == (12_345, 12_346)


async def test_what_runs_out_of_memory_is_ended_and_the_box_goes_on(world: World) -> None:
    hands = await open_with(world, sandbox_memory="96m")
    greedy = await hands.perform("shell", {"command": "python3 -c 'x = bytearray(400_000_000)'"})
    assert not greedy.ok
    assert greedy.exit_code in (-9, 137), greedy.output
    assert await sh(hands, "echo on") == "on\n"
    await hands.close()


async def test_a_full_disk_is_said_and_the_box_goes_on(hands: HandsWorkspace) -> None:
    full = await hands.perform("shell", {"command": "dd if=/dev/zero of=/tmp/big bs=1M count=600"})
    assert not full.ok
    assert "No space left on device" in full.output
    assert await sh(hands, "rm /tmp/big; echo on") == "on\n"


async def test_a_box_that_is_killed_is_missed_and_removed(hands: HandsWorkspace, world: World) -> None:
    (box,) = boxes_of(world)
    call = asyncio.create_task(sh(hands, "echo x > started; exec sleep 600"))
    await asyncio.to_thread(until, (world.workspace / "started").exists)
    await asyncio.to_thread(engine_for_tests().api.kill, box.id)
    with pytest.raises(WorkspaceError, match=r"gone \(status 137\)"):
        await call
    await asyncio.to_thread(until, lambda: not boxes_of(world), "the end of the box")


async def test_a_read_only_workspace_is_read_and_not_written(world: World) -> None:
    hands = await open_with(world, sandbox_readonly=True)
    assert hands.confinement.writable == ()
    assert await sh(hands, "cat other.txt") == "untouched"
    assert not (await hands.perform("write_file", {"path": "other.txt", "content": "x"})).ok
    assert "Read-only file system" in await sh(hands, "echo x > other.txt")
    await hands.close()


async def test_a_network_is_given_only_where_it_is_asked_for(world: World) -> None:
    hands = await open_with(world, sandbox_network="bridge")
    assert hands.confinement.network == ("on",)
    assert any("network" in leaf for leaf in hands.confinement.uncovered)
    assert "eth0" in await sh(hands, "cat /proc/net/dev")
    await hands.close()
    narrowed = open_workspaces(world.demands(network=("off",)), settings_for("docker", sandbox_network="bridge"))
    assert narrowed.confinement.network == ("off",)
    hands = await narrowed.open_agent()
    assert "eth0" not in await sh(hands, "cat /proc/net/dev")
    await hands.close()


async def test_what_git_runs_is_shielded(world: World) -> None:
    await asyncio.to_thread(subprocess.run, ["git", "init", "-q", str(world.workspace)], check=True, timeout=30)
    hands = await world.workspaces().open_agent()
    for attempt in ("touch .git/hooks/pre-commit", "git config core.pager x", "mv .git/hooks .git/old"):
        assert not (await hands.perform("shell", {"command": attempt})).ok, attempt
    assert (await hands.perform("shell", {"command": "git add -A && git commit -qm x && git log"})).ok
    await hands.close()


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        (
            "python3 -m venv --without-pip v && v/bin/python -c 'import sys; print(sys.prefix != sys.base_prefix)'",
            "True",
        ),
        ("python3 -m unittest discover -h | head -1", "usage"),
        ("python3 -c 'import multiprocessing as m; print(m.get_context(\"fork\").Pool(2).map(abs, [-1]))'", "[1]"),
    ],
)
async def test_what_people_build_with_works(hands: HandsWorkspace, tool: str, expected: str) -> None:
    assert expected in await sh(hands, tool)


async def test_no_image_is_an_error_that_says_how_to_get_one(world: World) -> None:
    with pytest.raises(ConfinementError, match=r"The image nobody/has:this \(LOKI_SANDBOX_IMAGE\)") as refusal:
        await open_with(world, sandbox_image="nobody/has:this")
    assert "Dockerfile.sandbox" in refusal.value.hint
    assert "bwrap or landlock" in refusal.value.hint


@pytest.fixture
def empty_image(world: World) -> Iterator[str]:
    api = engine_for_tests().api
    name = f"loki-empty-{os.getpid()}"
    tar = world.base / "empty.tar"
    subprocess.run(["tar", "-cf", tar, "-C", str(world.outside), "."], check=True, timeout=30)
    api.import_image_from_data(tar.read_bytes(), repository=name, tag="latest")
    yield f"{name}:latest"
    api.remove_image(f"{name}:latest")


async def test_an_image_without_python_is_an_error_and_leaves_nothing(world: World, empty_image: str) -> None:
    with pytest.raises(WorkspaceError, match=r"The image loki-empty-\d+:latest has no python3"):
        await open_with(world, sandbox_image=empty_image)
    assert boxes_of(world) == []


DRIVER = """
import asyncio, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from loki_tui.hands.policy import Demands
from loki_tui.runtime.boxed import open_workspaces
from tests.support.containers import settings_for

async def main():
    root, private = Path(sys.argv[2]), Path(sys.argv[3])
    demands = Demands(root=root, private=private, environ={**os.environ, "HOME": str(private)}, confinement="docker")
    hands = await open_workspaces(demands, settings_for("docker")).open_agent()
    daemon = "(trap '' TERM HUP; setsid sh -c 'echo $$ > daemon; exec sleep 600' &) ; exec sleep 600"
    await hands.perform("shell", {"command": daemon})

asyncio.run(main())
"""


def test_nothing_outlives_an_engine_that_is_killed(world: World) -> None:
    argv = [sys.executable, "-c", DRIVER, str(SUITE), str(world.workspace), str(world.base / "private")]
    daemon = world.workspace / "daemon"
    with subprocess.Popen(argv) as engine:
        until(lambda: daemon.exists() and daemon.read_text().endswith("\n"))
        pid = seen_from_outside(int(daemon.read_text()), world.workspace)
        engine.kill()
    until(lambda: not alive(pid), "the end of everything")
    until(lambda: [box.state for box in boxes_of(world)] == ["exited"], "the end of the box")
    assert [box.orphaned for box in Census(engine_for_tests()).clean(world.workspace)] == [True]
    assert boxes_of(world) == []


async def test_what_dead_engines_left_is_swept_and_nothing_else(hands: HandsWorkspace, world: World) -> None:
    api = engine_for_tests().api
    (living,) = boxes_of(world)
    labels = api.inspect_container(living.id)["Config"]["Labels"]
    for brain in (f"{os.getpid()}.1", "1", "x", ""):
        api.create_container("loki-base:ci", command=["true"], labels={**labels, "loki.brain": brain})
    stranger = api.create_container("loki-base:ci", command=["true"], labels={"loki.workspace": "another"})["Id"]
    try:
        assert len(boxes_of(world)) == 5
        await world.workspaces().sweep()
        assert [box.id for box in boxes_of(world)] == [living.id]
        assert await sh(hands, "echo on") == "on\n"
        assert api.inspect_container(stranger)["State"]["Status"] == "created"
    finally:
        api.remove_container(stranger)


async def test_what_a_box_says_at_once_is_not_kept_whole_in_its_log(hands: HandsWorkspace, world: World) -> None:
    await sh(hands, "for i in $(seq 40); do echo line $i; done")
    (box,) = boxes_of(world)
    config = engine_for_tests().api.inspect_container(box.id)["HostConfig"]["LogConfig"]
    assert config == {"Type": "json-file", "Config": {"max-file": "2", "max-size": "1m"}}
