"""What the compose file says, whatever engine reads it."""

from __future__ import annotations

from pathlib import Path

import yaml

from loki_tui.core.settings import SettingsFields, variable_of

ROOT = Path(__file__).parents[2]


def compose_file() -> dict[str, object]:
    parsed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert isinstance(parsed, dict)
    return parsed


def test_compose_passes_every_setting_on() -> None:
    """None is dropped silently: a budget that does not arrive is a budget that does not hold."""
    passed = compose_file()["services"]["loki"]["environment"]  # type: ignore[index]
    names = {entry.partition("=")[0] for entry in passed}
    assert {variable_of(name) for name in SettingsFields.model_fields} - names <= {"LOKI_DIR"}
    assert {"ANTHROPIC_API_KEY", "GITHUB_TOKEN", "GH_TOKEN"} <= names


def test_compose_publishes_on_this_machine_alone() -> None:
    (port,) = compose_file()["services"]["loki"]["ports"]  # type: ignore[index]
    assert port.startswith("${LOKI_PUBLISH:-127.0.0.1}:")


def test_compose_makes_nothing_of_a_home() -> None:
    mounts = compose_file()["services"]["loki"]["volumes"]  # type: ignore[index]
    of_home = [mount for mount in mounts if mount["target"].startswith("/home/")]
    assert [mount["target"] for mount in of_home] == [
        f"/home/loki/{name}" for name in (".gitconfig", ".ssh", ".config/gh")
    ]
    for mount in of_home:
        assert mount["read_only"] is True
        assert mount["bind"] == {"create_host_path": False}


def test_no_image_has_a_key_or_the_engines_socket() -> None:
    for name in ("Dockerfile", "Dockerfile.sandbox", "docker-compose.yml"):
        text = (ROOT / name).read_text()
        assert "docker.sock" not in text
        assert "API_KEY=" not in text
    assert "COPY . ." not in (ROOT / "Dockerfile.sandbox").read_text()
