"""Where keys are found, and that nothing of them is written down wherever they come from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.core.errors import ConfinementError, UsageError
from loki_tui.hands.policy import added_paths, agent_paths
from loki_tui.runtime.build import demands_of
from loki_tui.runtime.keys import FILE_BYTES, Key, find_key, key_files, provider_key
from loki_tui.runtime.secrets import redactor_of
from loki_tui.runtime.surroundings import Surroundings
from tests.support.git import repository

NAME = "ANTHROPIC_API_KEY"
VALUE = "sk-ant-0123456789-abcdef"


def test_a_variable_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{VALUE}\n")
    assert find_key({}, NAME) is None
    assert find_key({NAME: " "}, NAME) is None
    assert find_key({NAME: f"{VALUE}\n"}, NAME) == Key(NAME, VALUE, "environment")
    assert find_key({f"{NAME}_FILE": str(tmp_path / "key")}, NAME) == Key(NAME, VALUE, f"file {tmp_path / 'key'}")


def test_no_key_is_in_what_people_see_of_it() -> None:
    assert VALUE not in repr(Key(NAME, VALUE, "environment"))
    assert Key(NAME, VALUE, "environment").tail == "cdef"
    assert Key(NAME, "short-password", "environment").tail == ""


@pytest.mark.parametrize("what", ["nothing", "directory", "empty", "huge", "binary", "pipe"])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, what: str) -> None:
    file = tmp_path / "key"
    match what:
        case "directory":
            file.mkdir()
        case "empty":
            file.write_text("\n")
        case "huge":
            file.write_text("k" * (FILE_BYTES + 1))
        case "binary":
            file.write_bytes(b"abc\0def")
        case "pipe":
            os.mkfifo(file)
    with pytest.raises(UsageError, match=f"{NAME}_FILE names {file}"):
        find_key({f"{NAME}_FILE": str(file)}, NAME)


def test_both_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"Both {NAME} and {NAME}_FILE"):
        find_key({NAME: VALUE, f"{NAME}_FILE": str(tmp_path)}, NAME)


def test_the_first_that_signs_in_counts() -> None:
    both = {NAME: VALUE, "ANTHROPIC_AUTH_TOKEN": "t"}
    assert provider_key(both) == Key(NAME, VALUE, "environment")
    assert provider_key({"ANTHROPIC_AUTH_TOKEN": "t"}) == Key("ANTHROPIC_AUTH_TOKEN", "t", "environment")
    # The keyring cannot be asked here, and need not be.
    assert provider_key({"ANTHROPIC_AUTH_TOKEN": "t", "LOKI_KEYRING": "1"})


def test_a_keyring_that_does_not_encrypt_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with pytest.raises(UsageError, match="encrypts what it keeps"):
        find_key({"LOKI_KEYRING": "yes"}, NAME)


def test_the_redactor_knows_keys_in_files_and_addresses(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(VALUE)
    (tmp_path / "password").write_text("a password of a database\n")
    (tmp_path / "hook").write_text("https://example.com/services/T000/B000/Xy0123456789abcdefgh")
    redact = redactor_of(
        {
            f"{NAME}_FILE": str(tmp_path / "key"),
            "DB_PASSWORD_FILE": str(tmp_path / "password"),
            "LOKI_NOTIFY_SLACK_FILE": str(tmp_path / "hook"),
            "LOKI_NOTIFY_WEBHOOK": "http://127.0.0.1:1/a http://127.0.0.1:2/b",
            "SOME_FILE": str(tmp_path / "key"),
        }
    ).redact
    assert VALUE not in redact(f"it is {VALUE}")
    assert "database" not in redact("a password of a database")
    for text in (
        "https://example.com/services/T000/B000/Xy0123456789abcdefgh",
        "Xy0123456789abcdefgh",
        "http://127.0.0.1:2/b",
    ):
        assert redact(f"POST {text} failed").count("[redacted:LOKI_NOTIFY_") == 1
    assert redact("a plain word") == "a plain word"


@pytest.mark.parametrize("place", ["project", "secrets"])
def test_no_agent_may_read_the_file_of_a_key(tmp_path: Path, place: str) -> None:
    workspace = repository(tmp_path / "project", {"a": ""})
    (tmp_path / "secrets").mkdir()
    key = tmp_path / place / "key"
    key.write_text(VALUE)
    environ = {**os.environ, "LOKI_READ_PATHS": f"{tmp_path}/secrets", f"{NAME}_FILE": str(key), "A_KEY_FILE": "/etc"}
    assert key_files(environ) == (key,)
    around = Surroundings.here(environ, workspace)
    demands = demands_of(around, around.settings(), private=tmp_path / "private")
    with pytest.raises(ConfinementError, match="a key is kept in"):
        (agent_paths if place == "project" else added_paths)(demands)
