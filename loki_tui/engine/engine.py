"""The engine: one run, from wherever its journal stands to its end.

    plan ─▶ iterate ─▶ verify ─▶ decide ─▶ (iterate | close)

It holds no state of its own: what to do next follows from the journal, so being killed
anywhere and taken up by another process is an ordinary way to go on.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError, ModelError, WorkspaceError
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Outcome, Stage, Status
from loki_tui.engine import prompts
from loki_tui.engine.agents import Agents
from loki_tui.engine.approvals import Approvals
from loki_tui.engine.asking import Asker, RetriesExhaustedError
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.context import RunContext
from loki_tui.engine.control import Control
from loki_tui.engine.deciding import Close, GoOn, decide
from loki_tui.engine.planning import Planner
from loki_tui.engine.ports import (
    Checkouts,
    Checkpoints,
    Clock,
    Journal,
    Live,
    Model,
    Prices,
    Repository,
    Workspace,
    Workspaces,
)
from loki_tui.engine.session import Ended
from loki_tui.engine.verifying import Verifier

RELAUNCHES = 3
"""How often in one iteration hands that died are launched anew."""

GUIDANCE = ("AGENTS.md", "CLAUDE.md")
"""Files in which a project tells agents how it is worked on; the first that is there counts."""

GUIDANCE_CHARS = 20_000

SUBJECT = 72
"""Characters of a commit's subject."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything an engine needs of the world."""

    journal: Journal
    model: Model
    prices: Prices
    workspaces: Workspaces
    checkouts: Checkouts
    checkpoints: Checkpoints
    repository: Repository
    clock: Clock
    redact: Callable[[str], str]
    live: Live = field(default_factory=Live)


