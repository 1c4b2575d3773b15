"""Killed at any moment, a journal has every event it promised and none in halves."""

from __future__ import annotations

import signal

import pytest

from loki_tui.store.paths import StateDirectory
from loki_tui.store.reader import JournalReader
from tests.store.children import LIMIT_SECONDS, child, finish, next_line
from tests.store.samples import RUN, notes, open_journal

STATEMENTS = ("synchronous", "begin", "first event", "second event", "third event", "commit")


@pytest.mark.parametrize("batches", [1, 5, 23, 60])
def test_a_kill_loses_nothing_that_was_promised(state: StateDirectory, batches: int) -> None:
    with child("append_for_ever", state) as process:
        promised = 0
        for _ in range(batches):
            promised = int(next_line(process))
        process.kill()
        rest, _ = process.communicate(timeout=LIMIT_SECONDS)
    promised = int((rest.split() or [str(promised)])[-1])

    with open_journal(state) as journal:
        assert journal.take_warnings() == []
        kept = journal.last_seq
        assert kept >= promised
        assert (kept - 1) % 41 == 0, "a batch is there whole or not at all"
        assert journal.append(*notes(1))[0].seq == kept + 1
    with JournalReader.open(state) as reader:
        assert reader.verify_chain(RUN) is None
        assert reader.runs()[0].last_seq == kept + 1


@pytest.mark.parametrize("statement", range(1, len(STATEMENTS) + 1), ids=STATEMENTS)
def test_a_death_within_an_append_leaves_nothing_of_it(state: StateDirectory, statement: int) -> None:
    died = finish("die_in_append", state, str(statement))

    assert died.returncode == -signal.SIGKILL
    assert died.stdout.split() == ["3"]
    with open_journal(state) as journal:
        assert journal.last_seq == 3
        journal.append(*notes(2))
    with JournalReader.open(state) as reader:
        assert reader.verify_chain(RUN) is None


def test_an_append_has_no_other_statement_to_die_at(state: StateDirectory) -> None:
    survived = finish("die_in_append", state, str(len(STATEMENTS) + 1))

    assert survived.stdout.split() == ["3", "survived"]
    with open_journal(state) as journal:
        assert journal.last_seq == 6
