"""The engine: one run, from wherever its journal stands to its end.

    plan ─▶ iterate ─▶ verify ─▶ decide ─▶ (iterate | close)

It holds no state of its own: what to do next follows from the journal, so being killed
anywhere and taken up by another process is an ordinary way to go on.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.errors import JournalError, LokiError, ModelError, RepositoryError
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Outcome, Stage, Status
from loki_tui.engine.approvals import Approvals
from loki_tui.engine.asking import Asker, RetriesExhaustedError
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.context import RunContext
from loki_tui.engine.control import Control
from loki_tui.engine.crew import crew_for
from loki_tui.engine.deciding import Close, decide
from loki_tui.engine.grounds import Ground, Worktrees
from loki_tui.engine.monitoring import Monitor
from loki_tui.engine.notifying import Herald
from loki_tui.engine.outside.ports import OutsideAgent
from loki_tui.engine.overhearing import Overheard
from loki_tui.engine.places import Places
from loki_tui.engine.planning import Planner
from loki_tui.engine.ports import (
    Checkouts,
    Checkpoints,
    Clock,
    CommandPolicy,
    Journal,
    Live,
    Machine,
    Model,
    Prices,
    Repository,
    Workspaces,
)
from loki_tui.engine.pulse import Pulse
from loki_tui.engine.receipts import Receipts
from loki_tui.engine.streams.parallel import Parallel
from loki_tui.engine.telling import Heart, Messenger
from loki_tui.engine.throttling import Throttle
from loki_tui.guard.redact import Redactor


@dataclass(frozen=True, slots=True)
class World:
    """Everything an engine needs of the world."""

    journal: Journal
    model: Model
    prices: Prices
    workspaces: Workspaces
    checkouts: Checkouts
    delivered: Checkouts
    """Of commits, by their names, in place of checkpoints."""
    checkpoints: Checkpoints
    repository: Repository
    clock: Clock
    machine: Machine
    policy: CommandPolicy
    redactor: Redactor
    """Knows the secrets that nobody may be shown."""
    live: Live = field(default_factory=Live)
    heart: Heart | None = None
    """Where it says that it lives; none where nobody listens."""
    messenger: Messenger | None = None
    """Tells people who are elsewhere; none where nobody is to be told."""
    worktrees: Worktrees | None = None
    """Where the parts of a parallel run work; none where the run works in the person's own directory."""

    outside: OutsideAgent | None = None
    """Does the iterations in the built-in agent's place; none where that does them."""

    @property
    def ground(self) -> Ground:
        """The person's own directory, and what works in it."""
        return Ground(
            root=Path(),  # agents are told the workspace's own name
            workspaces=self.workspaces,
            checkouts=self.checkouts,
            delivered=self.delivered,
            checkpoints=self.checkpoints,
            repository=self.repository,
        )


