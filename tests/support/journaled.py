"""A run that a test writes into a project's journal, event by event, in place of an engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.messages import JsonObject
from loki_tui.core.vocabulary import Excerpt, Requirement
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from tests.support.program import Program

RUN = "r1"


def created(program: Program, **settings: bool | int) -> ev.RunCreated:
    """The beginning of a run that had these settings."""
    given: JsonObject = dict(settings)
    return ev.RunCreated(
        prd_path=str(program.workspace / "prd.md"),
        prd="0" * 64,
        workspace=str(program.workspace),
        provider="replay",
        models={},
        settings=given,
        version="0",
        max_iterations=10,
        budget=None,
    )


def planned(*titles: str) -> ev.RequirementsPlanned:
    """A plan, with ids R1, R2 and so on."""
    return ev.RequirementsPlanned(
        requirements=tuple(Requirement(id=f"R{number}", title=title) for number, title in enumerate(titles, 1))
    )


def checkpoint(number: int, tree: str) -> ev.CheckpointTaken:
    """A checkpoint of a tree."""
    return ev.CheckpointTaken(checkpoint=f"c{number}", tree=tree, label="x", iteration=0, files=1, changed=1)


def iteration(number: int, tree: str, *, claims_done: bool = False) -> tuple[Event, ...]:
    """An iteration that left a tree."""
    return (
        ev.IterationStarted(number=number, brief=Excerpt(text="")),
        checkpoint(number + 1, tree),
        ev.IterationFinished(
            number=number, ended_by="agent", summary="", claims_done=claims_done, handover="", tree=tree, changed=1
        ),
    )


@contextmanager
def journal_of(program: Program, *events: Event) -> Iterator[SqliteJournal]:
    """The journal of the program's project, held as an engine would; these events are appended first."""
    state = Surroundings.here(program.environ, program.workspace).project.state
    with EngineLock.acquire(state, run=RUN) as lock, SqliteJournal.open(lock) as journal:
        if events:
            journal.append(*events)
        yield journal


def write(program: Program, events: Sequence[Event]) -> None:
    """Append events to the run; nobody is at work on it afterwards."""
    with journal_of(program, *events):
        pass
