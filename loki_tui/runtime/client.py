"""A run as faces see and steer it, wherever its engine lives: events out, requests in."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import ValidationError

from loki_tui.core import requests as rq
from loki_tui.core.errors import UsageError
from loki_tui.core.events import ApprovalRequested, Record
from loki_tui.core.fold import apply
from loki_tui.core.messages import JsonObject
from loki_tui.core.state import Approval, RunState
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.history import History
from loki_tui.runtime.secrets import redactor_of
from loki_tui.store.lock import Holder
from loki_tui.store.paths import StateDirectory
from loki_tui.store.project import Project
from loki_tui.store.reader import RunSummary

__all__ = ["Holder", "Project", "RunClient", "RunSummary", "RunView", "choose_run", "find_run"]

BEAT = 1.0
"""Seconds after which a watched run is looked at even if nothing was journaled: its engine may have died."""


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
        post: Leaves a request for its engine, where that lives in this process and so hears it at once.
    """

    def __init__(self, project: Project, run: str, *, post: Callable[[rq.Request], int] | None = None) -> None:
        self.project = project
        self.run = run
        self._to_engine = post
        self.by = _who()
        """The person at this terminal."""
        self.via: str | None = None
        """How what this person asks comes in, where it is not from this terminal; journaled with it."""

    def begun(self) -> bool:
        """Whether the run is in the journal yet."""
        return any(summary.id == self.run for summary in self.project.runs())

    def view(self) -> RunView:
        """The run as it is now."""
        with self.history() as history:
            return RunView(history.state_at(), self.engine())

    async def watch(self) -> AsyncGenerator[RunView, None]:
        """The run as it is, then again as events come and at least once a beat, to its end.

        All views share one state, which each event is taken into once.
        """
        state = self.view().state
        changed = asyncio.Event()

        async def take_in() -> None:
            async with aclosing(self.follow_pages(after=state.seq)) as pages:
                async for page in pages:
                    for record in page:
                        apply(state, record)
                    changed.set()

        reading = asyncio.create_task(take_in())
        try:
            while True:
                yield RunView(state, self.engine())
                if state.closed is not None:
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT):
                        await changed.wait()
                changed.clear()
                if reading.done():
                    reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

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

    def follow_pages(self, after: int = 0) -> AsyncGenerator[list[Record], None]:
        """Events as they come, as many at once as there are."""
        return self.project.follow_pages(self.run, after=after)

    def history(self) -> History:
        """The run's past, to look back through; to be closed, in the thread that opened it.

        Raises:
            JournalError: There is no journal, or it cannot be read.
        """
        return History.open(self.project, self.run)

    # -- steering -------------------------------------------------------------------------------

    def pause(self, reason: str = "", *, stream: str | None = None) -> int:
        """Hold everything, or one stream; the request's number, see `taken`."""
        return self._post(rq.Pause(by=self.by, reason=reason, stream=stream))

    def resume(self, budget: Decimal | None = None, *, stream: str | None = None) -> int:
        """Go on, with a new cap if one is given; the request's number, see `taken`."""
        return self._post(rq.Resume(by=self.by, budget=budget, stream=stream))

    def set_budget(self, limit: Decimal, *, stream: str | None = None) -> int:
        """Set the cap anew, or a stream's share, without resuming; the request's number, see `taken`."""
        return self._post(rq.SetBudget(by=self.by, limit=limit, stream=stream))

    def stop(self, reason: str = "", *, stream: str | None = None) -> int:
        """Bring the work to a safe place and end the run, or one stream; the request's number, see `taken`."""
        return self._post(rq.Stop(by=self.by, reason=reason, stream=stream))

    def steer(self, note: str, *, stream: str | None = None) -> None:
        """Leave a note for the agent; in a parallel run for all of them, unless a stream is named.

        Raises:
            UsageError: It says nothing, or too much.
        """
        try:
            request = rq.Steer(by=self.by, note=note.strip(), stream=stream)
        except ValidationError as error:
            raise UsageError(
                f"The note has {len(note.strip()):,} characters.",
                hint=f"1 to {rq.NOTE_CHARS:,} reach the agent; put more into a file and name it.",
            ) from error
        self._post(request)

    def decide(
        self,
        approval: Approval,
        decision: Literal["approved", "denied"],
        *,
        reason: str = "",
        edited: JsonObject | None = None,
        pattern: str | None = None,
    ) -> int:
        """Approve or deny exactly what this approval shows.

        Args:
            approval: What was asked.
            decision: The answer.
            reason: Why; the agent is told of a denial's.
            edited: Approve this input of the same tool instead.
            pattern: Approve actions of this pattern too, from now on, in this run.

        Returns:
            The request's number, see `taken`.

        Raises:
            UsageError: The edited input is none, or the pattern is none that covers the action.
        """
        asked = approval.request
        request = rq.Decide(
            by=self.by,
            approval=asked.approval,
            digest=asked.digest,
            decision=decision,
            reason=reason,
            edited=edited,
            pattern=pattern,
        )
        if edited is not None or pattern:
            _require_usable(asked, request)
        return self._post(request)

    def revoke(self, pattern: str) -> int:
        """Have what was approved for the run under this pattern asked about again.

        Returns:
            The request's number, see `taken`.
        """
        return self._post(rq.Revoke(by=self.by, pattern=pattern))

    def force_review(self) -> int:
        """Have the council sit as soon as it can, whatever the interval says.

        Returns:
            The request's number, see `taken`.
        """
        return self._post(rq.ForceReview(by=self.by))

    async def taken(self, request: int) -> bool:
        """Wait until the run's engine took a request, whatever it made of it.

        Returns:
            False where no engine is there to take it: the next one will.
        """
        async with aclosing(self.watch()) as views:
            async for view in views:
                with self.project.reader() as reader:
                    if reader.consumed(request):
                        return True
                if view.engine is None:
                    return False
        return False

    def _post(self, request: rq.Request) -> int:
        if self.via is not None:
            request = request.model_copy(update={"via": self.via})
        if self._to_engine is not None:
            return self._to_engine(request)
        return self.project.post(self.run, request, redactor=redactor_of(os.environ))