class Engine:
    """Drives one run.

    Args:
        world: The adapters.
        settings: Limits and choices.
    """

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings
        redact = world.redactor.redact
        self._chronicle = chronicle = Chronicle(world.journal, redact=redact)
        self._control = control = Control(chronicle, redact=redact, on_stop=self._end_work)
        self._work: asyncio.Task[None] | None = None
        self._ended = False
        places = Places(settings.max_parallel_agents)
        self._throttle = Throttle(chronicle, places, world.clock)
        self._monitor = Monitor(chronicle, world.machine, world.clock, settings, throttle=self._throttle)
        approvals = Approvals(chronicle, control, world.clock, timeout=settings.approval_timeout, redact=redact)
        self._herald = Herald(chronicle, world.messenger, world.clock, redact=redact)
        self._pulse = Pulse(chronicle, world.heart, world.clock, settings)
        overheard = Overheard(self._pulse.hearing(world.live), world.redactor)
        chronicle.observe_all(overheard.observe)
        self._context = context = RunContext(
            chronicle=chronicle,
            control=control,
            settings=settings,
            prices=world.prices,
            clock=world.clock,
            redact=redact,
            places=places,
            live=overheard.live,
            policy=world.policy,
            approvals=approvals,
            outside=world.outside,
        )
        asker = Asker(context, world.model)
        self._parallel = Parallel(context, world.model, world.worktrees) if world.worktrees is not None else None
        self._planner = Planner(context, asker, divides=self._parallel is not None)
        self._asker = asker
        self._crew = crew_for(context, asker, world.ground)
        self._in_place = self._parallel is None
        """Whether the crew is where the run works: a parallel run leaves the person's own directory alone."""
        self._receipts = Receipts(context, world.repository)

    async def run(self) -> Outcome | None:
        """Drive the run to its end.

        Returns:
            How it ended; none if the engine was interrupted and the run can be resumed.
        """
        try:
            return await self._run()
        except Exception as error:
            with suppress(JournalError):  # which may be the very thing that failed
                self._chronicle.note(ev.EngineFailed(error=f"{type(error).__name__}: {error}"))
            raise
        finally:
            await self._crew.iterations.end_hands()
            await self._world.model.close()
            await self._herald.finish()

    def interrupt(self) -> None:
        """Bring the work to a safe place and leave the run to be resumed. Safe to call from a signal handler."""
        self._end_work()

    def _end_work(self) -> None:
        self._ended = True
        if self._work is not None:
            self._work.cancel()

    # -- a run's course -------------------------------------------------------------------------

    async def _run(self) -> Outcome | None:
        self._chronicle.note(
            ev.EngineStarted(
                pid=os.getpid(),
                host=socket.gethostname(),
                confinement=(self._world.worktrees or self._world.workspaces).confinement,
                resumed=self._chronicle.state.engines > 0,
            )
        )
        helpers = [asyncio.create_task(helper) for helper in self._helpers()]
        self._work = work = asyncio.create_task(self._through())
        if self._ended or self._chronicle.state.status is Status.STOPPING:
            work.cancel()
        try:
            await asyncio.wait({*helpers, work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*helpers, work):
                task.cancel()
            await asyncio.gather(*helpers, work, return_exceptions=True)
        for helper in helpers:
            if not helper.cancelled():
                helper.result()
        if work.cancelled():
            await self._put_down()
        else:
            work.result()
        closed = self._chronicle.state.closed
        return None if closed is None else closed.outcome

    def _helpers(self) -> list[Coroutine[None, None, None]]:
        """What goes on beside the work."""
        return [
            self._control.listen(),
            self._monitor.watch(),
            self._pulse.beat(),
            self._throttle.heed(),
            self._throttle.watch(),
        ]

    async def _put_down(self) -> None:
        """End work that was stopped, or leave it to be resumed."""
        state = self._chronicle.state
        if state.status is Status.STOPPING:
            await self._close(Close("stopped", state.reason))
            return
        await self._crew.iterations.end_hands()
        if self._in_place:
            await self._crew.keeper.save("interrupted")
        self._chronicle.note(ev.RunPaused(by="person", reason="interrupted"))

    async def _through(self) -> None:
        """From wherever the run stands to its end."""
        try:
            decision = await self._until_decided()
        except RetriesExhaustedError as error:
            decision = Close("exhausted", str(error))
        except ModelError as error:
            decision = Close("failed", str(error))
        await self._close(decision)

    async def _until_decided(self) -> Close:
        # What a repository may refuse comes before anything is spent; a plan needs no more than that.
        await self._take_place()
        await self._crew.keeper.open_branch()
        prd = self._world.journal.get_blob(self._created.prd).decode()
        self._enter(Stage.PLAN)
        await self._planner.plan(prd)
        await self._prepare()
        if self._parallel is not None and self._chronicle.state.streams:
            self._enter(Stage.ITERATE)
            await self._parallel.work(prd, self._crew)
        while True:
            await self._assess()
            self._enter(Stage.DECIDE)
            decision = decide(self._chronicle.state, self._settings, self._world.clock.now())
            if isinstance(decision, Close):
                return await self._confirmed(decision)
            self._enter(Stage.ITERATE)
            await self._crew.iterations.iterate(decision, prd=prd)

    async def _confirmed(self, decision: Close) -> Close:
        """A decision, unless it is that the run is completed and its receipt would not say so: then it failed."""
        if decision.outcome != "completed":
            return decision
        against = await self._receipts.against(reason=decision.reason)
        return Close("failed", f"not verified: {'; '.join(against)}") if against else decision

    async def _take_place(self) -> None:
        """Go where the run works; an ordinary one is there from the beginning."""
        if self._parallel is None:
            return
        ground = await self._parallel.open_ground()
        self._crew = crew_for(self._context, self._asker, ground, root=str(ground.root))
        self._receipts = Receipts(self._context, ground.repository)
        self._in_place = True

    @property
    def _created(self) -> ev.RunCreated:
        created = self._chronicle.state.created
        assert created is not None
        return created

    def _enter(self, stage: Stage) -> None:
        if self._chronicle.state.stage is not stage:
            self._chronicle.note(ev.StageEntered(stage=stage))

    async def _prepare(self) -> None:
        """Launch the hands and take the first checkpoint: at once, since both wait for processes."""
        if self._chronicle.state.engines > 1:
            await self._crew.ground.workspaces.sweep()
        try:
            async with asyncio.TaskGroup() as group:
                if not self._chronicle.state.streams:
                    group.create_task(self._crew.iterations.launch())
                if self._chronicle.state.first_checkpoint is None:
                    group.create_task(self._crew.keeper.save("start"))
        except* LokiError as errors:
            raise errors.exceptions[0] from None

    async def _assess(self) -> None:
        """Deliver and measure the last iteration's work, as far as that has not been done."""
        state = self._chronicle.state
        finished = state.last_finished
        if state.iteration is not None or (finished is None and not state.joined):
            return
        self._enter(Stage.VERIFY)
        if finished is not None and not state.joined:  # what streams did is committed already
            await self._crew.keeper.commit(finished.summary or f"Iteration {finished.number}")
        assert state.last_checkpoint is not None
        await self._crew.assessor.assess(state.last_checkpoint)

    async def _put_away(self, why: str) -> None:
        """Leave out what a parallel run was integrating; one that ends before it was taken up is gone to first."""
        if self._parallel is None:
            return
        try:
            if self._chronicle.state.branch is not None and not self._in_place:
                await self._take_place()
            if self._in_place:
                await self._parallel.put_away(self._crew, why)
        except RepositoryError as error:
            self._chronicle.note(ev.Warned(message=f"The run's worktree stays as it is: {error}"))

    async def _close(self, decision: Close) -> None:
        """Save and deliver what is left to, and end the run."""
        self._enter(Stage.CLOSE)
        await self._crew.iterations.end_hands()
        await self._put_away(f"the run ended: {decision.reason}")
        if self._in_place and (self._ended or self._chronicle.state.iteration is not None):
            await self._crew.keeper.keep_rest()
        await self._receipts.write(outcome=decision.outcome, reason=decision.reason)
        if self._parallel is not None and self._in_place:
            await self._parallel.clear_away()
        self._chronicle.note(ev.RunClosed(outcome=decision.outcome, reason=decision.reason))
