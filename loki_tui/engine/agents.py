"""Puts agents to work: the one of an iteration, and the sub-agents it calls in."""

from __future__ import annotations

from collections.abc import Iterable

from loki_tui.core.events import Record
from loki_tui.core.tools import AGENT_TOOLS, DELEGATE_TOOLS, Task, spec
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine import prompts
from loki_tui.engine.acting import Actor
from loki_tui.engine.approvals import expire_orphans
from loki_tui.engine.asking import Asker, Question
from loki_tui.engine.context import RunContext
from loki_tui.engine.delegation import Delegation, Report, settle_delegations
from loki_tui.engine.ports import Workspace, Workspaces
from loki_tui.engine.session import Ended, Session
from loki_tui.engine.transcript import Transcript

MAIN = "agent"
"""Name of the agent of an iteration."""


class Agents:
    """Runs agents.

    Args:
        context: The run.
        asker: Puts their questions.
        workspaces: Launches hands for sub-agents, each its own.
    """

    def __init__(self, context: RunContext, asker: Asker, workspaces: Workspaces) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._settings = context.settings
        self._asker = asker
        self._workspaces = workspaces

    async def iterate(self, workspace: Workspace, *, root: str, system: str, brief: str) -> Ended:
        """Work through the open iteration, from wherever it stands."""
        iteration = self._chronicle.state.iteration
        assert iteration is not None
        past = list(self._chronicle.records(after=iteration.started_seq))
        settle_delegations(self._chronicle, past)
        actor = Actor(self._context, workspace, root=root)
        actor.settle_interrupted()
        transcript = self._transcript(MAIN, brief, self._chronicle.records(after=iteration.started_seq))
        expire_orphans(self._chronicle, calls=transcript.open_calls)

        async def delegate(name: str, task: Task) -> Report:
            return await self._delegate(name, task, root)

        question = Question(
            purpose=Purpose.WORK,
            model=self._settings.models["work"],
            system=self._context.redact(system),
            tools=tuple(spec(tool) for tool in AGENT_TOOLS),
        )
        async with self._context.places.place() as place:
            session = Session(
                self._context,
                self._asker,
                actor=actor,
                transcript=transcript,
                question=question,
                tools=AGENT_TOOLS,
                delegation=Delegation(self._context, work=delegate, place=place),
            )
            return await self._run(session, transcript)

    async def _delegate(self, name: str, task: Task, root: str) -> Report:
        """Have a sub-agent do a task in hands of its own, which end with it and all that it started."""
        workspace = await self._workspaces.open_agent()
        release = self._context.control.hold_with(workspace.freeze, workspace.thaw)
        try:
            return await self._do(name, task, workspace, root)
        finally:
            release()
            await workspace.close()

    async def _do(self, name: str, task: Task, workspace: Workspace, root: str) -> Report:
        transcript = self._transcript(name, task.task, ())
        system = prompts.delegate_system(workspace=root, role=task.role, confinement=workspace.confinement)
        question = Question(
            purpose=Purpose.DELEGATE,
            model=self._settings.models["work"],
            system=self._context.redact(system),
            tools=tuple(spec(tool) for tool in DELEGATE_TOOLS),
        )
        session = Session(
            self._context,
            self._asker,
            actor=Actor(self._context, workspace, root=root),
            transcript=transcript,
            question=question,
            tools=DELEGATE_TOOLS,
        )
        ended = await self._run(session, transcript)
        if ended.finish is None:
            return Report(prompts.without_report(ended.by), ok=False)
        return Report(f"{ended.finish.summary}\n{ended.finish.handover}".strip())

    async def _run(self, session: Session, transcript: Transcript) -> Ended:
        release = self._chronicle.observe(transcript.observe)
        try:
            return await session.run()
        finally:
            release()

    def _transcript(self, agent: str, brief: str, past: Iterable[Record]) -> Transcript:
        chronicle = self._chronicle
        transcript = Transcript(agent, brief, recall=chronicle.recall, load=chronicle.journal.get_blob)
        for record in past:
            transcript.observe(record)
        return transcript
