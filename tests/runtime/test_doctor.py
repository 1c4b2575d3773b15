from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
import trustme

from loki_tui.core.settings import Settings
from loki_tui.runtime.checks import basics, storage
from loki_tui.runtime.checks.check import Check
from loki_tui.runtime.checks.docker import docker
from loki_tui.runtime.checks.network import port, tls
from loki_tui.runtime.doctor import examine, limits
from tests.support.engine_socket import engine_on
from tests.support.git import repository
from tests.support.hands import NO_BWRAP
from tests.support.webserver import GOOD_KEY, provider, serving


def found(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Check]:
    if not (tmp_path / "project").exists():
        repository(tmp_path / "project", {"a": ""})
    monkeypatch.chdir(tmp_path / "project")
    environ = {**os.environ, "DOCKER_HOST": "unix:///nowhere", **variables}
    return found(examine(environ, live="ANTHROPIC_BASE_URL" in variables))


def held(**given: object) -> dict[str, Check]:
    return found(limits({**os.environ, "DOCKER_HOST": "unix:///nowhere"}, Settings.model_validate(given)))


def test_what_works_here_is_good() -> None:
    checks = held()
    for name in ("Landlock", "system call filter", "confinement", "network off"):
        assert checks[name].standing == "good", checks[name]
    assert checks["bubblewrap"].standing == ("missing" if NO_BWRAP else "good")
    assert "open to" in checks["confinement"].found


def test_what_stops_loki_is_bad_and_what_it_does_without_is_missing() -> None:
    assert basics.git({"PATH": "/nowhere"}).standing == "bad"
    assert held(confinement="docker")["confinement"].standing == "bad"
    assert held(confinement="none", network="off")["confinement"].standing == "bad"


def test_everything_is_looked_at_and_what_is_wrong_has_a_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = here(tmp_path, monkeypatch)
    assert list(checks) == [
        "Python", "git", "git identity", "settings", "provider", "webhooks", "budget", "state directory", "locks",
        "disk", "inodes", "bubblewrap", "Landlock", "system call filter", "confinement", "network off",
        "network to hosts", "container engine", "dashboard port", "TLS", "clock", "terminal",
    ]  # fmt: skip
    assert all(check.fix for check in checks.values() if check.standing == "bad")
    assert checks["Python"].version.startswith("3.")
    assert checks["git identity"].found == "Ada <ada@example.com>"
    assert (checks["provider"].standing, checks["budget"].standing) == ("bad", "missing")
    assert not list((tmp_path / "project").glob(".doctor*"))


def test_settings_that_cannot_be_used_hide_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = here(tmp_path, monkeypatch, LOKI_BUGDET_LIMIT="5", ANTHROPIC_API_KEY="k" * 20)
    assert checks["settings"].standing == "bad"
    assert "LOKI_BUDGET_LIMIT" in checks["settings"].found
    assert checks["provider"].standing == "good"


def test_an_address_that_is_none_is_told_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = here(tmp_path, monkeypatch, LOKI_NOTIFY_SLACK="hooks.example/a-secret-place")
    assert checks["webhooks"].standing == "bad"
    assert "a-secret-place" not in checks["webhooks"].found + checks["webhooks"].fix
    checks = here(tmp_path, monkeypatch, LOKI_NOTIFY_SLACK="https://hooks.example/a-secret-place")
    assert checks["webhooks"].found == "slack hooks.example; not tried, loki notify test does"