class Engine:
    """Drives one run.

    Args:
        world: The adapters.
        settings: Limits and choices.
    """

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings
        self._chronicle = chronicle = Chronicle(world.journal)
        self._control = control = Control(chronicle, on_stop=self._end_work)
        self._work: asyncio.Task[None] | None = None
        self._workspace: Workspace | None = None
        self._release: Callable[[], None] = lambda: None
        asks = settings.staged_autonomy
        context = RunContext(
            chronicle=chronicle,
            control=control,
            settings=settings,
            prices=world.prices,
            clock=world.clock,
            redact=world.redact,
            live=world.live,
            approvals=Approvals(chronicle, control, world.clock, timeout=settings.approval_timeout) if asks else None,
        )
        asker = Asker(context, world.model)
        self._planner = Planner(context, asker)
        self._agents = Agents(context, asker)
        self._verifier = Verifier(context, world.checkouts)

    async def run(self) -> Outcome | None:
        """Drive the run to its end.

        Returns:
            How it ended; none if the engine was interrupted and the run can be resumed.
        """
        try:
            return await self._run()
        except Exception as error:
            self._chronicle.note(ev.EngineFailed(error=f"{type(error).__name__}: {error}"))
            raise
        finally:
            if self._workspace is not None:
                await self._workspace.close()
            await self._world.model.close()

    def interrupt(self) -> None:
        """Bring the work to a safe place and leave the run to be resumed. Safe to call from a signal handler."""
        self._end_work()

    def _end_work(self) -> None:
        if self._work is not None:
            self._work.cancel()

    # -- a run's course -------------------------------------------------------------------------

    async def _run(self) -> Outcome | None:
        self._chronicle.note(
            ev.EngineStarted(
                pid=os.getpid(),
                host=socket.gethostname(),
                confinement=self._world.workspaces.confinement,
                resumed=self._chronicle.state.engines > 0,
            )
        )
        listener = asyncio.create_task(self._control.listen())
        self._work = work = asyncio.create_task(self._through())
        try:
            await asyncio.wait({listener, work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            listener.cancel()
            work.cancel()
            await asyncio.gather(listener, work, return_exceptions=True)
        if not listener.cancelled():
            listener.result()
        if work.cancelled():
            await self._put_down()
        else:
            work.result()
        closed = self._chronicle.state.closed
        return None if closed is None else closed.outcome

    async def _put_down(self) -> None:
        """End work that was stopped, or leave it to be resumed."""
        state = self._chronicle.state
        if state.status is Status.STOPPING:
            await self._close(Close("stopped", state.reason))
            return
        await self._end_hands()
        await self._save("interrupted")
        self._chronicle.note(ev.RunPaused(by="person", reason="interrupted; `loki resume` goes on from here"))

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
        await self._prepare()
        prd = self._world.journal.get_blob(self._created.prd).decode()
        self._enter(Stage.PLAN)
        await self._planner.plan(prd)
        while True:
            await self._verify()
            self._enter(Stage.DECIDE)
            decision = decide(self._chronicle.state, self._settings, self._world.clock.now())
            if isinstance(decision, Close):
                return decision
            await self._iterate(prd, decision)

    @property
    def _created(self) -> ev.RunCreated:
        created = self._chronicle.state.created
        assert created is not None
        return created

    def _enter(self, stage: Stage) -> None:
        if self._chronicle.state.stage is not stage:
            self._chronicle.note(ev.StageEntered(stage=stage))

    async def _prepare(self) -> None:
        """Launch the hands, open the branch, take the first checkpoint: at once, since each waits for a process."""
        state = self._chronicle.state
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._launch())
                group.create_task(self._open_branch())
                if not state.checkpoints:
                    group.create_task(self._save("start"))
        except* LokiError as errors:
            raise errors.exceptions[0] from None

    async def _launch(self) -> Workspace:
        self._workspace = workspace = await self._world.workspaces.open_agent()
        self._release = self._control.hold_with(workspace.freeze, workspace.thaw)
        return workspace

    async def _end_hands(self) -> None:
        if self._workspace is not None:
            self._release()
            await self._workspace.close()
            self._workspace = None

    async def _open_branch(self) -> None:
        """Check the run's branch out; on resume, see that it still is."""
        state = self._chronicle.state
        opened = await self._world.repository.open_branch(f"loki/{state.run}")
        if state.branch is None:
            self._chronicle.note(
                ev.BranchOpened(branch=opened.branch, base=opened.base, origin=opened.origin, dirty=opened.dirty)
            )

    # -- an iteration ---------------------------------------------------------------------------

    async def _iterate(self, prd: str, decision: GoOn) -> None:
        """Work through the open iteration, or a new one, and save what came of it."""
        self._enter(Stage.ITERATE)
        await self._control.gate()
        state = self._chronicle.state
        workspace = self._workspace or await self._launch()
        if state.iteration is None:
            await self._start_iteration(workspace, decision)
        iteration = state.iterations[-1]
        ended = await self._work_through(prd)
        finish = ended.finish
        taken = await self._take(f"iteration {iteration.number}")
        finished = ev.IterationFinished(
            number=iteration.number,
            ended_by=ended.by,
            summary=finish.summary if finish else "",
            claims_done=finish.claims_done if finish else False,
            handover=finish.handover if finish else "",
            tree=taken.tree,
        )
        self._chronicle.note(taken, finished)

    async def _start_iteration(self, workspace: Workspace, decision: GoOn) -> None:
        state = self._chronicle.state
        brief = prompts.opening(
            prompts.Brief(
                number=len(state.iterations) + 1,
                max_iterations=self._settings.max_iterations,
                requirements=list(state.requirements.values()),
                facts=list(state.phases.values()),
                last=state.iterations[-1].finished if state.iterations else None,
                guidance=await self._guidance(workspace),
                unmet=decision.unmet,
            )
        )
        self._chronicle.note(ev.IterationStarted(number=len(state.iterations) + 1, brief=self._chronicle.keep(brief)))

    async def _guidance(self, workspace: Workspace) -> str:
        for name in GUIDANCE:
            found = await workspace.perform("read_file", {"path": name})
            if found.ok:
                return self._world.redact(found.output[:GUIDANCE_CHARS])
        return ""

    async def _work_through(self, prd: str) -> Ended:
        """Have the agent work until the iteration is over; hands that die are launched anew, a few times."""
        left = RELAUNCHES
        while True:
            try:
                async with asyncio.timeout(self._time_left()):
                    return await self._work_once(prd)
            except TimeoutError:
                return Ended("time")
            except WorkspaceError as error:
                if not left:
                    raise
                left -= 1
                self._chronicle.note(ev.Warned(message=f"The hands died and are launched anew: {error.message}"))
                await self._end_hands()

    async def _work_once(self, prd: str) -> Ended:
        workspace = self._workspace or await self._launch()
        root = self._created.workspace
        iteration = self._chronicle.state.iterations[-1]
        brief = self._chronicle.recall(iteration.brief)
        system = prompts.agent_system(workspace=root, prd=prd, confinement=workspace.confinement)
        return await self._agents.iterate(workspace, root=root, system=system, brief=brief)

    def _time_left(self) -> float | None:
        limit = self._settings.max_duration
        if limit is None:
            return None
        elapsed = self._chronicle.state.elapsed(self._world.clock.now()).total_seconds()
        return max(0.0, limit - elapsed)

    async def _verify(self) -> None:
        """Deliver and measure the last iteration's work, as far as that has not been done."""
        state = self._chronicle.state
        if not state.iterations or state.iteration is not None:
            return
        self._enter(Stage.VERIFY)
        finished = state.iterations[-1].finished
        assert finished is not None
        await self._commit(finished.summary or f"Iteration {finished.number}")
        await self._verifier.verify(state.checkpoints[-1])

    # -- saving and delivering ------------------------------------------------------------------

    async def _take(self, label: str) -> ev.CheckpointTaken:
        iteration = len(self._chronicle.state.iterations)
        snapshot = await self._world.checkpoints.take(label, iteration=iteration)
        for path in snapshot.skipped:
            self._chronicle.note(ev.Warned(message=f"Not in the checkpoint, since it cannot be read: {path}"))
        return ev.CheckpointTaken(
            checkpoint=snapshot.checkpoint,
            tree=snapshot.tree,
            label=label,
            iteration=iteration,
            files=snapshot.files,
            changed=snapshot.changed,
        )

    async def _save(self, label: str) -> None:
        self._chronicle.note(await self._take(label))

    async def _commit(self, summary: str) -> None:
        branch = self._chronicle.state.branch
        assert branch is not None
        first, _, rest = summary.strip().partition("\n")
        subject = first[:SUBJECT] or "Work of an iteration"
        body = rest.strip() if len(first) <= SUBJECT else summary
        commit = await self._world.repository.commit(branch.branch, subject=subject, body=body)
        for warning in self._world.repository.take_warnings():
            self._chronicle.note(ev.Warned(message=warning))
        if commit is None:
            return
        self._chronicle.note(ev.WorkCommitted(branch=branch.branch, commit=commit, subject=subject))

    async def _keep_unfinished(self) -> None:
        """Save and deliver what an iteration did before it was broken off."""
        try:
            await self._save("end")
            await self._commit("Work of an unfinished iteration")
        except LokiError as error:
            self._chronicle.note(ev.Warned(message=f"The last work could not be delivered: {error}"))

    async def _close(self, decision: Close) -> None:
        """Save and deliver what is left to, and end the run."""
        self._enter(Stage.CLOSE)
        await self._end_hands()
        if self._chronicle.state.iteration is not None:
            await self._keep_unfinished()
        self._chronicle.note(ev.RunClosed(outcome=decision.outcome, reason=decision.reason))
