"""Changes in words."""

from __future__ import annotations

import difflib

from hypothesis import given
from hypothesis import strategies as st

from loki_tui.headless.linear_diffs import change_in_words, spoken

LINES = st.lists(st.sampled_from(["a", "b", "-- x", "++ x", "@@ -1 +1 @@", "", " c", "\\ d"]), max_size=12)


def test_each_line_has_a_word_for_its_sign() -> None:
    diff = "--- a/x.py\n+++ b/x.py\n@@ -4,3 +4,3 @@ def f\n same\n-old\n+new\n last\n\\ No newline at end of file\n"
    assert spoken(diff).split("\n") == [
        "old file: a/x.py",
        "new file: b/x.py",
        "at line 4:",
        "same: same",
        "removed: old",
        "added: new",
        "same: last",
        "No newline at end of file",
    ]
    assert change_in_words(diff) == "1 line added and 1 line removed"
    assert change_in_words("") == "no line changed"
    assert spoken("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n").split("\n")[0] == "old file: none"


@given(LINES, LINES)
def test_no_line_of_a_file_passes_for_a_heading(old: list[str], new: list[str]) -> None:
    diff = "\n".join(difflib.unified_diff(old, new, "a/x", "b/x", lineterm="", n=100))
    lines = spoken(diff).split("\n")
    assert told(lines, "removed: ") == (old if old != new else [])
    assert told(lines, "added: ") == (new if old != new else [])
    assert sum(line.startswith(("old file: ", "new file: ")) for line in lines) == (2 if old != new else 0)


def told(lines: list[str], word: str) -> list[str]:
    """The file that the lines with a word make, together with those that stay the same."""
    return [line.partition(": ")[2] for line in lines if line.startswith((word, "same: "))]
