"""Rows: never wider than they may be, and nothing lost that had room."""

from __future__ import annotations

from typing import get_args
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.terminal import even
from loki_tui.tui import rows
from loki_tui.tui.rows import (
    ELLIPSIS,
    TONES,
    Row,
    Tone,
    cells,
    clean,
    crop,
    cut,
    cut_before,
    spread,
    text_of,
    width_of,
    wrap,
)
from tests.support.foreign import EVERY

PIECES = (
    "a", "word", " ", "  ", "\t", "\n", "\r\n", "\x1b[31m", "\x00", "\x9b", "\u200b", "\u2028", "\x0c",
    "\u6771\u4eac", "\ud55c", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\u2764\ufe0f",
    "1\ufe0f\u20e3", "e\u0301", "\u0915\u094d\u0937", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631", "\u202e", "[red]",
    "[/]", "\\[", ELLIPSIS, "caf\u00e9", "\ufffd", "\ud800",
    "\U0001f44d\U0001f3fd", "\u26a0\ufe0f", "\u2764\ufe0e", "\u0939\u093f\u0928\u094d\u0926\u0940",
    "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd", "\u2630",
)  # fmt: skip
"""What texts are made of here: every kind of character that takes another number of cells than one."""

texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.text(max_size=80),
    st.sampled_from([*EVERY.values()]),
)
widths = st.integers(min_value=0, max_value=90)
tones: st.SearchStrategy[Tone] = st.sampled_from(TONES)
lines: st.SearchStrategy[Row] = st.lists(
    st.tuples(texts.map(lambda text: clean(text.replace("\n", " "))), tones), max_size=6
).map(tuple)


def characters(text: str) -> str:
    """A text without what breaking it between words may change."""
    return "".join(text.split())


@given(text=texts)
def test_a_cleaned_text_has_nothing_that_moves_a_cursor(text: str) -> None:
    for line in rows.lines_of(text):
        assert not {category(character) for character in clean(line)} & {"Cc", "Cs", "Zl", "Zp"}
        assert not set(clean(line)) & {"\u202e", "\u200b", "\u061c", "\ufeff"}
        assert not set(clean(line)) & {"\ufe0f", "\ufe0e", "\u200d", "\U0001f3fd"}
        assert clean(line) == even(line).expandtabs(rows.TAB)


@given(text=texts.map(lambda text: clean(text.replace("\n", " "))), width=widths)
def test_a_cut_text_fits_and_is_whole_where_it_fits(text: str, width: int) -> None:
    made = cut(text, width)
    assert cells(made) <= width
    if cells(text) <= width:
        assert made == text
    elif width > 0:
        assert made.endswith(ELLIPSIS)
        assert text.startswith(made.removesuffix(ELLIPSIS).rstrip()[:-1])


@given(text=texts.map(lambda text: clean(text.replace("\n", " "))), width=widths)
def test_a_text_cut_before_fits_and_keeps_its_end(text: str, width: int) -> None:
    made = cut_before(text, width)
    assert cells(made) <= width
    if cells(text) <= width:
        assert made == text
    elif width > 0:
        assert made.startswith(ELLIPSIS)
        kept = made.removeprefix(ELLIPSIS)
        assert text.endswith(kept)
        # No character of two cells, or less, would have fitted, too.
        assert cells(made) >= width - 1


@given(line=lines, width=widths)
def test_a_cropped_row_fits_and_is_whole_where_it_fits(line: Row, width: int) -> None:
    made = crop(line, width)
    assert width_of(made) <= width
    if width_of(line) <= width:
        assert text_of(made) == text_of(line)
    elif width > 0:
        assert ELLIPSIS in text_of(made)


@given(left=lines, right=lines, width=widths)
def test_two_ends_of_a_line_fit_and_the_right_one_is_whole_or_gone(left: Row, right: Row, width: int) -> None:
    made = spread(left, right, width)
    assert width_of(made) <= width
    if width - width_of(right) - 1 >= 8:
        assert text_of(made).endswith(text_of(right))
        assert width_of(made) == width
    else:
        assert text_of(made) == text_of(crop(left, width))


@given(text=texts, width=st.integers(min_value=12, max_value=90), indent=st.sampled_from(["", "  ", " " * 8]))
def test_a_wrapped_text_fits_and_loses_nothing(text: str, width: int, indent: str) -> None:
    made = wrap(text, width, indent=indent)
    assert made
    assert all(width_of(line) <= width for line in made)
    whole = "".join(clean(line) for line in rows.lines_of(text))
    assert characters("".join(text_of(line) for line in made)) == characters(whole)


@given(text=texts, width=st.integers(min_value=20, max_value=90), most=st.integers(min_value=1, max_value=6))
def test_a_bounded_wrap_says_that_it_left_something_out(text: str, width: int, most: int) -> None:
    whole, made = wrap(text, width), wrap(text, width, most=most)
    assert all(width_of(line) <= width for line in made)
    if len(whole) <= most:
        assert made == whole
    else:
        assert len(made) == most
        assert " more line" in text_of(made[-1])
        assert made[:-1] == whole[: most - 1]


@given(text=texts, width=st.integers(min_value=12, max_value=90), mark=st.sampled_from(["", rows.CONTINUED]))
def test_a_wrapped_text_says_which_rows_go_on(text: str, width: int, mark: str) -> None:
    text = text.replace(rows.CONTINUED, "")
    lines, made = rows.lines_of(text), wrap(text, width, continued=mark)
    assert all(width_of(line) <= width for line in made)
    if mark:
        assert sum(not text_of(line).startswith(mark) for line in made) == len(lines)


@given(text=texts, width=st.integers(min_value=12, max_value=90))
def test_exact_text_fits_and_keeps_every_character(text: str, width: int) -> None:
    made = [text_of(line) for line in rows.exact(text, width)]
    assert all(cells(line) <= width for line in made)
    assert {line[:2] for line in made} <= {"  ", f"{rows.CONTINUED} "}
    joined = "".join(f"\n{line[2:]}" if line.startswith("  ") else line[2:] for line in made)
    assert joined == "".join(f"\n{clean(line)}" for line in rows.lines_of(text))


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        (
            "the store \u2014 it\u2019s \u201cdone\u201d at last",
            14,
            ["the store \u2014", "it\u2019s \u201cdone\u201d at", "last"],
        ),
        ("    indented and long", 14, ["    indented", "and long"]),
        ("a\n\nb\n", 14, ["a", "", "b"]),
        (" " * 40, 14, [""]),
        ("a\x0cb\u2028c", 20, ["a\\x0cb\\u2028c"]),
        ("a\r\nb", 14, ["a", "b"]),
        ("ab " + "x" * 30, 14, ["ab", "x" * 14, "x" * 14, "xx"]),
    ],
)
def test_lines_break_between_words_in_every_script(text: str, width: int, expected: list[str]) -> None:
    assert [text_of(line) for line in wrap(text, width)] == expected


@given(share=st.floats(min_value=-2, max_value=3), width=st.integers(min_value=2, max_value=60))
def test_a_bar_is_as_wide_as_asked_and_never_says_all_or_nothing_wrongly(share: float, width: int) -> None:
    full, rest = rows.bar(share, width)
    assert len(full) + len(rest) == width
    assert bool(full) == (share > 0)
    assert bool(rest) == (share < 1)


def test_parts_without_text_are_no_parts() -> None:
    assert rows.row("a", "", ("", "good"), ("b", "bad")) == (("a", "plain"), ("b", "bad"))
    assert get_args(Tone) == TONES
