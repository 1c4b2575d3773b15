"""A changed record is found, whatever was changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from loki_tui.store.chain import Link, chain_digest, first_break, seed
from loki_tui.store.paths import StateDirectory
from loki_tui.store.reader import JournalReader
from tests.store.samples import RUN, begin


def test_the_hash_is_what_the_docstring_promises() -> None:
    """Worked out by hand with sha256sum, so that a receipt of today verifies for ever."""
    digest = chain_digest(seed("r"), seq=1, at=5, stream=None, body='{"kind":"x"}')
    assert digest.hex() == "19e31cf31cb1d499a6d324224a8fdf7569d3296530bd8b5873e987b046e08882"


def test_a_chain_belongs_to_its_run() -> None:
    link = Link(1, 5, None, "{}", chain_digest(seed("r"), seq=1, at=5, stream=None, body="{}"))
    assert first_break("r", [link]) is None
    assert first_break("other", [link]) == 1


def test_an_empty_chain_is_whole() -> None:
    assert first_break("r", []) is None


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE events SET body = replace(body, 'note 2', 'note 7') WHERE seq = 3", 3),
        ("UPDATE events SET at = at + 1 WHERE seq = 4", 4),
        ("UPDATE events SET stream = 'api' WHERE seq = 2", 2),
        ("UPDATE events SET hash = zeroblob(32) WHERE seq = 5", 5),
        ("DELETE FROM events WHERE seq = 3", 3),
        ("DELETE FROM events WHERE seq = 1", 1),
        ("UPDATE events SET seq = CASE seq WHEN 2 THEN 1000 WHEN 3 THEN 2 ELSE seq END", 2),
        ("INSERT INTO events SELECT run, 7, at, stream, kind, body, hash FROM events WHERE seq = 6", 7),
    ],
)
def test_tampering_is_found_where_it_happened(state: StateDirectory, tampering: str, broken: int) -> None:
    begin(state, count=5)
    with closing(sqlite3.connect(state.journal)) as connection, connection:
        connection.execute(tampering)

    with JournalReader.open(state) as reader:
        assert reader.verify_chain(RUN) == broken
