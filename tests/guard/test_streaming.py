"""A secret in streamed text is found wherever the pieces are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.guard.redact import Redactor
from loki_tui.guard.streaming import HELD, RedactedStream
from tests.guard.test_redact import TOKENS

SECRET = "hunter2-and-more"
PHRASE = "correct horse battery staple"
REDACTOR = Redactor({"DB_PASSWORD": SECRET, "PASSPHRASE": PHRASE})
PROSE = ("the", "quick", "brown\n", "fox\t", "Bearer ", "-----BEGIN CERTIFICATE-----", "correct", "horse", "key = ")


def streamed(pieces: list[str]) -> str:
    stream = RedactedStream(REDACTOR)
    return "".join([*(stream.feed(piece) for piece in pieces), stream.end()])


def cut(text: str, places: list[int]) -> list[str]:
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize("secret", [SECRET, PHRASE, *TOKENS.values()])
def test_a_secret_is_found_at_every_cut(secret: str) -> None:
    text = f"Some words before it: {secret} and some words after it.\n"
    whole = REDACTOR.redact(text)
    assert secret not in whole
    for place in range(len(text)):
        assert streamed([text[:place], text[place:]]) == whole
    assert streamed(list(text)) == whole


@given(
    st.lists(st.sampled_from([SECRET, PHRASE, *TOKENS.values(), *PROSE]), max_size=12).map(" ".join),
    st.lists(st.integers(0, 5_000), max_size=20),
)
def test_pieces_come_to_what_the_whole_comes_to(text: str, places: list[int]) -> None:
    assert streamed(cut(text, places)) == REDACTOR.redact(text)


@given(st.text(st.sampled_from("ab \n-"), max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_ordinary_text_comes_out_as_it_is(text: str, places: list[int]) -> None:
    assert streamed(cut(text, places)) == text


def test_words_come_out_soon() -> None:
    stream = RedactedStream(REDACTOR)
    said = "one two three four five six seven"
    assert said.startswith(stream.feed(said))
    assert len(stream.feed(" eight")) > 0


def test_text_without_blanks_comes_out_some_time() -> None:
    stream = RedactedStream(REDACTOR)
    out = "".join(stream.feed("x" * 400) for _ in range(200))
    assert len(out) >= 80_000 - HELD - 400
    assert out + stream.end() == "x" * 80_000


def test_a_key_that_never_ends_holds_back_a_bounded_text() -> None:
    stream = RedactedStream(REDACTOR)
    out = stream.feed("-----BEGIN of something else\n" + "words and words\n" * 4_000)
    assert len(out) > 40_000
