"""The same boxes on Podman, through the socket on which it speaks Docker's language."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.runtime.boxed import open_workspaces
from tests.support.containers import PODMAN, settings_for
from tests.support.hands import make_world

pytestmark = pytest.mark.skipif(not PODMAN, reason="no container engine for tests: TEST_PODMAN names no socket")


async def test_hands_work_in_a_box_of_podman(tmp_path: Path) -> None:
    world = make_world(tmp_path, "docker")
    workspaces = open_workspaces(
        world.demands(environ={**world.environ, "DOCKER_HOST": PODMAN}), settings_for("docker", sandbox_memory="512m")
    )
    assert workspaces.confinement.detail.startswith("Podman ")
    hands = await workspaces.open_agent()
    status = (await hands.perform("shell", {"command": "cat /proc/self/status /proc/net/dev"})).output
    for line in ("CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in status
    assert "eth0" not in status
    assert (await hands.perform("write_file", {"path": "made.txt", "content": "x"})).ok
    assert (world.workspace / "made.txt").stat().st_uid == os.getuid()
    assert not (await hands.perform("shell", {"command": "touch /usr/x"})).ok
    await hands.close()
