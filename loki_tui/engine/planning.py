"""Planning: the PRD becomes a list of checkable requirements."""

from __future__ import annotations

from loki_tui.core import events as ev
from loki_tui.core.tools import BadCallError, SubmitPlan, parse_call, spec
from loki_tui.core.vocabulary import Purpose, Requirement
from loki_tui.engine import prompts
from loki_tui.engine.acting import answer_call
from loki_tui.engine.asking import Asker, Question
from loki_tui.engine.context import RunContext
from loki_tui.engine.proposals import propose_plan
from loki_tui.engine.transcript import Transcript

PLANNER = "planner"
"""The planner's name as an agent."""

ATTEMPTS = 2
"""How often a malformed plan is asked for before the PRD stands as one requirement."""

REFUSALS = 5
"""How many plans a person may refuse before the PRD stands as one requirement."""


class Planner:
    """Turns the PRD into requirements, with a person's consent where autonomy is staged.

    Args:
        context: The run.
        asker: Puts questions to the model.
    """

    def __init__(self, context: RunContext, asker: Asker) -> None:
        self._chronicle = context.chronicle
        self._approvals = context.approvals
        self._places = context.places
        self._staged = context.settings.staged_autonomy
        self._model = context.settings.models["planning"]
        self._asker = asker

    async def plan(self, prd: str) -> None:
        """Journal the run's requirements, unless they are there already."""
        if self._chronicle.state.planned is not None:
            return
        transcript = self._transcript(prd)
        release = self._chronicle.observe(transcript.observe)
        try:
            async with self._places.place():
                requirements = await self._requirements(transcript)
        finally:
            release()
        fallback = requirements is None
        whole = Requirement(id="R1", title="Everything the requirements document asks for")
        self._chronicle.note(ev.RequirementsPlanned(requirements=requirements or (whole,), fallback=fallback))

    def _transcript(self, prd: str) -> Transcript:
        """The conversation with the planner, as far as an engine before got."""
        journal, recall = self._chronicle.journal, self._chronicle.recall
        question = prompts.plan_question(prd)
        transcript = Transcript(PLANNER, question, recall=recall, load=journal.get_blob, nudge=prompts.PLAN_NUDGE)
        for record in journal.records():
            transcript.observe(record)
        return transcript

    async def _requirements(self, transcript: Transcript) -> tuple[Requirement, ...] | None:
        malformed = refused = 0
        question = Question(
            purpose=Purpose.PLAN,
            model=self._model,
            system=prompts.planner_system(),
            tools=(spec(SubmitPlan),),
            must_call=SubmitPlan.tool,
        )
        while malformed < ATTEMPTS and refused < REFUSALS:
            if not transcript.turns or not transcript.open_calls:
                await self._asker.ask(question, transcript)
            plan = self._submitted(transcript)
            if plan is None:
                malformed += 1
                continue
            reason = await self._refusal(plan)
            if reason is None:
                return plan
            refused += 1
            for call in transcript.open_calls:
                answer_call(self._chronicle, call, prompts.refused_plan(reason), ok=False)
        return None

    def _submitted(self, transcript: Transcript) -> tuple[Requirement, ...] | None:
        """The plan in the last answer; calls that carry none are answered with what is wrong."""
        for call in transcript.open_calls:
            try:
                submitted = parse_call(call, (SubmitPlan,))
            except BadCallError as error:
                answer_call(self._chronicle, call, str(error), ok=False)
                continue
            assert isinstance(submitted, SubmitPlan)
            twice = _duplicates(submitted.requirements)
            if not twice:
                return submitted.requirements
            answer_call(self._chronicle, call, f"Ids must differ: {', '.join(twice)}", ok=False)
        return None

    async def _refusal(self, plan: tuple[Requirement, ...]) -> str | None:
        """Why a person refuses the plan; none where nobody does."""
        if not self._staged:
            return None
        decided = await self._approvals.decide(propose_plan(plan))
        return None if decided.decision == "approved" else decided.reason or "no reason given"


def _duplicates(requirements: tuple[Requirement, ...]) -> list[str]:
    ids = [requirement.id for requirement in requirements]
    return sorted({name for name in ids if ids.count(name) > 1})
