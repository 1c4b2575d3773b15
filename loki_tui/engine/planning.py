"""Planning: the PRD becomes a list of checkable requirements."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from loki_tui.core import events as ev
from loki_tui.core.messages import ToolCall
from loki_tui.core.tools import BadCallError, SubmitPlan, SubmitStreams, parse_call, spec
from loki_tui.core.vocabulary import Purpose, Requirement
from loki_tui.engine import prompts
from loki_tui.engine.acting import answer_call
from loki_tui.engine.asking import Asker, Question
from loki_tui.engine.context import RunContext
from loki_tui.engine.proposals import propose_plan
from loki_tui.engine.streams.dividing import FEWEST, BadDivisionError, Division, divide
from loki_tui.engine.transcript import Transcript

PLANNER = "planner"
"""The planner's name as an agent."""

ATTEMPTS = 2
"""How often a malformed plan is asked for before the PRD stands as one requirement."""

REFUSALS = 5
"""How many plans a person may refuse before the PRD stands as one requirement."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be built, and what of it can be worked on at the same time."""

    requirements: tuple[Requirement, ...]
    division: Division = field(default_factory=lambda: Division(()))
    undivided: str = ""
    """Why streams that came are not used."""


class Planner:
    """Turns the PRD into requirements, with a person's consent where autonomy is staged.

    Args:
        context: The run.
        asker: Puts questions to the model.
        divides: Whether the plan is to say, too, what can be worked on at the same time.
    """

    def __init__(self, context: RunContext, asker: Asker, *, divides: bool = False) -> None:
        self._chronicle = context.chronicle
        self._approvals = context.approvals
        self._places = context.places
        self._staged = context.settings.staged_autonomy
        self._model = context.settings.models["planning"]
        self._asker = asker
        self._tool: type[SubmitPlan] = SubmitStreams if divides else SubmitPlan

    async def plan(self, prd: str) -> None:
        """Journal the run's requirements, unless they are there already."""
        if self._chronicle.state.planned is not None:
            return
        transcript = self._transcript(prd)
        release = self._chronicle.observe(transcript.observe)
        try:
            async with self._places.place():
                plan = await self._plan(transcript)
        finally:
            release()
        whole = Requirement(id="R1", title="Everything the requirements document asks for")
        fallback = plan is None
        plan = plan or Plan((whole,))
        streams = plan.division.streams if len(plan.division.streams) >= FEWEST else ()
        planned = ev.RequirementsPlanned(requirements=plan.requirements, fallback=fallback)
        self._chronicle.note(planned, *streams, *self._warnings(plan, fallback=fallback))

    def _warnings(self, plan: Plan, *, fallback: bool) -> list[ev.Event]:
        """What a person should know of how the work was divided."""
        notes = list(plan.division.notes)
        if self._tool is SubmitStreams and not plan.division.streams:
            why = "no usable plan came" if fallback else f"the planner's streams cannot be used: {plan.undivided}"
            notes.append(f"The work is not divided, and done one after another: {why}.")
        return [ev.Warned(message=note) for note in notes]

    def _transcript(self, prd: str) -> Transcript:
        """The conversation with the planner, as far as an engine before got."""
        journal, recall = self._chronicle.journal, self._chronicle.recall
        question = prompts.plan_question(prd)
        transcript = Transcript(PLANNER, question, recall=recall, load=journal.get_blob, nudge=prompts.PLAN_NUDGE)
        for record in self._chronicle.records():
            transcript.observe(record)
        return transcript

    async def _plan(self, transcript: Transcript) -> Plan | None:
        malformed = refused = 0
        question = Question(
            purpose=Purpose.PLAN,
            model=self._model,
            system=prompts.planner_system(divides=self._tool is SubmitStreams),
            tools=(spec(self._tool),),
            must_call=SubmitPlan.tool,
        )
        while malformed < ATTEMPTS and refused < REFUSALS:
            if not transcript.turns or not transcript.open_calls:
                await self._asker.ask(question, transcript)
            plan = self._submitted(transcript, is_last=malformed + 1 >= ATTEMPTS)
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

    def _submitted(self, transcript: Transcript, *, is_last: bool) -> Plan | None:
        """The plan in the last answer; calls that carry none are answered with what is wrong.

        Args:
            transcript: The conversation.
            is_last: Whether the planner is not asked again: then requirements are taken without their streams.
        """
        for call in transcript.open_calls:
            try:
                return self._read(call)
            except BadDivisionError as error:
                if is_last and (whole := _requirements_alone(call)) is not None:
                    return replace(whole, undivided=str(error))
                answer_call(self._chronicle, call, str(error), ok=False)
            except BadCallError as error:
                if is_last and (whole := _requirements_alone(call)) is not None and self._tool is SubmitStreams:
                    return replace(whole, undivided=str(error))
                answer_call(self._chronicle, call, str(error), ok=False)
        return None

    def _read(self, call: ToolCall) -> Plan:
        """The plan in a call.

        Raises:
            BadCallError: It does not fit the schema, or ids are not clear.
            BadDivisionError: Its streams cannot be worked on.
        """
        submitted = parse_call(call, (self._tool,))
        assert isinstance(submitted, SubmitPlan)
        if twice := _duplicates(submitted.requirements):
            raise BadCallError(f"Ids must differ: {', '.join(twice)}")
        if not isinstance(submitted, SubmitStreams):
            return Plan(submitted.requirements)
        return Plan(submitted.requirements, divide(submitted.requirements, submitted.streams))

    async def _refusal(self, plan: Plan) -> str | None:
        """Why a person refuses the plan; none where nobody does."""
        if not self._staged:
            return None
        decided = await self._approvals.decide(propose_plan(plan.requirements, plan.division.streams))
        return None if decided.decision == "approved" else decided.reason or "no reason given"


def _duplicates(requirements: tuple[Requirement, ...]) -> list[str]:
    ids = [requirement.id for requirement in requirements]
    return sorted({name for name in ids if ids.count(name) > 1})


def _requirements_alone(call: ToolCall) -> Plan | None:
    """The requirements of a call whose streams cannot be used; none where these are no good either."""
    given = {name: value for name, value in call.input.items() if name != "streams"}
    try:
        submitted = parse_call(call.model_copy(update={"input": given}), (SubmitPlan,))
    except BadCallError:
        return None
    assert isinstance(submitted, SubmitPlan)
    return None if _duplicates(submitted.requirements) else Plan(submitted.requirements)
