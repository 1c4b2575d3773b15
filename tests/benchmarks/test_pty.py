"""The terminal of the benchmarks, on the bare application."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from benchmarks import bare_textual
from benchmarks.glass import Glass
from benchmarks.pty import CLEARING, Terminal

BARE = [sys.executable, "-P", str(Path(bare_textual.__file__))]


def test_a_program_is_seen_typed_to_measured_and_ended() -> None:
    with Terminal(BARE, size=(100, 30)) as terminal:
        painted = terminal.shows(bare_textual.READY)
        assert terminal.began < painted < time.monotonic()
        # It knows that this terminal paints at once what belongs together.
        terminal.press("x")
        terminal.shows("Typed x")
        before = time.monotonic()
        pressed = terminal.press("y")
        answered = terminal.first_after(pressed)
        assert answered is not None
        assert before <= pressed < answered
        terminal.shows("Typed y")
        assert b"\x1b[?2026h" in terminal.written(pressed, time.monotonic())
        assert not CLEARING.search(terminal.written(painted, time.monotonic()))
        resident, share = terminal.memory()
        assert 10e6 < share <= resident < 300e6
        assert terminal.cpu() > 0
        terminal.quiet(0.3)
    assert terminal.process.returncode is not None


def test_a_size_is_told_to_the_program() -> None:
    with Terminal(BARE, size=(100, 30)) as terminal:
        terminal.shows(r"Quit")
        terminal.resize(60, 12)
        terminal.shows(bare_textual.READY)
        terminal.shows("Quit")
        assert "Quit" in terminal.glass.lines[11]


def test_what_does_not_come_is_said_to_be_missing() -> None:
    with Terminal(BARE) as terminal:
        terminal.shows(bare_textual.READY)
        with pytest.raises(TimeoutError, match=bare_textual.READY):
            terminal.shows("never", patience=0.5)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ([b"\x1b[2;3Hab"], ["", "  ab"]),
        ([b"\x1b[1;1Habc\x1b[1;2Hx"], ["axc", ""]),
        ([b"\x1b[1", b";2H\xe4\xb8", b"\xadx"], [" 中x", ""]),
        ([b"ab\x1b[2J"], ["", ""]),
        ([b"abcd\x1b[1;2H\x1b[K"], ["a", ""]),
        ([b"\x1b]0;a title\x07a\x1b]8;;http://x\x1b\\b\x1b]8;;\x1b\\"], ["ab", ""]),
        ([b"\x1b[?2026h\x1b[>1ua\x1b[?2026l"], ["a", ""]),
        ([b"a\r\nb"], ["a", "b"]),
    ],
)
def test_bytes_come_to_what_a_screen_would_show(written: list[bytes], shown: list[str]) -> None:
    glass = Glass(6, 2)
    for data in written:
        glass.show(data)
    assert glass.lines == shown


def test_a_cell_has_its_style() -> None:
    glass = Glass(3, 1)
    glass.show(b"\x1b[1;31ma\x1b[38;2;1;2;3;44mb\x1b[0mc")
    assert glass.looks() == [[("a", "1;31"), ("b", "1;38;2;1;2;3;44"), ("c", "")]]
