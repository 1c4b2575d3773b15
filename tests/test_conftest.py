from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest


def test_a_test_has_a_home_of_its_own() -> None:
    assert Path.cwd() == Path.home()
    assert [path.name for path in Path.home().iterdir()] == [".gitconfig"]
    assert not [name for name in os.environ if name.startswith(("LOKI_", "ANTHROPIC_"))]
    assert time.tzname[0] == "UTC"


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.com", "0.0.0.0"])
def test_the_network_ends_at_loopback(host: str) -> None:
    with pytest.raises(RuntimeError, match="only loopback"):
        socket.create_connection((host, 9), timeout=1)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
