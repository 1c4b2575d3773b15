"""Diffs and sources as rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.tui.rows import text_of, width_of
from loki_tui.tui.views import code, diff
from tests.support.foreign import ESCAPES, EVERY, MARKUP
from tests.support.foreign import diff as made_up

CHANGE = made_up("notes/store.py", hunks=2)

lines = st.lists(
    st.tuples(
        st.sampled_from([" ", "+", "-", "@@ ", "--- ", "+++ ", "\\ "]), st.sampled_from([*EVERY.values(), "x", ""])
    ),
    max_size=12,
).map(lambda parts: "".join(f"{sign}{' '.join(text.split())[:300]}\n" for sign, text in parts))


@given(text=lines, width=st.integers(20, 220), split=st.booleans())
def test_a_diff_fits_and_keeps_every_line(text: str, width: int, split: bool) -> None:
    rows = diff.rows(text, width, split=split)
    assert all(width_of(line) <= width for line in rows)
    if not split or width < diff.SPLIT_LEAST:
        assert len(rows) >= len(text.splitlines())


def test_one_column_keeps_signs_and_order() -> None:
    shown = [text_of(line) for line in diff.rows(CHANGE, 80)]
    assert shown == CHANGE.splitlines()
    tones = {line[0][1] for line in diff.rows(CHANGE, 80) if line}
    assert tones == {"loud", "hunk", "plain", "add", "del"}


def test_two_columns_put_old_beside_new() -> None:
    rows = [text_of(line) for line in diff.rows(CHANGE, 101, split=True)]
    (changed,) = [line for line in rows if "return value_0  # 1" in line]
    assert changed.startswith("-    return value_0  # 1")
    assert "│ +    return value_1  # 1" in changed
    (added,) = [line for line in rows[rows.index(changed) + 1 :] if "as agreed" in line]
    assert added.startswith(" " * 49)
    (same,) = [line for line in rows if "value_3 = 3" in line]
    assert same.count("value_3 = 3") == 2


def test_two_columns_lose_no_changed_text() -> None:
    rows = "\n".join(
        text_of(line) for line in diff.rows(f"@@ -1 +1 @@\n-{'old ' * 60}\n+{'new ' * 60}\n", 120, split=True)
    )
    assert rows.count("old") == 60
    assert rows.count("new") == 60


@pytest.mark.parametrize("width", [40, 99])
def test_side_by_side_needs_room(width: int) -> None:
    assert diff.rows(CHANGE, width, split=True) == diff.rows(CHANGE, width)


def test_a_removed_line_that_looks_like_a_name_is_a_removed_line() -> None:
    text = "@@ -1,2 +1,2 @@\n--- a comment in SQL\n+-- another\n"
    shown = [text_of(line) for line in diff.rows(text, 80)]
    assert shown == text.splitlines()
    rows = diff.rows(text, 120, split=True)
    assert any("--- a comment" in text_of(line) and "+-- another" in text_of(line) for line in rows)
    tones = {text_of(line): line[0][1] for line in diff.rows(f"{text}--- a/x\n+++ b/x\n@@ -1 +1 @@\n", 80)}
    assert (tones["--- a comment in SQL"], tones["--- a/x"], tones["+++ b/x"]) == ("del", "loud", "loud")


def test_a_bounded_diff_says_how_much_is_missing() -> None:
    rows = diff.rows(CHANGE, 80, most=5)
    assert len(rows) == 5
    assert text_of(rows[-1]) == f"… {len(CHANGE.splitlines()) - 4} more lines"


def test_the_names_go_where_the_pane_says_them() -> None:
    assert diff.without_names(CHANGE).startswith("@@")
    assert diff.without_names("@@ -1 +1 @@\n") == "@@ -1 +1 @@\n"


def test_sources_have_their_syntax_and_keep_their_text() -> None:
    source = 'def go(n: int) -> str:\n    return "x" * n  # twice\n'
    rows = code.rows(source, "src/a.py", 80)
    assert [text_of(line) for line in rows] == ["def go(n: int) -> str:", '    return "x" * n  # twice']
    assert {"keyword", "string", "comment", "accent"} <= {tone for line in rows for _, tone in line}
    assert [text_of(line) for line in code.rows(source, "unknown.xyz", 80)] == source.splitlines()


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("file", ["a.py", "a.sh", "a.json", "a.md", "none"])
def test_any_text_is_harmless_as_a_source(name: str, file: str) -> None:
    for line in code.rows(EVERY[name], file, 60):
        assert width_of(line) <= 60
        assert not {"\x1b", "\x07", "\r", "\n", "\t", "\u202e"} & set(text_of(line))
    assert MARKUP in "".join(text_of(line) for line in code.rows(MARKUP, file, 300))
    assert "\x1b" not in "".join(text_of(line) for line in code.rows(ESCAPES, file, 300))
