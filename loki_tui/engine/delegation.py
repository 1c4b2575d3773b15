"""Sub-agents: tasks that an agent hands out, worked on at the same time, within the run's places.

They share the parent's budget and its end: whatever cancels the parent cancels them, and it waits
until they are gone. One that fails by itself is reported as failed, and the others work on; what would
befall them all alike ends them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError, ModelError, ModelFault, WorkspaceError
from loki_tui.core.events import Record
from loki_tui.core.messages import ToolCall
from loki_tui.core.tools import AGENT_TOOLS, BadCallError, Delegate, Task, parse_call
from loki_tui.core.vocabulary import Risk
from loki_tui.engine import prompts
from loki_tui.engine.acting import Actor
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.context import RunContext
from loki_tui.engine.places import Place

OF_ITS_OWN = frozenset({ModelFault.INVALID, ModelFault.TOO_LONG})
"""Faults of one conversation; any other would befall every agent of the run."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a task."""

    text: str
    ok: bool = True
    """Whether the sub-agent ended its work itself."""


Work = Callable[[str, Task], Awaitable[Report]]
"""Has a sub-agent of this name do a task."""


class Delegation:
    """Runs the sub-agents of one agent.

    Args:
        context: The run.
        work: Does one task.
        place: The agent's own place, which it gives up while it waits.
    """

    def __init__(self, context: RunContext, *, work: Work, place: Place) -> None:
        self._chronicle = context.chronicle
        self._control = context.control
        self._places = context.places
        self._work = work
        self._place = place

    async def make_room(self) -> None:
        """Between two turns of the agent: let others go first, where there is too much to do for all."""
        await self._place.make_room()

    async def run(self, parent: str, call: ToolCall, actor: Actor) -> None:
        """Have all tasks of a `delegate` call done, and answer it with the reports, in the tasks' order."""
        try:
            delegate = parse_call(call, AGENT_TOOLS)
        except BadCallError as error:
            return actor.answer(call, str(error), ok=False)
        assert isinstance(delegate, Delegate)
        await self._control.gate()
        action = actor.start(parent, call, Risk.RUN)
        names = names_of_tasks(parent, action, len(delegate.tasks))
        try:
            async with self._place.given_up(), asyncio.TaskGroup() as group:
                running = [
                    group.create_task(self._one(name, call, task))
                    for name, task in zip(names, delegate.tasks, strict=True)
                ]
        except* LokiError as errors:
            raise errors.exceptions[0] from None
        reports = [
            prompts.report(task.role, done.result().text) for task, done in zip(delegate.tasks, running, strict=True)
        ]
        return actor.answer(call, "\n\n".join(reports), ok=any(done.result().ok for done in running), action=action)

    async def _one(self, name: str, call: ToolCall, task: Task) -> Report:
        async with self._places.place():
            await self._control.gate()
            brief = self._chronicle.keep(task.task)
            self._chronicle.note(ev.DelegateStarted(agent=name, call=call.id, role=task.role, brief=brief))
            report = await self._attempt(name, task.model_copy(update={"task": self._chronicle.recall(brief)}))
            kept = self._chronicle.keep(report.text)
            self._chronicle.note(ev.DelegateFinished(agent=name, report=kept, ok=report.ok))
            return report

    async def _attempt(self, name: str, task: Task) -> Report:
        """Have it done, and report a failure that is nobody else's."""
        try:
            return await self._work(name, task)
        except WorkspaceError as error:
            return Report(prompts.broken_off(error.message), ok=False)
        except ModelError as error:
            if error.fault not in OF_ITS_OWN:
                raise
            return Report(prompts.broken_off(error.message), ok=False)


def names_of_tasks(parent: str, action: str, count: int) -> list[str]:
    """What the sub-agents of a `delegate` call are called, in the order of its tasks."""
    return [f"{parent}/{action}.{number}" for number in range(1, count + 1)]


def settle_delegations(chronicle: Chronicle, records: Iterable[Record]) -> None:
    """Answer `delegate` calls that were in flight when an engine died: what was reported is not lost.

    Args:
        chronicle: The run.
        records: Of the iteration that was broken off.
    """
    calls = {started.call: started for started in chronicle.state.in_flight.values() if started.tool == Delegate.tool}
    if not calls:
        return
    begun: dict[str, ev.DelegateStarted] = {}
    reports: dict[str, str] = {}
    for record in records:
        match record.event:
            case ev.DelegateStarted() as started if started.call in calls:
                begun[started.agent] = started
            case ev.DelegateFinished() as finished if finished.agent in begun:
                reports[finished.agent] = chronicle.recall(finished.report)
            case _:
                pass
    for action in calls.values():
        _settle(chronicle, action, begun, reports)


def _settle(
    chronicle: Chronicle,
    action: ev.ActionStarted,
    begun: Mapping[str, ev.DelegateStarted],
    reports: Mapping[str, str],
) -> None:
    tasks = action.input.get("tasks")
    told, lost = [prompts.INTERRUPTED], []
    for name in names_of_tasks(action.agent, action.action, len(tasks) if isinstance(tasks, list) else 0):
        role = begun[name].role if name in begun else "sub-agent"
        told.append(prompts.report(role, reports.get(name, prompts.LOST if name in begun else prompts.NOT_BEGUN)))
        if name in begun and name not in reports:
            lost.append(ev.DelegateFinished(agent=name, report=chronicle.keep(prompts.LOST), ok=False))
    output = chronicle.keep("\n\n".join(told))
    finished = ev.ActionFinished(action=action.action, call=action.call, output=output, ok=False, interrupted=True)
    chronicle.note(*lost, finished)
