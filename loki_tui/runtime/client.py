"""A run as faces see and steer it, wherever its engine lives: events out, requests in."""

from __future__ import annotations

import getpass
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from loki_tui.core import requests as rq
from loki_tui.core.errors import UsageError
from loki_tui.core.events import Record
from loki_tui.core.fold import apply
from loki_tui.core.state import Approval, RunState
from loki_tui.core.vocabulary import Status
from loki_tui.store.lock import Holder
from loki_tui.store.project import Project
from loki_tui.store.reader import RunSummary


@dataclass(frozen=True, slots=True)
class RunView:
    """A run at this moment, and whether an engine is at work on it."""

    state: RunState
    engine: Holder | None

    @property
    def status(self) -> Status:
        """The run's status; `crashed` where it says it is at work but nobody is."""
        if self.state.status.ended or self.engine is not None or self.state.paused_by == "person":
            return self.state.status
        return Status.CRASHED

    @property
    def reason(self) -> str:
        """Why it is so."""
        if self.status is Status.CRASHED:
            return "its engine is gone; `loki resume` takes it up"
        return self.state.reason


class RunClient:
    """Watches and steers one run.

    Args:
        project: Where the run is.
        run: Which.
    """

    def __init__(self, project: Project, run: str) -> None:
        self.project = project
        self.run = run
        self._by = _who()

    def view(self) -> RunView:
        """The run as it is now."""
        state = RunState(run=self.run)
        for record in self.records():
            apply(state, record)
        return RunView(state, self.engine())

    def engine(self) -> Holder | None:
        """The engine at work on this run, if there is one."""
        holder = self.project.engine()
        return holder if holder is not None and holder.run == self.run else None

    def records(self, after: int = 0) -> Iterator[Record]:
        """What is in the journal so far."""
        with self.project.reader() as reader:
            yield from reader.records(self.run, after=after)

    def follow(self, after: int = 0) -> AsyncGenerator[Record, None]:
        """Events as they come."""
        return self.project.follow(self.run, after=after)

    # -- steering -------------------------------------------------------------------------------

    def pause(self, reason: str = "") -> None:
        """Hold everything."""
        self._post(rq.Pause(by=self._by, reason=reason))

    def resume(self, budget: Decimal | None = None) -> None:
        """Go on, with a new cap if one is given."""
        self._post(rq.Resume(by=self._by, budget=budget))

    def stop(self, reason: str = "") -> None:
        """Bring the work to a safe place and end the run."""
        self._post(rq.Stop(by=self._by, reason=reason))

    def steer(self, note: str) -> None:
        """Leave a note for the agent."""
        self._post(rq.Steer(by=self._by, note=note))

    def decide(self, approval: Approval, decision: Literal["approved", "denied"], *, reason: str = "") -> None:
        """Approve or deny exactly what this approval shows."""
        request = approval.request
        self._post(
            rq.Decide(by=self._by, approval=request.approval, digest=request.digest, decision=decision, reason=reason)
        )

    def _post(self, request: rq.Request) -> None:
        self.project.post(self.run, request)


def _who() -> str:
    """The person at this terminal, as far as the system knows."""
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return "someone"


def choose_run(project: Project, run: str | None, *, unfinished: bool = False) -> RunSummary:
    """The run a person means: the named one (a prefix is enough), else the latest.

    Args:
        project: Where to look.
        run: A run's name or the beginning of one.
        unfinished: Whether to pass over runs that have ended, where none is named.

    Raises:
        UsageError: There is no such run, or the name fits several.
    """
    runs = project.runs()
    if run is not None:
        found = [summary for summary in runs if summary.id.startswith(run)]
    else:
        found = [summary for summary in runs if summary.outcome is None or not unfinished][:1]
    if len(found) == 1:
        return found[0]
    where = f"in {project.workspace}"
    if not found and run is None:
        wanted = "unfinished run" if unfinished else "run"
        raise UsageError(f"There is no {wanted} {where}.", hint="Begin one: loki start ./prd.md")
    if not found:
        raise UsageError(f"There is no run {run!r} {where}.", hint="`loki runs` lists them.")
    raise UsageError(f"{run!r} fits {len(found)} runs {where}.", hint="Give more of the name.")
