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
from loki_tui.engine.delegation import Delegation
from loki_tui.engine.ports import Workspace
from loki_tui.engine.session import Ended, Session
from loki_tui.engine.transcript import Transcript

MAIN = "agent"
"""Name of the agent of an iteration."""


class Agents:
    """Runs agents in a workspace.

    Args:
        context: The run.
        asker: Puts their questions.
    """

    def __init__(self, context: RunContext, asker: Asker) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._settings = context.settings
        self._asker = asker

    async def iterate(self, workspace: Workspace, *, root: str, system: str, brief: str) -> Ended:
        """Work through the open iteration, from wherever it stands."""
        iteration = self._chronicle.state.iteration
        assert iteration is not None
        actor = Actor(self._context, workspace, root=root)
        actor.settle_interrupted()
        transcript = self._transcript(MAIN, brief, self._chronicle.journal.records(after=iteration.started_seq))
        expire_orphans(self._chronicle, calls=transcript.open_calls)

        async def delegate(name: str, task: Task) -> str:
            return await self._delegate(name, task, actor, root)

        delegation = Delegation(chronicle=self._chronicle, work=delegate, at_once=self._settings.max_parallel_agents)
        question = Question(
            purpose=Purpose.WORK,
            model=self._settings.models["work"],
            system=system,
            tools=tuple(spec(tool) for tool in AGENT_TOOLS),
        )
        session = Session(
            self._context,
            self._asker,
            actor=actor,
            transcript=transcript,
            question=question,
            tools=AGENT_TOOLS,
            delegation=delegation,
        )
        return await self._run(session, transcript)

    async def _delegate(self, name: str, task: Task, actor: Actor, root: str) -> str:
        """Have a sub-agent do a task.

        Returns:
            Its report.
        """
        transcript = self._transcript(name, task.task, ())
        question = Question(
            purpose=Purpose.DELEGATE,
            model=self._settings.models["work"],
            system=prompts.delegate_system(workspace=root, role=task.role),
            tools=tuple(spec(tool) for tool in DELEGATE_TOOLS),
        )
        session = Session(
            self._context,
            self._asker,
            actor=actor,
            transcript=transcript,
            question=question,
            tools=DELEGATE_TOOLS,
        )
        ended = await self._run(session, transcript)
        if ended.finish is None:
            return f"The sub-agent ended without a report ({ended.by})."
        return f"{ended.finish.summary}\n{ended.finish.handover}".strip()

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
