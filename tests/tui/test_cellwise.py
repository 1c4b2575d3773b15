"""What is measured is what a real terminal does: characters by how far they move its cursor, panes by their edges."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from itertools import accumulate
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from loki_tui.core import events as ev
from loki_tui.core.messages import TextPart
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.tui.cellwise import cells_of, chopped, measured, sized
from loki_tui.tui.rows import cells, clean
from tests.support import foreign, scenes
from tests.support.program import Program
from tests.support.terminal import Terminal, loki_in_terminal, needs_tmux, terminal
from tests.support.working import Worker

in_a_terminal = [needs_tmux, pytest.mark.xdist_group("terminal"), pytest.mark.timeout(240)]

HINDI = "\u0939\u093f\u0928\u094d\u0926\u0940"
"""Two of its marks take a cell, one takes none."""
TAMIL = "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd"

SAID = [
    "plain", "caf\u00e9", "cafe\u0301", "\u6771\u4eac", "\ud55c\uad6d", "\u1112\u1161\u11ab", "\u304b\u3099",
    "\uff76\uff9e", "\U0001f44d", "\U0001f44d\U0001f3fd", "\U0001f3fd", "\u261d\U0001f3fd!", "\u2764", "\u2764\ufe0f",
    "\u2764\ufe0e", "\u26a0\ufe0f late", "\u2714\ufe0f", "\u2139\ufe0f", "\u263a", "1\ufe0f\u20e3", "#\ufe0f\u20e3",
    "1\ufe0f", "\U0001f1e9\U0001f1ea", "\U0001f1e9\U0001f1ea\U0001f1ef\U0001f1f5", "\U0001f1e9",
    "\U0001f469\u200d\U0001f4bb", foreign.FAMILY, "\U0001f3f3\ufe0f\u200d\U0001f308",
    "\U0001f468\U0001f3ff\u200d\U0001f9b0",
    HINDI, TAMIL, "\u0915\u094d\u0937\u093f", "\u0915\u094d\u200d\u0937", "\u09ac\u09be\u0982\u09b2\u09be",
    "\u1780\u17b6", "\u0e17\u0e35\u0e48\u0e01\u0e33", "\u0627\u0644\u0644\u0647", "\u05e9\u05c1\u05dc", "a\u200cb",
    "a\u200db", "a\u200bb", "a\u2060b", "a\u00adb", "a\u034fb", "a\ufe0fb", "a\u3164b", "\uffa0", "\u2630", "\u3248",
    "\u302e", "\U0001d306", "\U0001fae0", foreign.EMOJI, foreign.FLAGS, foreign.COMBINING, foreign.INVISIBLE,
]  # fmt: skip

EDGES = "\u2502\u2551\u256d\u256e\u2570\u256f\u2554\u2557\u255a\u255d"
"""What panes are edged with."""

PROBE = """
import json, os, re, sys, termios, tty
before = termios.tcgetattr(0)
tty.setraw(0)
found = []
for text in json.load(open(sys.argv[1])):
    os.write(1, b"\\r\\x1b[2K" + text.encode() + b"\\x1b[6n")
    answer = b""
    while not answer.endswith(b"R"):
        answer += os.read(0, 1)
    found.append(int(re.search(rb";(\\d+)R", answer)[1]) - 1)
