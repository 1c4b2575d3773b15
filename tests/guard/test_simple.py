"""A simple command is read as a shell reads it, or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from loki_tui.guard.simple import MAX_CHARS, simple_command

PIECES = st.sampled_from(
    [*"ab1_-+=:,./@%*? '\"", "'\"'", '"\'"', "'a b'", '"c d"', "\\n", "$a", "é", "!", "#", "~", "{a,b}"]
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which no glob finds anything."""
    return tmp_path_factory.mktemp("empty")


@example("printf '%s\\n' a 'b c' \"d;e\" -x --y=z")
@example("printf %s a,b c:d e=f g@h +i ./j k/l")
@example("printf %s 'it is' \"'quoted'\" '\"so\"' ''")
@example('printf %s a"b c"d\'e f\'g "!x"')
@example("printf %s t*.txt ./t?.txt sub/t*")
@given(st.lists(PIECES, max_size=14).map(lambda pieces: "a " + "".join(pieces)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much], deadline=None)
def test_bash_reads_a_simple_command_as_it_is_read_here(empty: Path, command: str) -> None:
    words = simple_command(command)
    assume(words is not None)
    assert words is not None
    shell = f'set -- {command}\nprintf "%s\\0" "$@"'
    read = subprocess.run(["bash", "-c", shell], cwd=empty, capture_output=True, text=True, check=True, timeout=30)
    assert read.stdout.split("\0")[:-1] == [word.text for word in words]


def test_words_say_whether_they_were_quoted() -> None:
    words = simple_command("git commit -m 'a b' te\"st\" t*.py")
    assert words is not None
    assert [word.bare for word in words] == [True, True, True, False, False, False]


@pytest.mark.parametrize(
    "command", ["", " ", "'git' x", "a" * (MAX_CHARS + 1), "-x y", "a=b", "while x", "../a/b;", "[ x ]"]
)
def test_what_is_no_simple_command_is_not_read(command: str) -> None:
    assert simple_command(command) is None
