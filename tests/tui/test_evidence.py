"""What the viewer and the clipboard get of what was proven, measured and judged: all of it, stale said as such."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.fold import fold
from loki_tui.runtime.client import RunClient, RunView
from loki_tui.runtime.history import History
from loki_tui.store.project import locate_project
from loki_tui.tui.documents import Document
from loki_tui.tui.evidence import evidence_at, receipt_document
from loki_tui.tui.picture import Picture
from loki_tui.tui.views import checks, council
from tests.support import scenes


@contextmanager
def past_of(tmp_path: Path, events: list[Event]) -> Iterator[History]:
    """A run's journal, read-only."""
    workspace = tmp_path / "project"
    workspace.mkdir()
    project = locate_project(workspace, state_root=tmp_path / "state")
    scenes.write(project, "r1", events, batch=100)
    with RunClient(project, "r1").history() as history:
        yield history


def pictured(events: list[Event]) -> Picture:
    """A run as the screen shows it."""
    state = fold(scenes.records(events), run="r1")
    return Picture(RunView(state, None), state.at, True, last_seq=state.seq)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Picture, History]]:
    events = scenes.full()
    with past_of(tmp_path_factory.mktemp("full"), events) as history:
        yield pictured(events), history


def document(given: tuple[Picture, History], pane: str, item: int) -> Document:
    """What the viewer shows of an item."""
    picture, history = given
    asking = evidence_at(pane, item, picture)
    assert asking is not None
    return asking(history)


def test_a_requirement_has_its_criteria_its_tests_and_what_became_of_them(full: tuple[Picture, History]) -> None:
    proven = document(full, "requirements", 0)
    assert proven.title == "R1 A note has a title and a body"
    for words in (
        "proven\n",
        "the work as it is now",
        "- a test shows it for case 1",
        "tests/test_store.py::test_1 passes, and fails without the code it is about",
        "Shown by\ntests/test_store.py::test_1: passed",
    ):
        assert words in proven.text
    assert "Shown by\ntests/test_store.py::test_4: failed" in document(full, "requirements", 3).text
    stale = document(full, "requirements", 2).text
    assert "stale\nIt was proven on files that have changed since" in stale
    unproven = document(full, "requirements", 4).text
    assert "Shown by" not in unproven
    assert "Named by the agent" not in unproven
    assert "Named by the agent\ntests/test_store.py::test_2: passed" in document(full, "requirements", 1).text


def test_a_phase_has_its_tools_its_findings_and_the_tests_that_failed(full: tuple[Picture, History]) -> None:
    entries = checks.entries(full[0])
    names = [entry.phase if isinstance(entry, ev.PhaseFinished) else entry.reviewer for entry in entries]
    security = document(full, "checks", names.index("security")).text
    assert "bandit failed: 1 high finding (exit 1, 1.9 s)" in security
    assert "high notes/export.py:31: HTML is put together from text that is not escaped" in security
    assert "the same 2 times in a row" in security
    tests = document(full, "checks", names.index("unit tests")).text
    assert "39 passed, 2 failed, 1 skipped" in tests
    assert "Tests that failed\ntests/test_store.py::test_4" in tests
    assert "completion depends on it" in tests
    stale = document(full, "checks", names.index("code review")).text
    assert "stale, was passed: 3 of 3 reviewers pass it" in stale
    assert "which has changed since" in stale
    void = document(full, "checks", names.index("design")).text
    assert "gave no usable review: it called no tool" in void


def test_a_vote_and_the_sitting_have_charges_reasons_evidence_and_how_good_a_member_is(
    full: tuple[Picture, History],
) -> None:
    votes = council.entries(full[0])
    tests = next(number for number, vote in enumerate(votes) if vote is not None and vote.member == "tests")
    vote = document(full, "council", tests).text
    for words in (
        "tests approves",
        "on the work as it is now",
        "the tests prove what they say",
        "- tests/test_store.py::test_two_writers",
        "caught 2 of 4 planted defects",
    ):
        assert words in vote
    sitting = document(full, "council", 0).text
    for words in ("Sitting 1", "not approved", "requirements rejects", "unmet: R4", "Next sitting", "iteration 5"):
        assert words in sitting


def test_a_council_that_never_sat_says_when_it_will(tmp_path: Path) -> None:
    events = scenes.empty()
    with past_of(tmp_path, events) as history:
        text = document((pictured(events), history), "council", 0).text
    assert "No council has sat." in text
    assert "completion is claimed" in text


def test_a_receipt_is_told_in_words_and_one_that_is_none_as_it_is(tmp_path: Path) -> None:
    events = scenes.ended()
    with past_of(tmp_path, events) as history:
        state = pictured(events).state
        made = receipt_document(state)(history)
        assert made.title == "Receipt: VERIFIED WITH GAPS"
        assert "gap: E2E tests: not run" in made.text
        state.receipt = ev.ReceiptWritten(digest=scenes.digest_of(scenes.TESTS), headline="VERIFIED")
        other = receipt_document(state)(history)
        assert other.parts[0].heading == "It is not made as a receipt is"


def test_what_is_no_item_has_no_document(full: tuple[Picture, History]) -> None:
    picture, _ = full
    for pane in ("requirements", "checks", "council"):
        assert evidence_at(pane, 10**6, picture) is None
    assert evidence_at("budget", 0, picture) is None
    assert evidence_at("requirements", 0, pictured(scenes.empty())) is None


def test_the_worst_run_has_documents_that_no_terminal_obeys(tmp_path: Path) -> None:
    events = [event for event in scenes.worst() if event.kind not in {"warned", "resources_sampled"}]
    picture = pictured(events)
    with past_of(tmp_path, events) as history:
        for pane, items in (("requirements", range(0, 40, 3)), ("checks", range(14)), ("council", range(10))):
            for item in items:
                text = document((picture, history), pane, item).text
                assert not {"\x1b", "\x07", "\r", "\u202e"} & set(text)
