"""A run's past: its state at any event, and where to go among its events."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.journals import write_journal
from loki_tui.core import events as ev
from loki_tui.core.errors import JournalError
from loki_tui.core.events import Record
from loki_tui.core.fold import fold
from loki_tui.core.keyframes import EVERY
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Excerpt
from loki_tui.runtime.client import RunClient
from loki_tui.runtime.history import History
from loki_tui.store.paths import StateDirectory
from loki_tui.store.project import Project
from loki_tui.store.searching import STRIDE
from tests.store.samples import created, notes, open_journal

RUN = "r1"
LENGTH = EVERY * 9 + 20


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a run of some thousand events, whose engine is gone."""
    return _written(tmp_path_factory.mktemp("history"), LENGTH)


@pytest.fixture
def history(project: Project) -> Iterator[History]:
    with RunClient(project, RUN).history() as history:
        yield history


def _written(root: Path, events: int) -> Project:
    (root / "workspace").mkdir()
    state = StateDirectory(root=root / "state", workspace=root / "workspace")
    write_journal(state, RUN, events)
    return Project(state)


def _records(project: Project) -> list[Record]:
    return list(RunClient(project, RUN).records())


def test_the_state_at_any_event_is_the_fold_up_to_it(project: Project, history: History) -> None:
    whole = _records(project)
    assert len(whole) == history.last_seq == LENGTH
    chance = random.Random(1)
    around = [EVERY - 1, EVERY, EVERY + 1, EVERY * 2, LENGTH - 1, LENGTH, 1, 2]
    for seq in [*around, *(chance.randrange(1, LENGTH) for _ in range(20))]:
        assert history.state_at(seq) == fold(whole[:seq], run=RUN), seq
    assert history.state_at() == history.state_at(LENGTH + 9) == fold(whole, run=RUN)
    assert history.state_at(0) == history.state_at(-3) == RunState(run=RUN)


def test_the_state_is_right_without_keyframes_too(tmp_path: Path) -> None:
    project = _written(tmp_path, LENGTH)
    with closing(sqlite3.connect(project.state.journal)) as connection, connection:
        connection.execute("UPDATE snapshots SET version = version + 1 WHERE seq % 2")
        connection.execute("UPDATE snapshots SET body = x'00' WHERE NOT seq % 2")
    whole = _records(project)
    with History.open(project, RUN) as history:
        for seq in (LENGTH, 1_500, 7, EVERY * 4 + 100, EVERY * 8, LENGTH):
            assert history.state_at(seq) == fold(whole[:seq], run=RUN), seq


def test_a_view_is_the_fold_of_all(project: Project) -> None:
    assert RunClient(project, RUN).view().state == fold(_records(project), run=RUN)


def test_pages_lie_after_and_before(project: Project, history: History) -> None:
    whole = _records(project)
    assert history.page(after=10, limit=5) == whole[10:15]
    assert history.page_before(11, limit=5) == whole[5:10]
    assert history.page(after=LENGTH, limit=5) == history.page_before(1, limit=5) == []


def test_it_goes_on_growing(tmp_path: Path) -> None:
    project = _written(tmp_path, 300)
    with History.open(project, RUN) as history, open_journal(project.state, run=RUN) as journal:
        assert history.next_problem(start=300) is None
        journal.append(ev.Warned(message="later"))
        assert history.last_seq == history.next_problem(start=300) == history.state_at().seq == 301
        assert history.find("LATER", start=0) == 301


def test_problems_and_kinds_are_those_of_the_events(project: Project, history: History) -> None:
    whole = _records(project)
    bad = [record.seq for record in whole if isinstance(record.event, ev.ActionFinished) and not record.event.ok]
    assert len(bad) > 10
    found, seq = [], 0
    while (following := history.next_problem(start=seq)) is not None:
        found.append(seq := following)
    assert set(bad) < set(found)
    assert history.next_problem(start=found[5], backwards=True) == found[4]
    sampled = [record.seq for record in whole if record.event.kind == "resources_sampled"]
    assert history.next_of(frozenset({"resources_sampled"}), start=sampled[3]) == sampled[4]
    assert history.next_of(frozenset({"resources_sampled"}), start=sampled[3], backwards=True) == sampled[2]


def test_iterations_are_those_of_the_state(history: History) -> None:
    marks = history.iterations()
    state = history.state_at()
    assert len(marks) == state.iterations_begun
    done = [mark for mark in marks if mark.finished_seq is not None]
    assert len(done) == len(state.recent_iterations) > 1
    for mark, iteration in zip(done, state.recent_iterations, strict=True):
        assert iteration.finished is not None
        assert (mark.number, mark.seq) == (iteration.number, iteration.started_seq)
        assert (mark.started_at, mark.finished_at) == (iteration.started_at, iteration.finished_at)
        assert mark.summary == iteration.finished.summary.strip()[:200]
    assert list(history.iterations_after(done[0].finished_seq or 0)) == list(marks[1:])


def test_a_text_is_had_whole(project: Project, history: History) -> None:
    with open_journal(project.state, run="another") as journal:
        digest = journal.put_blob("größer".encode())
    assert history.text_of(Excerpt(text="short")) == "short"
    assert history.text_of(Excerpt(text="g…", blob=digest, size=6)) == "größer"
    with pytest.raises(JournalError, match="no digest"):
        history.text_of(Excerpt(text="g…", blob="gone", size=6))


def test_a_search_is_interrupted_from_another_thread(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    project = Project(StateDirectory(root=tmp_path / "state", workspace=tmp_path / "workspace"))
    with open_journal(project.state, run=RUN) as journal:
        journal.append(created(), *notes(STRIDE * 2))
    with History.open(project, RUN) as history:

        def meanwhile() -> int:
            thread = threading.Thread(target=history.interrupt)
            thread.start()
            thread.join()
            return 0

        last = f"note {STRIDE * 2}"
        assert history.find(last, start=0) == history.last_seq
        # SQLite calls this while it searches.
        history._connection.set_progress_handler(meanwhile, 50_000)
        assert history.find(last, start=0) is None
        history._connection.set_progress_handler(None, 0)
        assert history.find(last, start=0) == history.last_seq, "the next search is another one"


def test_there_may_be_no_journal(tmp_path: Path) -> None:
    project = Project(StateDirectory(root=tmp_path / "state", workspace=tmp_path))
    with pytest.raises(JournalError, match="no journal"):
        RunClient(project, RUN).history()
