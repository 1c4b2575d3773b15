"""The parallel part of a run: its own worktree, the streams, and their integration."""

from __future__ import annotations

from functools import partial

from loki_tui.core import events as ev
from loki_tui.core.errors import JournalError, LokiError
from loki_tui.core.vocabulary import StreamStatus
from loki_tui.engine.context import RunContext
from loki_tui.engine.crew import Crew
from loki_tui.engine.grounds import Ground, Worktrees
from loki_tui.engine.holding import HeldCheckouts
from loki_tui.engine.ports import Model
from loki_tui.engine.streams.already_red import AlreadyRed
from loki_tui.engine.streams.integrating import Integrator
from loki_tui.engine.streams.scheduling import Scheduler
from loki_tui.engine.streams.shares import iterations_of, share_of
from loki_tui.engine.streams.stream import Means, StreamWork

WHOLE = "run"
"""The name of the worktree in which a run's work comes together. Streams' have a mark of their own in front."""


class Parallel:
    """Has the streams of a run worked on.

    Args:
        context: The run.
        model: Answers.
        worktrees: Where streams work.
    """

    def __init__(self, context: RunContext, model: Model, worktrees: Worktrees) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._model = model
        self._worktrees = worktrees
        self._fresh: dict[str, Ground] = {}
        """Worktrees that were just made, until somebody works there."""

    async def open_ground(self) -> Ground:
        """The worktree that the run itself works in: its branch begins at what the person has committed.

        Raises:
            RepositoryError: The repository is of a kind that this cannot be done with.
        """
        run = self._chronicle.run
        base = run.branch.base if run.branch is not None and run.branch.base else "HEAD"
        return await self._worktrees.open(WHOLE, branch=f"loki/{run.run}", base=base)

    async def work(self, prd: str, crew: Crew) -> None:
        """See all streams through, from wherever they stand.

        Args:
            prd: What is built.
            crew: Those who work in the run's own worktree.
        """
        already_red = AlreadyRed(self._context, HeldCheckouts(crew.ground.checkouts, self._context.control))
        means = Means(self._context, self._model, prd, self._may_iterate, already_red)
        integrator = Integrator(self._context, self._worktrees, crew, prd=prd, excuse=already_red.excuse)

        async def work_through(name: str) -> None:
            if self._chronicle.run.streams[name].started is None:
                await self._begin(name)
            if self._chronicle.run.streams[name].finished is None:
                await StreamWork(means, name, open_ground=partial(self._open, name)).work()

        await Scheduler(self._context, work=work_through, integrate=integrator.integrate, retire=self._retire).run()

    async def put_away(self, crew: Crew, why: str) -> None:
        """Leave out whatever is not part of the work when the run comes to its end: no stream outlives it."""
        run = self._chronicle.run
        if run.integration is not None:
            integrator = Integrator(self._context, self._worktrees, crew, prd="")
            await integrator.leave_out(run.integration.started.name, why)
        for name, stream in run.streams.items():
            if stream.finished is None:
                commit = stream.state.commit or ""
                self._chronicle.note(ev.StreamFinished(name=name, outcome="stopped", reason=why, commit=commit))
            elif run.stream_status(name) is StreamStatus.READY:
                self._chronicle.note(ev.IntegrationFinished(name=name, outcome="left_out", reason=why))

    async def clear_away(self) -> None:
        """Take all worktrees away that are left when the run is over: nobody could check their branches out."""
        run = self._chronicle.run
        for name, stream in run.streams.items():
            if stream.started is not None and stream.retired is None:
                await self._retire(name)
        await self._take_away("", WHOLE)

    async def _begin(self, name: str) -> None:
        """Give a stream its worktree, where all that is integrated so far is there, and its share."""
        run = self._chronicle.run
        assert run.branch is not None
        base = run.commit or run.branch.base or ""
        branch = f"{run.branch.branch}-{name}"
        try:
            ground = await self._worktrees.open(_place(name), branch=branch, base=base)
        except JournalError:
            raise
        except LokiError as error:
            self._chronicle.note(ev.StreamFinished(name=name, outcome="failed", reason=str(error)))
            return
        stream = run.streams[name]
        self._fresh[name] = ground
        self._chronicle.note(
            ev.StreamStarted(
                name=name,
                branch=branch,
                base=base,
                root=str(ground.root),
                share=share_of(run, stream),
                max_iterations=iterations_of(run, self._context.settings, stream),
            )
        )

    async def _open(self, name: str) -> Ground:
        if (fresh := self._fresh.pop(name, None)) is not None:
            return fresh
        started = self._chronicle.run.streams[name].started
        assert started is not None
        return await self._worktrees.open(_place(name), branch=started.branch, base=started.base)

    async def _retire(self, name: str) -> None:
        if self._chronicle.run.streams[name].started is not None:
            await self._take_away(name, _place(name))

    async def _take_away(self, name: str, place: str) -> None:
        try:
            retired = await self._worktrees.retire(place)
        except JournalError:
            raise
        except LokiError as error:
            self._chronicle.note(ev.WorktreeRetired(name=name, removed=False, why=str(error)))
            return
        self._chronicle.note(
            ev.WorktreeRetired(name=name, removed=retired.removed, quarantine=retired.quarantine, why=retired.why)
        )

    def _may_iterate(self, name: str) -> bool:
        """Whether the run has an iteration left, those included that other streams are about to begin."""
        run = self._chronicle.run
        about_to = sum(
            each.is_open and each.state.iteration is None and other != name and each.state.iterations_begun == 0
            for other, each in run.streams.items()
        )
        return run.total_iterations + about_to < self._context.settings.max_iterations


def _place(name: str) -> str:
    return f"stream-{name}"
