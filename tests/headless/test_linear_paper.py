"""The paper: nothing is lost on it, nothing is too wide, and no foreign text stands where Loki's own does."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.errors import LokiError
from loki_tui.core.terminal import visible
from loki_tui.headless.linear_paper import CONTINUED, INDENT, LEAST, OutputLostError, Paper, Passage, set_in

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


def cells(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


@given(TEXTS, st.integers(min_value=LEAST, max_value=120))
def test_exact_text_can_be_put_together_again(text: str, room: int) -> None:
    lines = list(set_in(Passage(text, exact=True), room))
    joined: list[str] = []
    for line in lines:
        if line.startswith(CONTINUED) and joined:
            joined[-1] += line.removeprefix(CONTINUED)
        else:
            joined.append(line)
    if CONTINUED not in text:
        assert "\n".join(joined) == visible(text)


@given(TEXTS, st.integers(min_value=LEAST, max_value=120))
def test_words_lose_nothing_but_spaces(text: str, room: int) -> None:
    lines = list(set_in(Passage(text), room))
    assert "".join("".join(lines).split()) == "".join(visible(text).split())
    if "\t" not in text:
        assert all(cells(line) <= room for line in lines if not any(map(unicodedata.combining, line)))


@given(st.lists(TEXTS, min_size=1, max_size=4), st.booleans())
def test_only_a_number_stands_at_the_edge(texts: list[str], exact: bool) -> None:
    lines: list[str] = []
    paper = Paper(lines.append, width=40)
    for text in texts:
        paper.put("Said.", Passage(text, exact=exact))
    edges = [line for line in lines if line and not line.startswith(INDENT)]
    assert [line[: line.index("  ")] for line in edges] == [str(number + 1) for number in range(len(texts))]
    assert not any(re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line) for line in lines)


def test_a_number_leads_back_to_its_event() -> None:
    paper = Paper(lambda _: None)
    assert paper.put("one", seq=7) == 1
    assert paper.put("an answer") == 2
    assert [paper.seq(number) for number in (-1, 0, 1, 2, 3)] == [0, 0, 7, 0, 0]


def test_long_words_and_wide_ones_are_broken() -> None:
    assert list(set_in(Passage(f"a {'b' * 30} c"), 20)) == ["a", "b" * 20, f"{'b' * 10} c"]
    assert list(set_in(Passage("漢" * 25), 20)) == ["漢" * 10, "漢" * 10, "漢" * 5]
    nine = f"{CONTINUED}{'x' * 9}"
    assert list(set_in(Passage("x" * 40, exact=True), 20)) == ["x" * 20, nine, nine, f"{CONTINUED}xx"]


def test_an_output_that_is_gone_is_told_apart_from_other_errors() -> None:
    def write(_: str) -> None:
        raise LokiError("Nobody reads the output any more.")

    with pytest.raises(OutputLostError) as lost:
        Paper(write).put("Hello.")
    assert lost.value.error.message == "Nobody reads the output any more."
