"""Iterations: hands are launched, the agent is briefed, works, and what came of it is saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from loki_tui.core import events as ev
from loki_tui.core.errors import WorkspaceError
from loki_tui.core.state import Iteration
from loki_tui.engine import prompts
from loki_tui.engine.agents import Agents
from loki_tui.engine.context import RunContext
from loki_tui.engine.deciding import GoOn
from loki_tui.engine.keeping import Keeper
from loki_tui.engine.outside.working import OutsideAgents
from loki_tui.engine.ports import Workspace, Workspaces
from loki_tui.engine.session import Ended

RELAUNCHES = 3
"""How often in one iteration hands that died are launched anew."""

GUIDANCE = ("AGENTS.md", "CLAUDE.md")
"""Files in which a project tells agents how it is worked on; the first that is there counts."""

GUIDANCE_CHARS = 20_000


class Iterations:
    """Runs the iterations of one run, in hands that last from one to the next.

    Args:
        context: The run.
        agents: Do the work.
        workspaces: Launch hands.
        keeper: Saves what came of it.
        root: The directory that is worked in, where that is not the person's own.
    """

    def __init__(
        self,
        context: RunContext,
        agents: Agents | OutsideAgents,
        workspaces: Workspaces,
        keeper: Keeper,
        *,
        root: str = "",
    ) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._agents = agents
        self._workspaces = workspaces
        self._keeper = keeper
        self._root = root
        self._workspace: Workspace | None = None
        self._release: Callable[[], None] = lambda: None

    async def launch(self) -> Workspace:
        """The agent's hands, launched if they are not there."""
        if self._workspace is None:
            self._workspace = workspace = await self._workspaces.open_agent()
            self._release = self._context.control.hold_with(workspace.freeze, workspace.thaw)
        return self._workspace

    async def end_hands(self) -> None:
        """End the hands and everything they run."""
        if self._workspace is not None:
            workspace, self._workspace = self._workspace, None
            self._release()
            await workspace.close()

    async def iterate(self, decision: GoOn, *, prd: str) -> None:
        """Work through the open iteration, or a new one, and save what came of it."""
        await self._context.control.gate()
        if self._chronicle.state.iteration is None:
            await self._start(decision)
        iteration = self._open()
        ended = await self._work_through(prd)
        finish = ended.finish
        taken = await self._keeper.take(f"iteration {iteration.number}")
        finished = ev.IterationFinished(
            number=iteration.number,
            ended_by=ended.by,
            summary=finish.summary if finish else "",
            claims_done=finish.claims_done if finish else False,
            handover=finish.handover if finish else "",
            tree=taken.tree,
            turns=iteration.turns,
            actions=iteration.actions,
            spent=iteration.spent,
            changed=taken.changed,
            proofs=finish.proofs if finish else (),
        )
        self._chronicle.note(taken, finished)

    async def _start(self, decision: GoOn) -> None:
        state = self._chronicle.state
        number = state.iterations_begun + 1
        brief = prompts.opening(
            prompts.Brief(
                number=number,
                max_iterations=self._context.settings.max_iterations,
                requirements=list(state.requirements.values()),
                facts=list(state.phases.values()),
                last=state.last_finished,
                guidance=await self._guidance(),
                unmet=decision.unmet,
                advice=decision.advice,
                task=decision.task,
            )
        )
        self._chronicle.note(ev.IterationStarted(number=number, brief=self._chronicle.keep(brief)))

    async def _guidance(self) -> str:
        workspace = await self.launch()
        for name in GUIDANCE:
            found = await workspace.perform("read_file", {"path": name})
            if found.ok:
                return self._context.redact(found.output[:GUIDANCE_CHARS])
        return ""

    async def _work_through(self, prd: str) -> Ended:
        """Have the agent work until the iteration is over; hands that die are launched anew, a few times."""
        left = RELAUNCHES
        while True:
            try:
                async with asyncio.timeout(self._time_left()):
                    return await self._work(prd)
            except TimeoutError:
                return Ended("time")
            except WorkspaceError as error:
                if not left:
                    raise
                left -= 1
                self._chronicle.note(ev.Warned(message=f"The hands died and are launched anew: {error.message}"))
                await self.end_hands()

    async def _work(self, prd: str) -> Ended:
        workspace = await self.launch()
        state = self._chronicle.state
        assert state.created is not None
        root = self._root or state.created.workspace
        brief = self._chronicle.recall(self._open().brief)
        system = prompts.agent_system(workspace=root, prd=prd, confinement=workspace.confinement)
        return await self._agents.iterate(workspace, root=root, system=system, brief=brief)

    def _open(self) -> Iteration:
        iteration = self._chronicle.state.iteration
        assert iteration is not None
        return iteration

    def _time_left(self) -> float | None:
        limit = self._context.settings.max_duration
        if limit is None:
            return None
        elapsed = self._chronicle.state.elapsed(self._context.clock.now()).total_seconds()
        return max(0.0, limit - elapsed)
