"""What goes through the canvas makes the same picture as what was painted, with fewer bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.glass import Glass
from loki_tui.tui.canvas import Canvas

STYLES = ("", "1;38;2;1;2;3;48;2;9;9;9", "38;2;4;5;6;48;2;9;9;9", "31", "7;38;2;4;5;6", "38;5;9;48;5;3")
TEXTS = (
    "aa",
    "bc",
    "    ",
    "\u4e2d\u6587",
    "e\u0301x",
    "ab\u4e2dcc",
    "\u2500\u2502\u2588x",
    "\U0001f469\u200d\U0001f467zz",
)

pieces = st.tuples(
    st.integers(1, 6), st.integers(0, 9).map(lambda n: 2 * n + 1), st.sampled_from(STYLES), st.sampled_from(TEXTS)
)
frames = st.lists(st.lists(pieces, min_size=1, max_size=6), min_size=1, max_size=20)


def painted(frame: list[tuple[int, int, str, str]]) -> str:
    """A frame as the library writes it: a place, a style, a text, and back to no style."""
    return "".join(f"\x1b[{row};{column}H\x1b[{style}m{text}\x1b[0m" for row, column, style, text in frame)


@given(frames)
def test_the_picture_is_the_same(given_frames: list[list[tuple[int, int, str, str]]]) -> None:
    canvas, straight, thinned = Canvas(), Glass(40, 6), Glass(40, 6)
    for frame in given_frames:
        straight.show(painted(frame).encode())
        thinned.show(canvas.thin(painted(frame)).encode())
        assert thinned.looks() == straight.looks()


def test_what_is_there_already_is_not_written_again() -> None:
    canvas = Canvas()
    frame = "\x1b[3;1H\x1b[31mone line\x1b[0m\x1b[1;1H"
    assert canvas.thin(frame)
    assert canvas.thin(frame) == ""
    assert canvas.thin("\x1b[3;1H\x1b[31mone mine\x1b[0m\x1b[1;1H") == "\x1b[3;5Hm\x1b[1;1H"


def test_a_frame_that_changes_nothing_is_not_even_begun() -> None:
    canvas = Canvas()
    canvas.thin("\x1b[1;1Ha")
    assert [canvas.thin(part) for part in ("\x1b[?2026h", "\x1b[1;1Ha\x1b[1;2H", "\x1b[?2026l")] == ["", "", ""]
    begun, drawn, ended = (canvas.thin(part) for part in ("\x1b[?2026h", "\x1b[1;1Hb", "\x1b[?2026l"))
    assert (begun, drawn, ended) == ("", "\x1b[?2026h\x1b[1;1Hb", "\x1b[?2026l")


@pytest.mark.parametrize("sequence", ["\x1b[2J", "\x1b[?1049h", "\x1bc"])
def test_after_what_clears_a_screen_everything_is_written(sequence: str) -> None:
    canvas = Canvas()
    frame = "\x1b[1;1Habc"
    canvas.thin(frame)
    canvas.thin(sequence)
    assert "abc" in canvas.thin(frame)
    canvas.forget()
    assert "abc" in canvas.thin(frame)


def test_titles_bells_and_modes_go_through() -> None:
    canvas = Canvas()
    for sequence in ("\x1b]2;title\x1b\\", "\x07", "\x1b[?1003h", "\x1b[>1u", "\x1b]52;c;eA==\x07"):
        assert sequence in canvas.thin(sequence)


def test_a_terminal_is_given_back_without_colours() -> None:
    canvas = Canvas()
    canvas.thin("\x1b[1;1H\x1b[31mred\x1b[0m")
    assert canvas.thin("\x1b[?1049l").startswith("\x1b[0m")


def test_a_terminal_that_is_given_back_keeps_its_own_place_to_write() -> None:
    canvas = Canvas()
    canvas.thin("\x1b[?1049h")
    canvas.thin("\x1b[3;4Hdrawn")
    canvas.thin("\x1b[?1049l")
    assert canvas.thin("\x1b[?25h\x1b[?1004l") == "\x1b[?25h\x1b[?1004l"
    canvas.thin("\x1b[?1049h")
    assert canvas.thin("\x1b[2;2H\x1b[?25h").endswith("\x1b[2;2H")
