from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.terminal import plain, visible

HARMLESS = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]*")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plain\n\ttext\n", "plain\n\ttext\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[?1049h\x1b[2J\x1b[H.", "."),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]52;c;c3RvbGVu\x1b\\text", "text"),
        ("\x1b]8;;file:///etc\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0\x1b\\x", "x"),
        ("\x9b31mred", "red"),
        ("\x1bc reset", " reset"),
        ("\x1b(Bx", "x"),
        ("never ended \x1b]0;swallows\nnothing more", "never ended \nnothing more"),
        ("a lone \x1b", "a lone \\x1b"),
        ("bell\x07 nul\x00", "bell\\x07 nul\\x00"),
        ("10%\r50%\r100%\ndone", "100%\ndone"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("b\x08bo\x08ol\x08ld\x08d", "bold"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("a\u200bb\ufeffc", "a\\u200bb\\ufeffc"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("half \ud800", "half \ufffd"),
        ("👩‍💻 Grüße نص", "👩‍💻 Grüße نص"),
    ],
)
def test_output_is_shown_as_a_screen_would_end_up(said: str, shown: str) -> None:
    assert plain(said) == shown


def test_control_characters_of_a_file_are_written_out() -> None:
    assert visible("a\x1b[31m\tb\r\n") == "a\\x1b[31m\tb\\x0d\n"


@given(st.text())
def test_no_control_character_is_left(said: str) -> None:
    assert HARMLESS.fullmatch(plain(said))
    assert HARMLESS.fullmatch(visible(said))


@given(st.text())
def test_what_is_harmless_stays_as_it_is(said: str) -> None:
    assert plain(plain(said)) == plain(said)
    assert visible(visible(said)) == visible(said)
