"""What an engine knows of a run is the fold of its journal, however it came to know it."""

from __future__ import annotations

from collections.abc import Iterator

from loki_tui.core import events as ev
from loki_tui.core.errors import JournalError
from loki_tui.core.events import Event
from loki_tui.core.fold import fold
from loki_tui.core.keyframes import EVERY, Keyframe, keyframe_of, state_in
from loki_tui.engine.chronicle import Chronicle
from tests.support.life import life
from tests.support.memory import MemoryJournal


def a_long_life(events: int) -> list[Event]:
    """The sample life up to its close, and much talk after it."""
    begun = list(life())[:-2]
    return begun + [ev.Warned(message=f"careful {number}") for number in range(events - len(begun))]


def write(journal: MemoryJournal, events: list[Event], *, at_once: int) -> Chronicle:
    chronicle = Chronicle(journal)
    for first in range(0, len(events), at_once):
        chronicle.note(*events[first : first + at_once])
    return chronicle


def test_an_engine_that_takes_a_run_up_knows_what_the_one_before_knew() -> None:
    journal = MemoryJournal()
    events = a_long_life(EVERY * 2 + 30)
    for count in (1, EVERY - 1, EVERY, EVERY + 1, EVERY * 2 + 30):
        before = write(journal, events[journal.length : count], at_once=7)
        after = Chronicle(MemoryJournal(journal))
        assert after.state == before.state == fold(journal.records(), run=journal.run)


def test_keyframes_lie_no_further_apart_than_promised() -> None:
    journal = MemoryJournal()
    write(journal, a_long_life(EVERY * 4), at_once=40)
    kept = [keyframe.seq for keyframe in journal.keyframes()][::-1]
    assert len(kept) >= 3
    assert all(later - earlier < EVERY + 40 for earlier, later in zip([0, *kept], kept, strict=False))
    for keyframe in journal.keyframes():
        whole = [record for record in journal.records() if record.seq <= keyframe.seq]
        assert state_in(keyframe, run=journal.run) == fold(whole, run=journal.run)


def test_only_what_follows_the_latest_keyframe_is_read_again() -> None:
    journal = Watched()
    write(journal, a_long_life(EVERY + 9), at_once=1)
    assert Chronicle(journal).state.seq == EVERY + 9
    assert journal.read_after[-1] == EVERY


def test_a_keyframe_that_is_no_good_costs_only_time() -> None:
    journal = MemoryJournal()
    chronicle = write(journal, a_long_life(EVERY + 9), at_once=1)
    good = keyframe_of(chronicle.state)
    journal.keep_keyframe(Keyframe(good.seq, good.version, good.body[:-3]))
    assert Chronicle(journal).state == chronicle.state


def test_a_journal_without_keyframes_gets_them_when_it_is_taken_up() -> None:
    journal = MemoryJournal()
    journal.append(*a_long_life(EVERY * 3 + 1))
    Chronicle(journal)
    assert [keyframe.seq for keyframe in journal.keyframes()] == [EVERY * 3, EVERY * 2, EVERY]


def test_what_was_appended_stands_even_if_no_keyframe_can_be_written() -> None:
    journal = Full()
    chronicle = write(journal, a_long_life(EVERY * 2), at_once=1)
    assert chronicle.state.seq == EVERY * 2
    assert journal.refused == 2


class Watched(MemoryJournal):
    """Remembers from where it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.read_after: list[int] = []

    def records(self, after: int = 0) -> Iterator[ev.Record]:
        self.read_after.append(after)
        return super().records(after)


class Full(MemoryJournal):
    """Has room for events alone."""

    refused = 0

    def keep_keyframe(self, keyframe: Keyframe) -> None:
        self.refused += 1
        raise JournalError("The disk is full.")
