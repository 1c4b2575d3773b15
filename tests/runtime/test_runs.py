"""All runs of a person: whose they are, how they stand, and that no broken project hides the others."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.runs import detail, list_runs, summaries
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory
from loki_tui.store.project import Project, locate_project
from tests.support import life


@dataclass(frozen=True)
class Machine:
    """A person's projects."""

    directory: Path

    def project(self, name: str) -> Project:
        """A project with its state in the usual place."""
        workspace = self.directory / name
        (workspace / ".git").mkdir(parents=True)
        return locate_project(workspace)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One without a run."""
    return Machine(tmp_path)


def write(project: Project, run: str, *events: ev.Event) -> None:
    """A run whose engine is gone again."""
    with EngineLock.acquire(project.state, run=run) as lock, SqliteJournal.open(lock) as journal:
        text = journal.put_blob(b"# A thing\n")
        journal.append(life.created(prd=text, workspace=str(project.workspace)), *events)


def names(runs: Iterable[object]) -> list[str]:
    """Which runs these are."""
    return [getattr(run, "run") for run in runs]  # noqa: B009 (of both kinds)


def test_the_machine_has_the_runs_of_all_projects_and_a_project_its_own(machine: Machine) -> None:
    one, other = machine.project("one"), machine.project("other")
    write(one, "first")
    write(other, "second")
    write(one, "third")
    everywhere = summaries(os.environ, here=one, everywhere=True)
    assert names(everywhere.runs) == ["third", "second", "first"]
    assert [run.workspace for run in everywhere.runs] == [one.workspace, other.workspace, one.workspace]
    assert everywhere.problems == ()
    assert names(summaries(os.environ, here=one, everywhere=False).runs) == ["third", "first"]
    assert names(list_runs(os.environ, here=None, everywhere=True)) == ["third", "second", "first"]


def test_without_a_run_nothing_is_found_and_nothing_is_made(machine: Machine) -> None:
    project = machine.project("one")
    assert list_runs(os.environ, here=project, everywhere=True) == []
    assert not project.state.root.parent.exists()


def test_a_state_directory_of_its_own_is_found_while_it_is_named(machine: Machine) -> None:
    apart = machine.directory / "apart"
    workspace = machine.directory / "one"
    workspace.mkdir()
    project = locate_project(workspace, state_root=apart)
    write(project, "r1")
    assert names(list_runs({}, here=None, everywhere=True)) == []
    named = {"LOKI_DIR": str(apart)}
    assert names(list_runs(named, here=None, everywhere=True)) == ["r1"]
    assert names(list_runs(named, here=project, everywhere=True)) == ["r1"]


def test_a_whole_life_is_summed_up(machine: Machine) -> None:
    project = machine.project("one")
    with EngineLock.acquire(project.state, run="r1") as lock, SqliteJournal.open(lock) as journal:
        text = journal.put_blob(b"# A thing\n")
        journal.append(life.created(prd=text), *list(life.life())[1:])
    (listed,) = summaries({}, here=project, everywhere=False).runs
    entry = detail(listed)
    assert (entry.status, entry.outcome, entry.reason) == (Status.STOPPED, Status.STOPPED, "enough")
    assert entry.engine is None
    assert (entry.iterations, entry.max_iterations, entry.requirements) == (1, 3, 1)
    assert entry.spent == Decimal("1.10")
    assert entry.limit == 20
    assert entry.branch == "loki/r1"
    assert entry.prd_bytes == 10
    assert entry.usage.output_tokens == 20
    assert entry.last_seq == listed.last_seq
    assert entry.elapsed.total_seconds() >= 0


def test_how_a_run_stands_depends_on_its_engine(machine: Machine) -> None:
    project = machine.project("one")
    write(project, "gone", life.started())
    with EngineLock.acquire(project.state, run="at-work") as lock, SqliteJournal.open(lock) as journal:
        journal.append(life.created(), life.started(), life.approval("p1"))
        at_work, gone = list_runs({}, here=project, everywhere=False)
        assert at_work.engine is not None
        assert at_work.engine.pid == os.getpid()
        assert at_work.waiting_approvals == 1
        assert at_work.status is Status.RUNNING
        assert (gone.status, gone.engine) == (Status.CRASHED, None)
        assert "loki resume" in gone.reason
        assert at_work.prd_bytes is None
    (crashed, _) = list_runs({}, here=project, everywhere=False)
    assert crashed.status is Status.CRASHED


def test_a_workspace_that_is_gone_has_its_runs_still(machine: Machine) -> None:
    project = machine.project("one")
    write(project, "r1", ev.RunClosed(outcome="completed", reason="done"))
    (project.workspace / ".git").rmdir()
    project.workspace.rmdir()
    (entry,) = list_runs({}, here=None, everywhere=True)
    assert (entry.run, entry.status) == ("r1", Status.COMPLETED)


def damaged(state: StateDirectory) -> None:
    state.journal.write_bytes(b"no database" * 1000)


def newer(state: StateDirectory) -> None:
    with closing(sqlite3.connect(state.journal)) as connection:
        connection.execute("PRAGMA user_version = 9999")


def nameless(state: StateDirectory) -> None:
    state.manifest.write_text("{")


def locked_away(state: StateDirectory) -> None:
    state.lock.unlink()
    state.lock.symlink_to(state.lock)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (damaged, "damaged"),
        (newer, "newer Loki"),
        (nameless, "does not say which workspace"),
        (locked_away, "cannot be read"),
    ],
)
def test_a_project_that_cannot_be_read_says_so_and_hides_no_other(machine: Machine, damage: object, says: str) -> None:
    broken, sound = machine.project("broken"), machine.project("sound")
    write(broken, "lost")
    write(sound, "r1")
    assert callable(damage)
    damage(broken.state)
    (sound.state.root.parent / "stray-file").touch()
    (sound.state.root.parent / "stray-directory").mkdir()
    listing = summaries({}, here=sound, everywhere=True)
    assert names(listing.runs) == ["r1"]
    (problem,) = listing.problems
    assert problem.root == broken.state.root
    assert says in problem.error.message
    assert problem.error.hint
    assert problem.workspace == (None if damage is nameless else broken.workspace)


def test_a_run_that_cannot_be_read_stands_in_the_list_and_says_why(machine: Machine) -> None:
    project = machine.project("one")
    write(project, "odd", life.started())
    write(project, "sound")
    with closing(sqlite3.connect(project.state.journal)) as connection, connection:
        connection.execute("UPDATE events SET kind = 'of_tomorrow' WHERE run = 'odd' AND seq = 2")
    sound, odd = list_runs({}, here=project, everywhere=False)
    assert sound.status is Status.CRASHED
    assert odd.status is None
    assert "newer" not in odd.reason
    assert "Event 2 of run odd" in odd.reason
    assert odd.prd_path == "prd.md"
