from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.hands.environment import command_environment


def made(environ: dict[str, str], tmp_path: Path, *passed: str) -> dict[str, str]:
    return command_environment(
        environ, person=tmp_path / "person", home=tmp_path / "home", tmp=tmp_path / "tmp", pass_env=passed
    )


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "NPM_TOKEN",
        "DATABASE_URL",
        "SSH_AUTH_SOCK",
        "XDG_RUNTIME_DIR",
        "LD_PRELOAD",
        "BASH_ENV",
        "PYTHONPATH",
        "GIT_SSH_COMMAND",
        "LOKI_DIR",
        "DBUS_SESSION_BUS_ADDRESS",
    ],
)
def test_what_is_not_named_stays_behind(name: str, tmp_path: Path) -> None:
    assert name not in made({name: "value"}, tmp_path)
    assert made({name: "value"}, tmp_path, name)[name] == "value"


def test_places_are_private(tmp_path: Path) -> None:
    environment = made({"HOME": "/person", "TMPDIR": "/var/x", "XDG_CONFIG_HOME": "/person/.config"}, tmp_path)
    assert environment["HOME"] == str(tmp_path / "home")
    assert environment["TMPDIR"] == str(tmp_path / "tmp")
    assert environment["XDG_CONFIG_HOME"] == str(tmp_path / "home/.config")
    assert environment["CARGO_HOME"] == str(tmp_path / "home/.cargo")
    assert environment["GRADLE_USER_HOME"] == str(tmp_path / "home/.gradle")
    assert environment["MAVEN_OPTS"] == f"-Dmaven.repo.local={tmp_path / 'home/.m2/repository'}"
    assert not [value for value in environment.values() if "/person" in value]


def test_nobody_is_asked_or_paged(tmp_path: Path) -> None:
    environment = made({"PAGER": "less", "EDITOR": "vi", "TERM": "xterm-256color"}, tmp_path)
    assert environment["PAGER"] == environment["GIT_PAGER"] == "cat"
    assert environment["EDITOR"] == "true"
    assert environment["TERM"] == "dumb"
    assert environment["GIT_TERMINAL_PROMPT"] == "0"


def test_the_way_to_the_network_is_kept_unless_it_carries_a_password(tmp_path: Path) -> None:
    plain = {"https_proxy": "http://proxy:3128", "PIP_INDEX_URL": "https://mirror/simple", "SSL_CERT_FILE": "/ca.pem"}
    assert plain.items() <= made(plain, tmp_path).items()
    secret = {"HTTPS_PROXY": "http://me:pass@proxy:3128", "PIP_EXTRA_INDEX_URL": "https://a/s https://token@b/s"}
    assert not secret.keys() & made(secret, tmp_path).keys()


def test_toolchains_in_the_home_are_found_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "person/.rustup").mkdir(parents=True)
    assert made({}, tmp_path)["RUSTUP_HOME"] == str(tmp_path / "person/.rustup")
    assert "PYENV_ROOT" not in made({}, tmp_path)


def test_the_search_path_has_no_relative_entries(tmp_path: Path) -> None:
    assert made({"PATH": ".:/usr/bin::bin:/usr/bin:/bin"}, tmp_path)["PATH"] == "/usr/bin:/bin"
    assert made({}, tmp_path)["PATH"] == "/usr/local/bin:/usr/bin:/bin"
