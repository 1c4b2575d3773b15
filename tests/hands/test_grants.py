from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.hands.grants import exposed, overlaps, readable
from tests.support.hands import World


def granted(world: World, path: Path, **environ: str) -> bool:
    places = readable({"PATH": "/usr/bin", **environ}, home=world.home, shielded=[world.state])
    return any(path.resolve().is_relative_to(place) for place in places)


def test_the_system_is_readable_but_for_its_secrets(world: World) -> None:
    for path in ("/usr/bin/env", "/etc/passwd", "/etc/hosts", "/proc/self", "/etc/ssl/certs"):
        assert granted(world, Path(path)), path
    for path in ("/", "/etc/shadow", "/root", "/home", "/tmp", "/var", "/run", "/dev", "/boot"):
        assert not granted(world, Path(path)), path


def test_nothing_of_a_home_is_granted_but_toolchains(world: World) -> None:
    for name in (".cargo/bin", ".rustup", ".pyenv/shims", "Documents"):
        (world.home / name).mkdir(parents=True)
    assert granted(world, world.home / ".cargo/bin")
    assert granted(world, world.home / ".rustup")
    for name in ("", "Documents", ".cargo", ".cargo/credentials.toml", ".ssh", ".config", ".local/state/loki"):
        assert not granted(world, world.home / name), name


@pytest.mark.parametrize("entry", ["", ".", "..", "/", "{home}", "{home}/..", "{home}/.ssh", "{home}/.aws", "{state}"])
def test_a_search_path_cannot_grant_a_secret(world: World, entry: str) -> None:
    path = entry.format(home=world.home, state=world.state)
    assert not granted(world, world.home / ".ssh/id_ed25519", PATH=path)
    assert not granted(world, world.home / "Documents", PATH=path)
    assert not granted(world, world.state / "journal.db", PATH=path)
    assert granted(world, Path("/usr/bin/env"), PATH=path)


def test_programs_on_the_search_path_are_readable_with_their_virtual_environment(world: World) -> None:
    for name in ("tools/bin", "venv/bin", "venv/lib"):
        (world.base / name).mkdir(parents=True)
    (world.base / "venv/pyvenv.cfg").touch()
    path = f"{world.base}/tools/bin:{world.base}/venv/bin"
    assert granted(world, world.base / "tools/bin", PATH=path)
    assert not granted(world, world.base / "tools", PATH=path)
    assert granted(world, world.base / "venv/lib", PATH=path)


def test_a_certificate_that_is_named_is_readable(world: World) -> None:
    (world.base / "ca.pem").touch()
    assert granted(world, world.base / "ca.pem", SSL_CERT_FILE=str(world.base / "ca.pem"))


def test_credentials_within_a_grant_are_named(world: World) -> None:
    assert exposed([world.workspace], world.home) == []
    assert "~/.ssh" in exposed([world.home], world.home)
    assert exposed([world.home / ".aws/sub"], world.home) == ["~/.aws"]
    (world.workspace / "keys").mkdir()
    (world.home / ".ssh").rename(world.workspace / "keys/ssh")
    (world.home / ".ssh").symlink_to(world.workspace / "keys/ssh")
    assert exposed([world.workspace], world.home) == ["~/.ssh"]


@pytest.mark.parametrize(
    ("one", "other", "do"),
    [("/w", "/w", True), ("/w", "/w/src", True), ("/w/src", "/w", True), ("/w/src", "/w/src-evil", False)],
)
def test_places_overlap_by_whole_names(one: str, other: str, do: bool) -> None:
    assert overlaps(Path(one), Path(other)) is do
