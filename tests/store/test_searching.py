"""What is looked for is found, nearest first, in both directions, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelFault
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Excerpt, Verdict
from loki_tui.store.database import open_for_reading
from loki_tui.store.paths import StateDirectory
from loki_tui.store.schema import RARE
from loki_tui.store.searching import FREQUENT, STRIDE, JournalSearch
from tests.store.samples import RUN, begin, created, notes, open_journal
from tests.support.life import acted, asked, life, measured

KINDS = sorted(kind.model_fields["kind"].default for kind in get_args(get_args(Event)[0]))


@contextmanager
def searching(state: StateDirectory, *events: Event) -> Iterator[JournalSearch]:
    """A run of these events, from number 2 on, beside another run that has them all too."""
    begin(state, run="another")
    with open_journal(state) as journal:
        journal.append(created(), *events)
    with closing(open_for_reading(state)) as connection:
        yield JournalSearch(connection, state=state, run=RUN)


def never() -> bool:
    return False


def test_every_kind_is_found_the_way_one_would_read_it(state: StateDirectory) -> None:
    events = [event for event in (*life(), *life()) if not isinstance(event, ev.RunCreated)]
    kinds = ["run_created", *(event.kind for event in events)]
    with searching(state, *events) as search:
        for kind in KINDS:
            places = [seq for seq, each in enumerate(kinds, start=1) if each == kind]
            for start in range(len(kinds) + 2):
                after = next((seq for seq in places if seq > start), None)
                before = next((seq for seq in reversed(places) if seq < start), None)
                assert search.next_of({kind}, start=start) == after
                assert search.next_of({kind}, start=start, backwards=True) == before
        assert search.next_of({"warned", "action_started"}, start=0) == 1 + min(
            kinds.index("warned"), kinds.index("action_started")
        )
        assert search.next_of(set(), start=0) is None
        assert search.next_of({"nothing known"}, start=0) is None


def test_kinds_without_an_index_are_those_the_index_leaves_out() -> None:
    assert all(f"'{kind}'" in RARE for kind in FREQUENT)
    assert RARE.count("'") == 2 * len(FREQUENT)


NO = acted("a1")[1].model_copy(update={"ok": False})
LIES = acted("a1")[1].model_copy(update={"output": Excerpt(text='{"ok":false} \\"ok":false')})
FAILED = ev.ModelFailed(request="m1", fault=ModelFault.OVERLOADED, message="busy", cost=Decimal(0))


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (NO, True),
        (acted("a1")[1], False),
        (LIES, False),
        (acted("a1")[0], False),
        (FAILED, True),
        (asked("m1"), False),
        (ev.EngineFailed(error="Bug"), True),
        (ev.Warned(message="Careful."), True),
        (measured(Verdict.PASSED, "t"), False),
        (measured(Verdict.NOT_RUN, "t"), True),
        (ev.ApprovalDecided(approval="p1", decision="approved", by="ada"), False),
        (ev.ApprovalDecided(approval="p1", decision="denied", by="ada"), True),
        (ev.ApprovalDecided(approval="p1", decision="expired", by="Loki"), True),
        (ev.RunClosed(outcome="completed", reason=""), False),
        (ev.RunClosed(outcome="failed", reason=""), True),
    ],
)
def test_what_a_problem_is(state: StateDirectory, event: Event, *, problem: bool) -> None:
    with searching(state, event) as search:
        assert search.next_problem(start=1) == (2 if problem else None)
        assert search.next_problem(start=3, backwards=True) == (2 if problem else None)
        assert search.next_problem(start=2) is None
        assert search.next_problem(start=2, backwards=True) is None


# -- by what is said ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("All tests PASS", "tests pass"),
        ('say "hello"', 'SAY "Hello"'),
        ("C:\\new\\table", "c:\\NEW"),
        ("one\ntwo", "one\ntwo"),
        ("tab\there", "b\th"),
        ("\x1b[31mred", "\x1b[31M"),
        ("GRÖSSE", "größe"),
        ("ÄÖÜ", "äöü"),
        ("完了 done", "了 DONE"),
        ("naïve café", "CAFÉ"),
        ("a/b", "A/B"),
        ("50%_of", "0%_o"),
    ],
)
def test_text_is_found_as_a_person_reads_it(state: StateDirectory, said: str, wanted: str) -> None:
    with searching(state, *notes(3), ev.Warned(message=said), *notes(3)) as search:
        assert search.find(wanted, start=0, backwards=False, called_off=never) == 5
        assert search.find(wanted, start=99, backwards=True, called_off=never) == 5
        assert search.find(wanted, start=5, backwards=False, called_off=never) is None
        assert search.find(wanted, start=5, backwards=True, called_off=never) is None


@pytest.mark.parametrize("wanted", ["nnew", "\\n", "\n\n", "one\\ntwo", "", "u001b", "*", "wa_ned"])
def test_what_nobody_said_is_not_found(state: StateDirectory, wanted: str) -> None:
    """The letters of an escape are no text, and nothing in a text is a wildcard."""
    with searching(state, ev.Warned(message="line\nnew\x1b")) as search:
        assert search.find(wanted, start=1, backwards=False, called_off=never) is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=6), data=st.data())
def test_any_text_finds_itself(tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / "workspace").mkdir()
    state = StateDirectory(root=root / "state", workspace=root / "workspace")
    with searching(state, *(ev.Steered(note=text, by="@") for text in texts)) as search:
        for seq, text in enumerate(texts, start=2):
            begin_at = data.draw(st.integers(0, len(text)))
            if part := text[begin_at:]:
                found = search.find(part, start=seq - 1, backwards=False, called_off=never)
                assert found == seq


def test_a_search_goes_on_past_its_stride(state: StateDirectory) -> None:
    with searching(state, ev.Warned(message="first"), *notes(STRIDE * 2 + 1), ev.Warned(message="last")) as search:
        end = STRIDE * 2 + 4
        for start in range(3):
            assert search.find("last", start=start, backwards=False, called_off=never) == end
        for start in (end, end + 1, end + 5):
            assert search.find("first", start=start, backwards=True, called_off=never) == 2
        assert search.find("note 10000", start=end, backwards=True, called_off=never) == 10_002


def test_a_search_can_be_called_off(state: StateDirectory) -> None:
    asked_for = 0

    def at_the_second() -> bool:
        nonlocal asked_for
        asked_for += 1
        return asked_for > 1

    with searching(state, *notes(STRIDE + 5), ev.Warned(message="last")) as search:
        stop: Callable[[], bool] = at_the_second
        assert search.find("last", start=0, backwards=False, called_off=stop) is None
        assert asked_for == 2
