from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.terminal import even, one_line, plain, visible

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


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\u2764\ufe0f \u26a0\ufe0f done", "\u2764 \u26a0 done"),
        ("\u2764\ufe0e", "\u2764"),
        ("\U0001f44d\U0001f3fd", "\U0001f44d"),
        ("\U0001f468\U0001f3ff\u200d\U0001f9b0", "\U0001f468\U0001f9b0"),
        ("\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f3f3\U0001f308"),
        ("1\ufe0f\u20e3 #\ufe0f\u20e3", "1\u20e3 #\u20e3"),
        ("\U0001f1e9\U0001f1ea", "\U0001f1e9\U0001f1ea"),
        ("\u0915\u094d\u200d\u0937\u093f", "\u0915\u094d\u0937\u093f"),
        ("\u0e17\u0e35\u0e48 e\u0301", "\u0e17\u0e35\u0e48 e\u0301"),
        # Not an emoji's: what differs in them must not look alike.
        ("rm na\u200dme 1\ufe0f x\U0001f3fd", "rm na\\u200dme 1\\ufe0f x\\U0001f3fd"),
        ("\ufe0f\u200d", "\\ufe0f\\u200d"),
        # No two terminals agree on these, or nothing is to be seen of them.
        ("\u2630 \u3164 \uffa0", "\\u2630 \\u3164 \\uffa0"),
    ],
)
def test_on_a_screen_nothing_is_left_whose_width_terminals_disagree_on(said: str, shown: str) -> None:
    assert even(said) == one_line(said) == shown
    assert visible(said) == plain(said) == said


@pytest.mark.parametrize("said", ["rm -rf /\recho hi", "rm -rf /\b\b\becho", "rm \x1b]0;-rf /\x07x", "rm \x1b[31m-rf"])
def test_one_line_hides_nothing(said: str) -> None:
    shown = one_line(said)
    assert HARMLESS.fullmatch(shown)
    assert re.sub(r"\\x(..)", lambda code: chr(int(code[1], 16)), shown) == said


@given(st.text(st.sampled_from("a1# \n\t\x9b\u200b\u2764\ufe0f\ufe0e\u200d\u20e3\U0001f3fd\U0001f468\u2630\u093f")))
def test_what_is_even_stays_as_it_is(said: str) -> None:
    made = even(said)
    assert even(made) == made
    assert not set(made) & set("\ufe0f\ufe0e\u200d\U0001f3fd\u2630\x9b\u200b")


@given(st.text())
def test_no_control_character_is_left(said: str) -> None:
    assert HARMLESS.fullmatch(plain(said))
    assert HARMLESS.fullmatch(visible(said))


@given(st.text())
def test_what_is_harmless_stays_as_it_is(said: str) -> None:
    assert plain(plain(said)) == plain(said)
    assert visible(visible(said)) == visible(said)
