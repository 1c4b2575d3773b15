"""Iterations by an outside agent: it is started, watched, started again a few times where it fails, and ended."""

from __future__ import annotations

import asyncio

from loki_tui.core import events as ev
from loki_tui.core.errors import WorkspaceError
from loki_tui.core.tools import FinishIteration, spec
from loki_tui.engine.acting import Actor
from loki_tui.engine.agents import MAIN
from loki_tui.engine.approvals import expire_orphans
from loki_tui.engine.asking import RetriesExhaustedError
from loki_tui.engine.context import RunContext
from loki_tui.engine.outside.desk import RunDesk
from loki_tui.engine.outside.ports import Errand, OutsideAgent, OutsideError, ProgramHost
from loki_tui.engine.ports import Workspace
from loki_tui.engine.session import Ended

ATTEMPTS = 4
"""How often an agent is started in one iteration; a failure after which it got further counts as the first."""

_BACKOFF = 2.0
"""Seconds before it is started again; they double."""


class OutsideAgents:
    """Has an outside agent do the iterations; in the place of `engine.agents.Agents`.

    Args:
        context: The run.
        agent: Speaks with it.
    """

    def __init__(self, context: RunContext, agent: OutsideAgent) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._agent = agent

    async def iterate(self, workspace: Workspace, *, root: str, system: str, brief: str) -> Ended:
        """Work through the open iteration. One that was broken off is begun again: the agent sees what is there."""
        host = _host(workspace)
        finish = spec(FinishIteration)
        errand = Errand(
            system=self._context.redact(system),
            brief=brief,
            root=root,
            finish_schema=finish.schema_,
            finish_text=finish.description,
        )
        failures = 0
        async with self._context.places.place():
            while True:
                await self._context.control.gate()
                Actor(self._context, workspace, root=root).settle_interrupted()
                expire_orphans(self._chronicle, calls=[])
                desk = RunDesk(self._context, workspace, agent=MAIN, root=root)
                turns = self._turns()
                try:
                    return await self._attend(host, errand, desk)
                except OutsideError as error:
                    failures = 1 if self._turns() > turns + 1 else failures + 1
                    await self._recover(error, failures)

    async def _attend(self, host: ProgramHost, errand: Errand, desk: RunDesk) -> Ended:
        """One attempt: until the agent is done, or the desk says that the iteration is over."""
        work = asyncio.ensure_future(self._agent.work(host, errand, desk))
        try:
            await asyncio.wait((work, desk.ended), return_when=asyncio.FIRST_COMPLETED)
            if not desk.ended.done():
                work.result()
                raise OutsideError(f"{self._agent.name} left without a word.")
            if not work.done():
                # It may say its last words in peace, in a bounded time.
                await asyncio.wait({work}, timeout=_PARTING)
            return desk.ended.result()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            if desk.ended.done():
                desk.ended.exception()  # whether or not anybody asked for it

    async def _recover(self, error: OutsideError, failures: int) -> None:
        if failures >= ATTEMPTS:
            raise RetriesExhaustedError(
                f"{self._agent.name} failed {failures} times in a row, the last time: {error.message}",
                hint=error.hint or "See docs/providers.md; `loki doctor` looks whether it can work here.",
            ) from error
        self._chronicle.note(
            ev.Warned(message=f"{self._agent.name} failed and is started again: {self._context.redact(error.message)}")
        )
        await self._context.clock.sleep(_BACKOFF * 2.0 ** (failures - 1))

    def _turns(self) -> int:
        iteration = self._chronicle.state.iteration
        return iteration.turns if iteration is not None else 0


_PARTING = 3.0


def _host(workspace: Workspace) -> ProgramHost:
    if not isinstance(workspace, ProgramHost):
        raise WorkspaceError("These hands cannot talk with a program.")
    return workspace