def test_a_key_is_tried_only_on_demand_and_then_really(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = here(tmp_path, monkeypatch, ANTHROPIC_API_KEY=GOOD_KEY)
    assert "not tried" in checks["provider"].found
    assert "provider, live" not in checks
    with serving(provider) as server:
        checks = here(tmp_path, monkeypatch, ANTHROPIC_API_KEY=GOOD_KEY, ANTHROPIC_BASE_URL=server.url)
        assert checks["provider, live"].standing == "good"
        assert "as the provider's" in checks["clock"].found
        checks = here(tmp_path, monkeypatch, ANTHROPIC_API_KEY=GOOD_KEY[:-1], ANTHROPIC_BASE_URL=server.url)
        assert checks["provider, live"].standing == "bad"
    checks = here(tmp_path, monkeypatch, ANTHROPIC_API_KEY=GOOD_KEY, ANTHROPIC_BASE_URL=server.url)
    assert checks["provider, live"].standing == "bad"
    assert "cannot be reached" in checks["provider, live"].found


def test_a_state_directory_that_cannot_be_written_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = here(tmp_path, monkeypatch, LOKI_DIR="/proc/loki")
    assert checks["state directory"].standing == "bad"
    assert checks["locks"].standing == "bad"
    assert "LOKI_DIR" in checks["state directory"].fix


def test_locks_are_tried_and_shared_file_systems_named(tmp_path: Path) -> None:
    assert storage.locks(tmp_path, "ext4").standing == "good"
    assert storage.locks(tmp_path, "nfs4").standing == "missing"
    assert list(tmp_path.iterdir()) == []


def test_a_clock_that_is_off_is_bad() -> None:
    now = datetime.now(UTC)
    assert basics.clock(now, latest=now, skew=3.0).standing == "good"
    assert "ahead" in basics.clock(now, latest=None, skew=500.0).found
    assert "future" in basics.clock(now, latest=now + timedelta(hours=1), skew=None).found
    assert basics.clock(datetime(1970, 1, 1, tzinfo=UTC), latest=None, skew=None).standing == "bad"


def test_a_budget_is_told() -> None:
    assert basics.budget(Settings.model_validate({"budget_limit": "5"})).standing == "good"
    assert basics.budget(Settings()).standing == "missing"


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        assert "taken" in port(number).found
    assert "free" in port(number).found


# -- TLS ----------------------------------------------------------------------------------------


def pair(directory: Path, name: str, *, days: int = 90) -> tuple[Path, Path]:
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    made = trustme.CA().issue_cert(name, not_after=datetime.now(UTC) + timedelta(days=days))
    made.cert_chain_pems[0].write_to_path(certificate)
    made.private_key_pem.write_to_path(key)
    key.chmod(0o600)
    return certificate, key


def test_a_pair_is_tried_in_a_handshake(tmp_path: Path) -> None:
    certificate, key = pair(tmp_path, "one")
    _, other = pair(tmp_path, "two")
    assert tls(certificate, key).standing == "good"
    assert "valid until" in tls(certificate, key).found
    assert "do not belong together" in tls(certificate, other).found
    assert "LOKI_TLS_KEY is missing" in tls(certificate, None).found
    assert tls(certificate, tmp_path / "none").standing == "bad"
    (tmp_path / "empty").touch()
    assert tls(tmp_path / "empty", key).standing == "bad"
    key.chmod(0o644)
    assert "by others" in tls(certificate, key).found


def test_a_certificate_at_its_end_is_told(tmp_path: Path) -> None:
    certificate, key = pair(tmp_path, "soon", days=3)
    assert (tls(certificate, key).standing, "expires on" in tls(certificate, key).found) == ("missing", True)
    certificate, key = pair(tmp_path, "over", days=-1)
    assert (tls(certificate, key).standing, tls(certificate, key).found) == ("bad", f"{certificate} has expired")


# -- containers ---------------------------------------------------------------------------------


def test_an_engine_is_asked_over_its_socket(tmp_path: Path) -> None:
    with engine_on(tmp_path / "s", images=["box:1"]) as environ:
        engine, sdk, image = docker(environ, demanded=True, image="box:1")
        assert (engine.standing, engine.version) == ("good", "99.1")
        assert (sdk.standing, sdk.version) == ("good", version("docker"))
        assert image.standing == "good"
        *_, image = docker(environ, demanded=True, image="box:2")
        assert (image.standing, "docker build" in image.fix) == ("bad", True)
        assert len(docker(environ, demanded=False, image=None)) == 2


def test_an_engine_that_nothing_here_can_speak_to_is_not_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_on(tmp_path / "s", images=["box:1"]) as environ:
        monkeypatch.setattr(sys, "path", [])
        _, demanded, _ = docker(environ, demanded=True, image="box:1")
        _, unneeded, _ = docker(environ, demanded=False, image="box:1")
    assert (demanded.standing, unneeded.standing) == ("bad", "missing")
    assert "loki-tui[sandbox]" in demanded.fix


def test_no_engine_is_said_plainly(tmp_path: Path) -> None:
    (none,) = docker({"DOCKER_HOST": f"unix://{tmp_path}/none"}, demanded=False, image="box")
    assert none.standing == "missing"
    (none,) = docker({"DOCKER_HOST": "tcp://127.0.0.1:1"}, demanded=True, image="box")
    assert none.standing == "bad"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead"))
        (none,) = docker({"DOCKER_HOST": f"unix://{tmp_path}/dead"}, demanded=True, image="box")
    assert "does not answer" in none.found
