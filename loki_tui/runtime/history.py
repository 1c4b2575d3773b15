"""Looking back through a run: its state at any event, its events in pages, and where to go next among them."""

from __future__ import annotations

import sqlite3
import threading
from types import TracebackType
from typing import Self

from loki_tui.core.events import Record
from loki_tui.core.fold import apply
from loki_tui.core.keyframes import EVERY, PassingKeyframes, nearest_state
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Excerpt
from loki_tui.store.blobs import BlobStore
from loki_tui.store.database import journal_errors, open_for_reading
from loki_tui.store.iterations import read_iterations
from loki_tui.store.marks import IterationMark, IterationMarks
from loki_tui.store.project import Project
from loki_tui.store.reader import PAGE, JournalReader
from loki_tui.store.searching import JournalSearch

__all__ = ["History", "IterationMark", "IterationMarks"]

_FAR = 2 * EVERY
"""So far from a keyframe no event is, unless the journal was written by another Loki."""


class History:
    """One run's past, read-only; goes on growing while the run does.

    Use as a context manager, and in one thread: only `interrupt` may be called from another.

    Args:
        connection: From `open_for_reading`; closed with this.
        project: Where the run is.
        run: Which.
    """

    def __init__(self, connection: sqlite3.Connection, project: Project, run: str) -> None:
        self._connection = connection
        self._run = run
        self._journal = project.state.journal
        self._reader = JournalReader(connection, state=project.state)
        self._search = JournalSearch(connection, state=project.state, run=run)
        self._blobs = BlobStore(project.state.blobs)
        self._passing = PassingKeyframes()
        self._called_off = threading.Event()

    @classmethod
    def open(cls, project: Project, run: str) -> Self:
        """Open a run's past.

        Raises:
            JournalError: There is no journal, or it cannot be read.
        """
        return cls(open_for_reading(project.state), project, run)

    @property
    def last_seq(self) -> int:
        """The number of the last event at this moment; 0 in a run that has none."""
        return self._reader.last_seq(self._run)

    def state_at(self, seq: int | None = None) -> RunState:
        """The run as it was right after an event.

        Args:
            seq: The event's number; none, or one yet to come, for the last one.

        Raises:
            JournalError: The journal cannot be read.
        """
        last = self.last_seq if seq is None else seq
        state = nearest_state(self._reader.keyframes(self._run, until=last), run=self._run) or RunState(run=self._run)
        if last - state.seq > _FAR:
            state = nearest_state(self._passing.until(last), run=self._run, after=state.seq) or state
        begun = state.seq
        while page := self.page(after=state.seq, limit=max(0, min(PAGE, last - state.seq))):
            for record in page:
                apply(state, record)
            if state.seq - begun > _FAR:
                self._passing.offer(state)
        return state

    def page(self, *, after: int, limit: int = PAGE) -> list[Record]:
        """At most `limit` events after one of them, in order.

        Raises:
            JournalError: The journal cannot be read.
        """
        return self._reader.read(self._run, after=after, limit=limit)

    def page_before(self, seq: int, *, limit: int = PAGE, stream: str | None = None) -> list[Record]:
        """At most `limit` events right before one of them, of one stream where one is named, in order.

        Raises:
            JournalError: The journal cannot be read.
        """
        return self._reader.read_before(self._run, seq, limit=limit, stream=stream)

    def find(self, text: str, *, start: int, backwards: bool = False, stream: str | None = None) -> int | None:
        """The nearest event that says something, in whatever case.

        Looks at everything in an event, the names of its fields included; of a text that was cut, at
        what the event itself shows.

        Args:
            text: What to look for, as a person reads it.
            start: An event's number; the search begins right after it, or right before.
            backwards: Whether to look at what came before.
            stream: The stream whose events alone count, if one is meant.

        Returns:
            Its number; none where there is none, or `interrupt` was called meanwhile.

        Raises:
            JournalError: The journal cannot be read.
        """
        self._called_off.clear()
        called_off = self._called_off.is_set
        return self._search.find(text, start=start, backwards=backwards, called_off=called_off, stream=stream)

    def interrupt(self) -> None:
        """End the search that is under way, from any thread; it ends within some 50 ms."""
        self._called_off.set()

    def next_of(
        self, kinds: frozenset[str], *, start: int, backwards: bool = False, stream: str | None = None
    ) -> int | None:
        """The nearest event of these kinds strictly after, or before, a number; none where there is none.

        Args:
            kinds: Kinds of events.
            start: An event's number.
            backwards: Whether to look at what came before.
            stream: The stream whose events alone count, if one is meant.

        Raises:
            JournalError: The journal cannot be read.
        """
        return self._search.next_of(kinds, start=start, backwards=backwards, stream=stream)

    def next_problem(self, *, start: int, backwards: bool = False, stream: str | None = None) -> int | None:
        """The nearest event that says something went wrong, strictly after, or before, a number.

        That is: an action, a phase or a request that failed, a warning, a failure of the engine, an
        approval that was not given, and an end other than completion.

        Raises:
            JournalError: The journal cannot be read.
        """
        return self._search.next_problem(start=start, backwards=backwards, stream=stream)

    def iterations(self) -> IterationMarks:
        """All iterations, in order.

        Raises:
            JournalError: The journal cannot be read.
        """
        return self.iterations_after(0)

    def iterations_after(self, seq: int) -> IterationMarks:
        """The iterations that began or ended after an event: what a list made then lacks, or has as open.

        Raises:
            JournalError: The journal cannot be read.
        """
        with journal_errors(self._journal):
            return read_iterations(self._connection, self._run, after=seq)

    def text_of(self, excerpt: Excerpt) -> str:
        """The whole of a text, however long.

        Raises:
            JournalError: It was cut, and the whole is not there any more.
        """
        return excerpt.text if excerpt.blob is None else self._blobs.get(excerpt.blob).decode(errors="replace")

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
