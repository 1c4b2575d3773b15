"""Finding an engine, and what a person is told where there is none."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from loki_tui.containers.engine import connect
from loki_tui.core.errors import ConfinementError
from loki_tui.runtime.boxed import open_workspaces
from tests.support.containers import settings_for
from tests.support.hands import make_world


def test_no_engine_is_an_error_that_names_the_other_rungs(tmp_path: Path) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    with pytest.raises(ConfinementError, match="No container engine answers here") as refusal:
        connect(nowhere)
    assert "none.sock: No such file or directory" in refusal.value.message
    assert "LOKI_CONFINEMENT=bwrap or landlock" in refusal.value.hint


def test_an_engine_that_is_down_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "left.sock"))
    left.close()
    with pytest.raises(ConfinementError, match="Connection refused"):
        connect({"DOCKER_HOST": f"unix://{tmp_path}/left.sock"})


@pytest.mark.parametrize("address", ["tcp://build.example:2376", "ssh://me@build.example"])
def test_an_engine_elsewhere_is_refused(address: str) -> None:
    with pytest.raises(ConfinementError, match="is no engine of this machine"):
        connect({"DOCKER_HOST": address})


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 500 \x1b[31mred\r\nContent-Length: 0\r\n\r\n",
        b"\xff\xfe nothing of the kind\r\n\r\n",
    ],
)
def test_what_is_no_engine_is_an_error_and_harmless(tmp_path: Path, reply: bytes) -> None:
    place = tmp_path / "odd.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()

        def answer() -> None:
            for _ in range(2):  # whether anybody is there, and who it is
                connection, _ = server.accept()
                with connection:
                    if connection.recv(4096):
                        connection.sendall(reply)

        answering = threading.Thread(target=answer)
        answering.start()
        with pytest.raises(ConfinementError, match="No container engine answers here") as refusal:
            connect({"DOCKER_HOST": f"unix://{place}"})
        answering.join(10)
    assert "\x1b" not in refusal.value.message


def test_hands_in_a_box_are_refused_where_there_is_no_engine(tmp_path: Path) -> None:
    world = make_world(tmp_path, "docker")
    demands = world.demands(environ={**world.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"})
    with pytest.raises(ConfinementError, match="No container engine"):
        open_workspaces(demands, settings_for("docker"))


@pytest.mark.docker
def test_the_engine_says_what_it_is() -> None:
    engine = connect(os.environ)
    assert engine.name.startswith(("Docker ", "Podman "))
    assert engine.seccomp
