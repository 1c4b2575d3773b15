from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from loki_tui.hands.box.diffs import unified

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n"]), max_size=40).map("".join)


@settings(max_examples=25)
@example(before="b\nb\na\nb\nb\nb\na\na\n", after="a\nb\nb\na\na\n", ending="")
@given(before=LINES, after=LINES, ending=st.sampled_from(["", "no newline"]))
def test_a_diff_turns_the_old_into_the_new(before: str, after: str, ending: str) -> None:
    old, new = f"x\n{before}", f"x\n{after}{ending}"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "f")
        file.write_text(old)
        if diff := unified(old, new, "f"):
            subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=folder, check=True, timeout=30)
        assert file.read_text() == new


def test_the_same_is_no_diff() -> None:
    assert unified("a\n", "a\n", "f") == ""


def test_a_new_file_comes_from_nothing() -> None:
    assert unified(None, "a\nb\n", "f") == "--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n"


def test_line_numbers_count_from_the_beginning_of_the_file() -> None:
    old = "".join(f"{number}\n" for number in range(1, 1001))
    assert "@@ -497,7 +497,7 @@\n 497\n 498\n 499\n-500\n+x\n 501" in unified(old, old.replace("500\n", "x\n"), "f")


def test_a_small_change_to_a_huge_file_is_shown() -> None:
    old = "line\n" * 500_000
    assert unified(old, old + "more\n", "f").endswith("+more\n")


def test_a_huge_change_is_only_counted() -> None:
    diff = unified("".join(f"{n}\n" for n in range(9000)), "".join(f"{n} x\n" for n in range(9000)), "f")
    assert "18,000 lines changed" in diff


def test_a_long_diff_is_cut() -> None:
    diff = unified(None, "a long line of text\n" * 10_000, "f")
    assert len(diff) < 31_000
    assert diff.endswith("[the rest of the diff is not shown]\n")


def test_control_characters_are_written_out() -> None:
    assert "\x1b" not in unified("a\n", "\x1b[31m\n", "f\x1b")