termios.tcsetattr(0, termios.TCSANOW, before)
json.dump(found, open(sys.argv[2], "w"))
"""
"""Writes each text and asks the terminal where its cursor is."""

KNOWN = """
import ctypes, json, locale, unicodedata
locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
width = ctypes.CDLL(None).wcwidth
width.argtypes = [ctypes.c_wchar]
written = [code for code in range(0x20, 0x20000) if unicodedata.category(chr(code))[0] in "LMNS"]
print(json.dumps([code for code in written if width(chr(code)) >= 0]))
"""
"""Tells the letters, marks, numbers and signs that the C library knows: what only Python does is too new for both."""


def in_terminal(texts: list[str], room: Path) -> list[int]:
    """How far each text moves the cursor of a real terminal."""
    given, found = room / "given", room / "found"
    given.write_text(json.dumps(texts))
    with terminal(sys.executable, "-c", PROBE, str(given), str(found), cwd=room, size=(200, 10)) as shown:
        assert shown.ends() == 0
    return list(map(int, json.loads(found.read_text())))


def test_marks_that_take_a_cell_are_measured_and_cut_so() -> None:
    assert cells_of(HINDI) == 5
    assert chopped(HINDI, 2) == [HINDI[:2], HINDI[2:5], HINDI[5:]]
    assert sized(HINDI, 7) == f"{HINDI}  "
    assert sized(HINDI, 3) == HINDI[:4]
    private = "\U000f0041"
    assert sized(f"{private}{HINDI}", 6) == f"{private}{HINDI}"


def test_a_line_is_divided_by_the_cells_it_takes() -> None:
    style = Style(bold=True)
    line = measured(Strip([Segment("| "), Segment(HINDI, style), Segment("   |")], 11))
    pieces = line.divide([2, 4, 10, 11])
    assert [piece.text for piece in pieces] == ["| ", HINDI[:2], f"{HINDI[2:]}   ", "|"]
    assert [piece.cell_length for piece in pieces] == [2, 2, 6, 1]
    assert next(iter(pieces[1])).style == style
    plain = Strip([Segment("| word |")], 8)
    assert measured(plain) is plain


@pytest.mark.usefixtures("isolation")
class TestInATerminal:
    """With tmux."""

    pytestmark = in_a_terminal

    def test_a_clean_text_takes_the_cells_it_is_measured_to_take(self, tmp_path: Path) -> None:
        texts = [clean(text) for text in SAID]
        taken = in_terminal(texts, tmp_path)
        wrong = {
            ascii(text): (cells(text), there) for text, there in zip(texts, taken, strict=True) if cells(text) != there
        }
        assert not wrong

    def test_every_letter_and_mark_of_every_script_is_measured_so(self, tmp_path: Path) -> None:
        known = subprocess.run([sys.executable, "-c", KNOWN], stdout=subprocess.PIPE, check=True, timeout=60)
        texts = [f"\u0915{clean(chr(code))}b" for code in json.loads(known.stdout)]
        assert len(texts) > 70_000
        taken = in_terminal(texts, tmp_path)
        wrong = [ascii(text) for text, there in zip(texts, taken, strict=True) if cells_of(text) != there]
        assert not wrong, (len(wrong), wrong[:20])

    def test_edges_stay_in_their_columns_beside_such_text(self, tmp_path: Path) -> None:
        person = Program(workspace=tmp_path, home=Path(os.environ["HOME"]))
        project = Surroundings.here(person.environ, tmp_path).project
        scenes.write(project, "r1", [*scenes.full(), *spoken()])
        with loki_in_terminal(person, "attach", size=(140, 40)) as shown:
            shown.shows("the end of it")
            assert_straight(shown)
            shown.press("1", "z")
            shown.until(lambda screen: "Budget" not in screen and "the end of it" in screen, "the pane alone")
            assert_straight(shown)
            shown.press("z", "a")
            shown.shows("Waiting for you", "1\u20e3")
            assert_straight(shown)
            shown.press("Tab", "PageDown")
            shown.shows("Waiting for you", TAMIL)
            assert_straight(shown)


def spoken() -> list[ev.Event]:
    """Each such text as something that is said, and all of them in a request with a bar beside it."""
    worker = Worker(17, first=20_000)
    events: list[ev.Event] = []
    for text in (*(text for text in SAID if "\n" not in text), "the end of it"):
        asked = worker.asked()
        events += [asked, worker.answered(asked).model_copy(update={"parts": (TextPart(text=text),)})]
    lines = "\n".join(["first", *SAID, *map(str, range(60))])
    first = next(event for event in scenes.full() if isinstance(event, ev.ApprovalRequested))
    denied = [ev.ApprovalDecided(approval=name, decision="denied", by="ada") for name in ("p1", "p2")]
    return [*denied, first.model_copy(update={"approval": "p3", "input": {"command": lines}, "detail": lines}), *events]


def edges(shown: Terminal) -> list[set[int]]:
    """The columns of edges and corners of panes in each line of a screen that has any."""
    lines = [{column for column, one in placed(line) if one in EDGES} for line in shown.screen.split("\n")]
    return [columns for columns in lines if columns]


def placed(line: str) -> list[tuple[int, str]]:
    """Characters with their columns, by the database of Unicode alone."""
    return list(zip(accumulate(map(width_of, line), initial=0), line, strict=False))


def width_of(character: str) -> int:
    """Cells of a character in a terminal; the later parts of a Hangul syllable stand in those of the first."""
    if "\u1160" <= character <= "\u11ff":
        return 0
    if unicodedata.category(character) in {"Mn", "Me", "Cf"} and character != "\u00ad":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def assert_straight(shown: Terminal) -> None:
    """Every line through panes has its edges in the same columns."""
    found = edges(shown)
    assert len(found) > 30
    assert all(columns == found[0] for columns in found), shown.screen
