"""Settings written into the person's own file: right ones alone, one at a time, and nothing else touched."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from loki_tui.core.errors import UsageError
from loki_tui.core.setting_types import Standing
from loki_tui.core.settings import Settings, SettingsFields
from loki_tui.core.settings_docs import bounds_of
from loki_tui.core.settings_files import MAX_BYTES
from loki_tui.core.settings_sources import load_settings
from loki_tui.runtime.preferences import save_setting
from loki_tui.runtime.surroundings import config_file

EXAMPLES = {
    "true or false": "false",
    "a JSON object": '{"one": {"input": 0.1, "output": "3"}}',
    "a comma-separated list": "CC, CXX",
    "a comma-separated list of paths": "~/a,b",
    "a path": "~/a b",
    "text": 'it\'s "5"',
    "seconds": "1h30m",
    "an amount of US dollars": "$10.50",
    "a whole number": "7",
    "a number": "1.5",
    "a host or an address": "::1",
    "an address such as": "https://loki.example.com/path",
}
"""A value for every form there is, by how the form begins."""


def example_of(name: str) -> str:
    """A value that this setting takes and that is not its default."""
    field = SettingsFields.model_fields[name]
    own = {
        "keymap": '{"run.pause": "p"}',
        "cassette": "a.jsonl",
        "max_output_tokens": "300",
        "context_window": "20000",
        "retry_max_seconds": "2.5",
        "network": "off",
        "council_threshold": "1",
        "risk_rules": "network=ask",
        "sandbox_memory": "512m",
    }
    if name in own:
        return own[name]
    kind = field.annotation
    choices = [choice for part in (kind, *get_args(kind)) for choice in get_args(part) if isinstance(choice, str)]
    if choices:
        return next(choice for choice in choices if choice != field.default)
    if kind is bool:
        return str(not field.default).lower()
    bounds = bounds_of(field)
    return next(EXAMPLES[form] for form in sorted(EXAMPLES, key=len, reverse=True) if bounds.startswith(form))


def loaded() -> Settings:
    """What the file comes to."""
    return load_settings(environ=environ(), overrides={}, config_file=config_file(), workspace=None)


def environ() -> dict[str, str]:
    return {"HOME": os.environ["HOME"]}


def configure(text: str) -> Path:
    file = config_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return file


def refusal(name: str, text: str | None, **variables: str) -> str:
    """What is said about a setting that is refused; the file stays as it is."""
    before = config_file().read_bytes() if config_file().exists() else None
    with pytest.raises(UsageError) as caught:
        save_setting(name, text, environ={**environ(), **variables})
    assert (config_file().read_bytes() if config_file().exists() else None) == before
    return caught.value.message


IN_FORCE = [
    name
    for name, field in SettingsFields.model_fields.items()
    if not {Standing.PLANNED, Standing.ENVIRONMENT} & {mark for mark in field.metadata if isinstance(mark, Standing)}
]


PAIRS = (("tls_cert", "tls_key"), ("oidc_issuer", "oidc_client_id"))
"""Settings that cannot be alone: they are written into the file by hand, both at once."""


@pytest.mark.parametrize("name", [name for name in IN_FORCE if not any(name in pair for pair in PAIRS)])
def test_every_setting_makes_the_way_into_the_file_and_back(name: str) -> None:
    other, needed = {"cassette": ("provider", "replay"), "council_threshold": ("council_size", "9")}.get(name, ("", ""))
    if other:
        save_setting(other, needed, environ=environ())
    text = example_of(name)
    save_setting(name, text, environ=environ())
    wanted = getattr(SettingsFields.model_validate({name: text}, context={"home": os.environ["HOME"]}), name)
    assert getattr(loaded(), name) == wanted
    assert wanted != getattr(Settings(), name)
    save_setting(name, None, environ=environ())
    assert getattr(loaded(), name) == getattr(Settings(), name)
    assert name not in config_file().read_text()


@pytest.mark.parametrize("pair", PAIRS)
def test_half_a_pair_is_refused_and_a_whole_one_can_be_changed(pair: tuple[str, str]) -> None:
    one, other = pair
    assert "are a pair" in refusal(one, example_of(one))
    configure("".join(f"{name} = '''{example_of(name)}'''\n" for name in pair))
    assert None not in {getattr(loaded(), name) for name in pair}
    save_setting(other, example_of(other) + "x", environ=environ())
    assert "are a pair" in refusal(one, None)


def test_a_new_file_is_the_persons_alone() -> None:
    assert not config_file().parent.exists()
    save_setting("theme", "dark", environ=environ())
    assert config_file().read_text() == 'theme = "dark"\n'
    assert config_file().stat().st_mode & 0o777 == 0o600
    assert config_file().parent.stat().st_mode & 0o777 == 0o700
    assert list(config_file().parent.iterdir()) == [config_file()]


def test_an_old_file_keeps_its_mode_its_comments_and_its_place(tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles.toml"
    dotfiles.write_text("# mine\nmax_turns = 3 # enough\n")
    dotfiles.chmod(0o644)
    config_file().parent.mkdir(parents=True)
    config_file().symlink_to(dotfiles)
    save_setting("max_turns", "4", environ=environ())
    assert config_file().is_symlink()
    assert dotfiles.read_text() == "# mine\nmax_turns = 4 # enough\n"
    assert dotfiles.stat().st_mode & 0o777 == 0o644


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("theme", "blue", "theme in {file} is 'blue'; it must be auto, dark, light, contrast or ansi."),
        ("max_turn", "3", "max_turn in {file} is no setting. Did you mean max_turns?"),
        ("max_turn", None, "max_turn in {file} is no setting. Did you mean max_turns?"),
        ("max_turns", "", "max_turns in {file} is empty"),
        ("max_turns", "0", "max_turns in {file} is '0'; it must be a whole number from 1 up to 10000."),
        ("dir", "/somewhere", "dir in {file} has no effect: set LOKI_DIR in the environment."),
        ("keymap", '{"Run Pause": "p"}', "keymap in {file} is"),
        ("model", "\udcff", "model in {file} is"),
        ("read_paths", "\udcff", "{file} cannot be changed"),
        (
            "retry_base_seconds",
            "500",
            "retry_base_seconds in {file} (500) and LOKI_RETRY_MAX_SECONDS (300, the default) make the first wait",
        ),
    ],
)
def test_what_a_start_would_refuse_is_refused_in_the_same_words(name: str, text: str | None, words: str) -> None:
    assert words.format(file=config_file()) in refusal(name, text)
    assert not config_file().parent.exists()


def test_the_environment_is_part_of_what_has_to_fit() -> None:
    assert "LOKI_RETRY_MAX_SECONDS (5)" in refusal("retry_base_seconds", "9", LOKI_RETRY_MAX_SECONDS="5")


def test_the_environment_does_not_make_a_wrong_file_right() -> None:
    assert "cassette" in refusal("cassette", "a.jsonl", LOKI_PROVIDER="replay")


def test_what_others_need_is_not_taken_away() -> None:
    configure('provider = "replay"\ncassette = "a.jsonl"\n')
    assert "name a recording that the provider would not play" in refusal("provider", None)


def test_one_of_several_mistakes_can_be_taken_out() -> None:
    configure("max_turn = 3\nmax_retry = 4\n")
    assert "max_turn" in refusal("theme", "dark")
    save_setting("max_turn", None, environ=environ())
    save_setting("max_retry", None, environ=environ())
    save_setting("theme", "dark", environ=environ())
    assert loaded().theme == "dark"


@pytest.mark.parametrize(
    ("content", "words"), [("max_turns = ", "is no valid TOML"), ("# " + "x" * MAX_BYTES, "larger")]
)
def test_a_file_that_cannot_be_used_is_not_written(content: str, words: str) -> None:
    configure(content)
    assert words in refusal("theme", "dark")


def test_a_file_does_not_grow_beyond_what_is_read() -> None:
    configure("# " + "x" * (MAX_BYTES - 10))
    assert "larger" in refusal("theme", "dark")


def test_a_place_that_cannot_be_written_is_said() -> None:
    config_file().parent.parent.mkdir(parents=True)
    config_file().parent.write_text("no directory")
    with pytest.raises(UsageError, match=r"config\.toml cannot be"):
        save_setting("theme", "dark", environ=environ())


# -- several at once ----------------------------------------------------------------------------

WRITER = """
import os, sys
from loki_tui.runtime.preferences import save_setting
sys.stdin.readline()
for value in range(1, 21):
    save_setting(sys.argv[1], str(value), environ=os.environ)
"""


def test_writers_at_the_same_time_lose_nothing() -> None:
    file = configure("# mine\n")
    names = ["max_turns", "max_iterations", "max_retries", "command_timeout"]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, name], stdin=subprocess.PIPE, text=True) for name in names
    ]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.close()
    assert [writer.wait(60) for writer in writers] == [0] * len(names)
    assert tomllib.loads(file.read_text()) == dict.fromkeys(names, 20)
    assert file.read_text().startswith("# mine\n")
    assert list(file.parent.iterdir()) == [file]
