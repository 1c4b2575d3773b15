"""A server is started, waited for and ended, whatever it does."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.scene import Place
from loki_tui.engine.qa.servers import Server
from loki_tui.engine.qa.serving import Served, Start, serve, unserved
from loki_tui.hands.policy import Demands
from loki_tui.hands.workspace import HandsWorkspaces
from tests.support.qa import Files, place_of

pytestmark = pytest.mark.usefixtures("plain_path")

STATIC = 'python3 -m http.server --bind "$HOST" "$PORT"'
FETCH = "python3 -c 'import os, urllib.request as r; print(r.urlopen(os.environ[\"BASE_URL\"]).read().decode())'"
PAGE = {"index.html": "the page"}


async def served(tmp_path: Path, command: str, client: str = FETCH, *, files: Files = PAGE, url: str = "") -> Served:
    async with place_of(tmp_path, files) as place:
        done = await serve(place, Server(command, "Makefile", url=url), client, timeout=30)
        left = await place.run("pgrep -f http.serve[r] || echo none", timeout=10)
        assert left.output.strip() == "none"
        return done


async def test_the_client_reaches_the_server(tmp_path: Path) -> None:
    done = await served(tmp_path, STATIC)
    assert done.start is Start.ANSWERED
    assert done.result.output.strip() == "the page"
    assert done.result.exit_code == 0
    assert '"GET / HTTP/1.1" 200' in done.log
    assert done.base.startswith("http://127.0.0.1:")


async def test_the_clients_exit_code_is_the_result(tmp_path: Path) -> None:
    assert (await served(tmp_path, STATIC, "exit 7")).result.exit_code == 7


async def test_a_server_that_comes_late_is_waited_for(tmp_path: Path) -> None:
    late = f"for i in $(seq 20); do : > late.$i; sleep 0.05; done; {STATIC}"
    assert (await served(tmp_path, late)).result.output.strip() == "the page"


async def test_a_server_that_chooses_its_port_itself_is_found_by_what_it_says(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = f"echo; echo '  Local: http://localhost:{port}/'; python3 -m http.server --bind 127.0.0.1 {port}"
    done = await served(tmp_path, own)
    assert done.base == f"http://localhost:{port}"
    assert done.result.output.strip() == "the page"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo no such module; exit 1", "it ended before it answered, it says: no such module"),
        ("nosuchprogram", "nosuchprogram"),
        ("true ) ; echo (", "syntax error"),
        ("exit", "it says nothing"),
    ],
)
async def test_a_server_that_ends_is_told_of_with_its_last_words(tmp_path: Path, command: str, said: str) -> None:
    done = await served(tmp_path, command, "echo the client ran")
    assert done.start is Start.ENDED
    assert "the client ran" not in done.result.output
    check = unserved("API", Server(command, "Makefile"), done)
    assert check.verdict is Verdict.NOT_RUN
    assert said in check.why
    assert unserved("API", Server(command, "LOKI_SERVE_COMMAND", declared=True), done).verdict is Verdict.ERROR


async def test_a_server_that_never_answers_is_not_waited_for_longer_than_allowed(tmp_path: Path) -> None:
    async with place_of(tmp_path, {}) as place:
        done = await serve(place, Server("echo thinking; exec sleep 1000", "Procfile"), "true", timeout=4)
    assert done.start is Start.SILENT
    assert not done.result.timed_out
    assert "it did not answer, it says: thinking" in unserved("API", Server("x", "Procfile"), done).why


async def test_somebody_elses_server_is_not_taken_for_the_projects(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        done = await served(tmp_path, STATIC, url=url)
    assert done.start is Start.PORT_TAKEN
    assert "taken by something else" in unserved("API", Server(STATIC, "x"), done).why


async def test_without_a_loopback_nothing_is_tried(tmp_path: Path) -> None:
    root, private = tmp_path / "checkout", tmp_path / "private"
    root.mkdir()
    private.mkdir()
    demands = Demands(root=root, private=private, environ=os.environ, confinement="landlock", network=("off",))
    workspace = await HandsWorkspaces(demands).open_checkout(root)
    try:
        done = await serve(Place(workspace), Server(STATIC, "x", declared=True), FETCH, timeout=10)
    finally:
        await workspace.close()
    assert done.start is Start.NO_LOOPBACK
    check = unserved("API", Server(STATIC, "LOKI_SERVE_COMMAND", declared=True), done)
    assert check.verdict is Verdict.NOT_RUN
    assert "hands have no loopback with LOKI_NETWORK=off" in check.why


async def test_a_declared_address_is_what_the_client_is_told(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/sub"
    done = await served(tmp_path, STATIC, "echo $BASE_URL", url=url)
    assert done.result.output.strip() == url


async def test_the_projects_environment_is_the_servers(tmp_path: Path) -> None:
    files = {**PAGE, ".venv/bin/serve-it": f"#!/bin/bash\nexec {STATIC}\n"}
    assert (await served(tmp_path, "serve-it", files=files)).result.output.strip() == "the page"
