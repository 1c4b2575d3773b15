"""Sub-agents: tasks that an agent hands out, worked on at the same time, within one bound."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError
from loki_tui.core.messages import ToolCall
from loki_tui.core.tools import AGENT_TOOLS, BadCallError, Delegate, Task, parse_call
from loki_tui.core.vocabulary import Risk
from loki_tui.engine.acting import Actor
from loki_tui.engine.chronicle import Chronicle

Work = Callable[[str, Task], Awaitable[str]]
"""Has a sub-agent of this name do a task, and returns its report."""


class Delegation:
    """Runs sub-agents.

    Args:
        chronicle: The run.
        work: Does one task.
        at_once: How many sub-agents may work at the same time; the others wait.
    """

    def __init__(self, *, chronicle: Chronicle, work: Work, at_once: int) -> None:
        self._chronicle = chronicle
        self._work = work
        self._places = asyncio.Semaphore(at_once)

    async def run(self, parent: str, call: ToolCall, actor: Actor) -> None:
        """Have all tasks of a `delegate` call done, and answer it with the reports."""
        try:
            delegate = parse_call(call, AGENT_TOOLS)
        except BadCallError as error:
            return actor.answer(call, str(error), ok=False)
        assert isinstance(delegate, Delegate)
        action = actor.start(parent, call, Risk.RUN)
        names = [f"{parent}/{action}.{number}" for number in range(1, len(delegate.tasks) + 1)]
        try:
            async with asyncio.TaskGroup() as group:
                running = [
                    group.create_task(self._one(name, call, task))
                    for name, task in zip(names, delegate.tasks, strict=True)
                ]
        except* LokiError as errors:
            raise errors.exceptions[0] from None
        reports = [f"## {task.role}\n{done.result()}" for task, done in zip(delegate.tasks, running, strict=True)]
        return actor.answer(call, "\n\n".join(reports), ok=True, action=action)

    async def _one(self, name: str, call: ToolCall, task: Task) -> str:
        async with self._places:
            brief = self._chronicle.keep(task.task)
            self._chronicle.note(ev.DelegateStarted(agent=name, call=call.id, role=task.role, brief=brief))
            report = await self._work(name, task)
            self._chronicle.note(ev.DelegateFinished(agent=name, report=self._chronicle.keep(report)))
            return report
