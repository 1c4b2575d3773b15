"""`loki dashboard` as people call it, and the dashboard beside a run."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
import trustme

from loki_tui.runtime.client import Project
from loki_tui.runtime.dashboards import log_of, note_of, standing, wait_until_gone
from tests.dashboard.test_tls import issue
from tests.support.program import Program

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
async def served(loki: Program, place: Project) -> AsyncIterator[Program]:
    """The program with a port of its own; what it leaves up is ended."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    yield loki.with_(LOKI_DASHBOARD_PORT=str(port))
    if (found := standing(place.state)) is not None:
        os.kill(found.pid, signal.SIGTERM)
        assert wait_until_gone(place.state, patience=20)


async def test_a_dashboard_is_started_asked_after_and_stopped(served: Program, place: Project) -> None:
    down = await served("dashboard", "status")
    assert (down.code, "No dashboard is up" in down.out) == (1, True)
    assert (await served("dashboard", "url")).code == 2
    started = await served("dashboard", "start")
    assert started.code == 0, started.err
    entrance = started.out.strip()
    assert (await served("dashboard", "url")).out.strip() == entrance
    assert stat.S_IMODE(note_of(place.state).stat().st_mode) == 0o600
    status = await served("dashboard", "status")
    assert status.code == 0
    assert "ok" in status.out.splitlines()[0]
    address, _, token = entrance.partition("/login#")
    bearer = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.get(f"{address}/api/runs", headers=bearer) as answer:
        assert (await answer.json())["workspace"] == str(served.workspace)
    again = await served("dashboard", "start")
    assert again.code == 2
    assert "is up already" in again.err
    assert address in again.err
    assert (await served("dashboard", "status")).code == 0
    assert token not in log_of(place.state).read_text()
    assert (await served("dashboard", "stop")).code == 0
    assert standing(place.state) is None
    assert not note_of(place.state).exists()
    assert (await served("dashboard", "stop")).code == 2


async def test_a_dashboard_in_another_container_is_not_ended_by_a_number_that_is_anothers_here(
    served: Program, place: Project
) -> None:
    assert (await served("dashboard", "start")).code == 0
    note = json.loads(note_of(place.state).read_bytes())
    with subprocess.Popen(["sleep", "1000"]) as innocent:  # noqa: ASYNC220
        elsewhere = {**note, "pid": innocent.pid, "seat": {**note["seat"], "host": "c0ffee", "namespace": "pid:[1]"}}
        note_of(place.state).write_text(json.dumps(elsewhere))
        refused = await served("dashboard", "stop")
        assert refused.code == 1
        assert "docker exec c0ffee loki dashboard stop" in refused.err
        assert innocent.poll() is None
        assert f"process {innocent.pid} on c0ffee: ok" in (await served("dashboard", "status")).out
        unreachable = {**elsewhere, "health": "http://127.0.0.1:1/api/health"}
        note_of(place.state).write_text(json.dumps(unreachable))
        status = await served("dashboard", "status")
        assert (status.code, "on c0ffee: not answering, " in status.out) == (1, True)
        innocent.kill()
    note_of(place.state).write_text(json.dumps(note))
    assert (await served("dashboard", "stop")).code == 0


async def test_open_hands_the_address_to_a_browser(served: Program, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    entrance = (await served("dashboard", "start")).out.strip()
    assert (await served.with_(BROWSER=f"{browser} %s")("dashboard", "open")).code == 0
    assert (tmp_path / "opened").read_text().strip() == entrance


async def test_a_port_that_is_taken_is_told(served: Program) -> None:
    with socket.create_server(("127.0.0.1", int(served.variables["LOKI_DASHBOARD_PORT"]))):
        refused = await served("dashboard", "start")
    assert refused.code != 0
    assert "is taken by another program" in refused.err
    assert "LOKI_DASHBOARD_PORT" in refused.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
async def test_beyond_this_machine_takes_a_sign_in_or_a_token(served: Program, host: str) -> None:
    refused = await served.with_(LOKI_DASHBOARD_HOST=host)("dashboard", "start")
    assert refused.code == 2
    assert "open beyond this machine" in refused.err


async def test_a_token_of_ones_own_opens_it_to_others(served: Program, place: Project, tmp_path: Path) -> None:
    file = tmp_path / "token"
    wide = served.with_(LOKI_DASHBOARD_HOST="0.0.0.0", LOKI_DASHBOARD_TOKEN_FILE=str(file))
    assert (await wide("dashboard", "start")).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = file.read_text().strip()
    assert (await wide("dashboard", "url")).out.strip().endswith(f"/login#{first}")
    assert (await wide("dashboard", "stop")).code == 0
    file.chmod(0o644)
    assert "Everybody may read" in (await wide("dashboard", "start")).err
    file.chmod(0o600)
    file.write_text("short\n")
    assert "is no token" in (await wide("dashboard", "start")).err


async def test_half_a_pair_and_a_provider_without_https_are_refused(served: Program, tmp_path: Path) -> None:
    half = await served.with_(LOKI_TLS_CERT=str(tmp_path / "cert.pem"))("dashboard", "start")
    assert (half.code, "are a pair" in half.err) == (2, True)
    plain = served.with_(LOKI_OIDC_ISSUER="http://issuer.example", LOKI_OIDC_CLIENT_ID="loki")
    refused = await plain("dashboard", "start")
    assert (refused.code, "https:// alone" in refused.err) == (2, True)


async def test_status_knows_a_dashboard_by_its_very_certificate(served: Program, tmp_path: Path) -> None:
    pair = issue(trustme.CA(), tmp_path)
    secure = served.with_(LOKI_TLS_CERT=str(pair.cert), LOKI_TLS_KEY=str(pair.key))
    assert (await secure("dashboard", "start")).code == 0
    status = await secure("dashboard", "status", "--json")
    assert json.loads(status.out)["health"]["status"] == "ok"


async def test_a_dashboard_beside_a_run_outlives_it(served: Program, place: Project) -> None:
    done = await served.with_(LOKI_DASHBOARD="true")("start", "--headless", "prd.md")
    assert done.code == 0, done.err
    assert "The dashboard is up at" in done.err
    assert standing(place.state) is not None
    status = json.loads((await served("dashboard", "status", "--json")).out)
    assert (status["up"], status["health"]["status"]) == (True, "ok")


async def test_a_run_goes_on_where_its_dashboard_cannot(served: Program) -> None:
    with socket.create_server(("127.0.0.1", int(served.variables["LOKI_DASHBOARD_PORT"]))):
        done = await served.with_(LOKI_DASHBOARD="true")("start", "--headless", "prd.md")
    assert done.code == 0
    assert "The run goes on without a dashboard." in done.err