def _require_usable(asked: ApprovalRequested, request: rq.Decide) -> None:
    """Say at once what the engine would have to turn down."""
    # What only an engine needs is not loaded by those who watch.
    from loki_tui.engine.decisions import UnusableDecisionError, decision_on  # noqa: PLC0415

    try:
        decision_on(asked, request)
    except UnusableDecisionError as error:
        raise UsageError(f"{asked.approval} cannot be decided so: {error}.", hint="It still waits.") from error


def _who() -> str:
    """The person at this terminal, as far as the system knows."""
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return "someone"


def find_run(project: Project, *, unfinished: bool = False) -> RunSummary | None:
    """The run a person means who names none: the one an engine is at work on, else the latest.

    Args:
        project: Where to look.
        unfinished: Whether to pass over runs that have ended.
    """
    holder = project.engine()
    runs = [summary for summary in project.runs() if summary.outcome is None or not unfinished]
    at_work = (summary for summary in runs if holder is not None and holder.run == summary.id)
    return next(at_work, runs[0] if runs else None)


def ended_alone(project: Project) -> bool:
    """Whether no run goes on: who only reads and names none then means the latest."""
    return find_run(project, unfinished=True) is None


def latest_plan(project: Project) -> Project | None:
    """What `loki plan` made last, with a journal of its own as a run has; none where there is none that is read."""
    for root in sorted((project.state.root / "plans").glob("*"), reverse=True):
        plan = Project(StateDirectory(root=root, workspace=project.workspace))
        if plan.runs():
            return plan
    return None


def choose_run(project: Project, run: str | None, *, unfinished: bool = False) -> RunSummary:
    """The run a person means: the named one (the beginning of its name is enough), else see `find_run`.

    Args:
        project: Where to look.
        run: A run's name or the beginning of one.
        unfinished: Whether to pass over runs that have ended, where none is named.

    Raises:
        UsageError: There is no such run, or the name fits several.
    """
    where = f"in {project.workspace}"
    if run is None:
        found = find_run(project, unfinished=unfinished)
        if found is None:
            wanted = "unfinished run" if unfinished else "run"
            raise UsageError(f"There is no {wanted} {where}.", hint="Begin one: loki start ./prd.md")
        return found
    fitting = [summary for summary in project.runs() if summary.id.startswith(run)]
    exact = [summary for summary in fitting if summary.id == run]
    if not fitting:
        raise UsageError(f"There is no run {run!r} {where}.", hint="`loki runs` lists them.")
    if len(exact or fitting) > 1:
        names = ", ".join(summary.id for summary in fitting)
        raise UsageError(f"{run!r} fits {len(fitting)} runs {where}: {names}.", hint="Give more of the name.")
    return (exact or fitting)[0]
