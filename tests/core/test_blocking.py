"""Lists of rules on commands, as people write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loki_tui.core.blocking import DEFAULT_BLOCKED, rule_words, split_rules
from loki_tui.core.errors import UsageError
from loki_tui.core.settings import Settings
from loki_tui.core.settings_docs import show
from loki_tui.core.settings_sources import load_settings


def loaded(value: str) -> tuple[str, ...]:
    return load_settings(
        environ={"LOKI_BLOCKED_COMMANDS": value}, overrides={}, config_file=Path("none"), workspace=None
    ).blocked_commands


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rm -rf /,dd if=/dev/zero", ("rm -rf /", "dd if=/dev/zero")),
        (" a , b ", ("a", "b")),
        ("git commit -m 'a,b',c", ("git commit -m 'a,b'", "c")),
        ('x "a,b" y,z', ('x "a,b" y', "z")),
        ("x a\\,b,z", ("x a\\,b", "z")),
    ],
)
def test_a_list_is_split_at_commas_outside_of_quotes(text: str, expected: tuple[str, ...]) -> None:
    assert tuple(split_rules(text)) == expected == loaded(text)


def test_quotes_are_taken_off_words() -> None:
    assert rule_words('git commit -m \'a, b\' "c \\" d" e\\ f') == ("git", "commit", "-m", "a, b", 'c " d', "e f")
    assert rule_words(">/dev/sda") == rule_words("> /dev/sda") == (">", "/dev/sda")


def test_lokis_own_rules_are_in_force_unless_others_are_named() -> None:
    assert Settings().blocked_commands == DEFAULT_BLOCKED
    assert "rm -rf /" in DEFAULT_BLOCKED
    assert "dd if=/dev/zero" in DEFAULT_BLOCKED
    assert loaded("x") == ("x",)
    assert loaded("@defaults,x") == (*DEFAULT_BLOCKED, "x")


def test_what_is_shown_can_be_written_again() -> None:
    assert loaded(show(DEFAULT_BLOCKED)) == DEFAULT_BLOCKED
    assert loaded(show(loaded("a 'b,c',d"))) == ("a 'b,c'", "d")


def test_what_a_run_records_is_read_again() -> None:
    settings = Settings(blocked_commands=("a 'b,c'", "d"))
    recorded = json.loads(json.dumps(settings.changed()))
    assert Settings.model_validate(recorded) == settings


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (",", "one of the rules is empty"),
        ("a,,b", "one of the rules is empty"),
        ("a,", "one of the rules is empty"),
        ("a 'b", "has a quote that is not closed"),
        ("a,b\\", "has a quote that is not closed"),
        ("a | b", "a rule is one program with its words"),
    ],
)
def test_rules_that_do_not_parse_stop_the_start(value: str, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        loaded(value)
    assert refused.value.message.startswith("LOKI_BLOCKED_COMMANDS is ")
    assert why in refused.value.message
    assert refused.value.hint


def test_a_comma_in_a_files_array_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('blocked_commands = ["a b,c"]', encoding="utf-8")
    with pytest.raises(UsageError, match="has a comma in it"):
        load_settings(environ={}, overrides={}, config_file=file, workspace=None)
    file.write_text('blocked_commands = ["a \'b,c\'", "@defaults"]', encoding="utf-8")
    found = load_settings(environ={}, overrides={}, config_file=file, workspace=None)
    assert found.blocked_commands == ("a 'b,c'", *DEFAULT_BLOCKED)
