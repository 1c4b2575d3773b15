"""The terminal of the tests itself, on programs of a line."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

import pytest

from tests.support.program import Program
from tests.support.terminal import PATIENCE, loki_in_terminal, needs_tmux, terminal

pytestmark = needs_tmux

ECHO = "printf 'ready\\n'; while read -r line; do printf 'got <%s>\\n' \"$line\"; done"


def test_what_is_typed_reaches_the_program_and_what_it_says_is_seen(tmp_path: Path) -> None:
    with terminal("sh", "-c", ECHO, cwd=tmp_path) as shown:
        shown.shows("ready")
        shown.enter("héllo; -l [x]")
        shown.press("Enter")
        shown.shows("got <héllo; -l [x]>")


def test_an_end_is_seen_with_its_code_and_its_last_words(tmp_path: Path) -> None:
    with terminal("sh", "-c", "echo last; exit 7", cwd=tmp_path) as shown:
        assert shown.ends() == 7
        assert "last" in shown.shows("last")


def test_a_wait_says_what_was_on_the_screen_instead(tmp_path: Path) -> None:
    with terminal("sh", "-c", ECHO, cwd=tmp_path) as shown:
        shown.shows("ready")
        with pytest.raises(AssertionError, match=r"(?s)nothing.*ready"):
            shown.shows("nothing", patience=0.3)
    with (
        terminal("sh", "-c", "echo gone; exit 3", cwd=tmp_path) as shown,
        pytest.raises(AssertionError, match="with 3"),
    ):
        shown.shows("nothing")


def test_size_title_bell_colours_clipboard_and_screen_are_seen(tmp_path: Path) -> None:
    program = """if True:
        import os, signal, sys
        def say(*_): print(*os.get_terminal_size(), flush=True)
        signal.signal(signal.SIGWINCH, say)
        print("\\x1b]2;a title\\x07\\x07\\x1b]52;c;Y29waWVk\\x07\\x1b[?1049h\\x1b[31mred\\x1b[0m")
        say()
        while True: signal.pause()
    """
    with terminal(sys.executable, "-c", program, cwd=tmp_path, size=(91, 17)) as shown:
        assert "red" in shown.shows("91 17")
        assert "\x1b[31m" in shown.styled
        assert shown.title == "a title"
        assert shown.rung
        assert shown.clipboard == "copied"
        assert shown.full_screen
        shown.resize(60, 20)
        shown.shows("60 20")


def test_a_paste_is_bracketed_where_the_program_asked_for_it(tmp_path: Path) -> None:
    program = "import sys, tty; tty.setraw(0); print('\\x1b[?2004hready', flush=True); print(ascii(sys.stdin.read(18)))"
    with terminal(sys.executable, "-c", program, cwd=tmp_path) as shown:
        shown.shows("ready")
        shown.paste("pasted")
        shown.shows("[200~pasted")


def test_a_terminal_that_goes_away_hangs_up_and_nothing_is_left(tmp_path: Path) -> None:
    program = "trap 'echo hung up >told; exit' HUP; echo $$ ready; while :; do read -r line || :; done"
    with terminal("sh", "-c", program, cwd=tmp_path) as shown:
        shown.shows("ready")
        handle = os.pidfd_open(shown.pid)
        shown.hang_up()
    # The handle of a process can be read from when it has ended.
    assert select.select([handle], [], [], PATIENCE)[0]
    os.close(handle)
    assert (tmp_path / "told").read_text() == "hung up\n"


def test_the_real_program_runs_in_it(tmp_path: Path) -> None:
    program = Program(workspace=tmp_path, home=tmp_path)
    with loki_in_terminal(program, "version") as shown:
        assert shown.ends() == 0
        assert "loki" in shown.transcript.lower()
