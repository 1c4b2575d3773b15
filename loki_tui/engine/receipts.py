"""Writing the receipt: the state of a run at its end, and what git says of its work, put together."""

from __future__ import annotations

import asyncio
import hashlib
import platform
from collections.abc import Iterator
from pathlib import PurePath

from pydantic import ValidationError

from loki_tui import __version__
from loki_tui.core import events as ev
from loki_tui.core.errors import JournalError, LokiError
from loki_tui.core.money import ZERO
from loki_tui.core.settings import Settings
from loki_tui.core.state import Council, RunState
from loki_tui.core.vocabulary import CODE_REVIEW, Excerpt, Outcome, Verdict
from loki_tui.engine.cases import dropped
from loki_tui.engine.context import RunContext
from loki_tui.engine.headline import headline
from loki_tui.engine.ports import Repository
from loki_tui.engine.qa.phases import PHASES
from loki_tui.engine.qa.scenes import off_by
from loki_tui.engine.receipt import (
    Calibrated,
    Cost,
    Delivery,
    Effort,
    Facts,
    JournalMark,
    Limits,
    Opinions,
    PhaseFact,
    Receipt,
    RequirementFact,
    Review,
    Sitting,
    Software,
    Source,
    Vote,
)
from loki_tui.engine.sealing import seal
from loki_tui.guard.cleaning import cleaned

GIT_SECONDS = 120
"""How long git may take to say what was delivered: a run is not kept from its end for longer."""


class Receipts:
    """Writes the receipt of one run.

    Args:
        context: The run.
        repository: Knows what was delivered.
    """

    def __init__(self, context: RunContext, repository: Repository) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._repository = repository

    async def against(self, *, reason: str) -> tuple[str, ...]:
        """What speaks against the run being completed, as its receipt would have it.

        Args:
            reason: Why it would count as completed.
        """
        return (await self._receipt("completed", reason)).against

    async def write(self, *, outcome: Outcome, reason: str) -> None:
        """Put the evidence together, keep it, and journal that; not again where it would say the same.

        What git cannot say is in the receipt as unknown. A receipt that cannot be kept is a warning: a run ends
        all the same.

        Args:
            outcome: How the run is about to end.
            reason: Why.
        """
        receipt = await self._receipt(outcome, reason)
        if self._said_already(receipt):
            return
        data = seal(receipt)
        if self._context.redact(data.decode()).encode() != data:
            why = "a secret of this machine looks like a part of it"
        else:
            try:
                digest = self._chronicle.journal.put_blob(data)
            except LokiError as error:
                why = str(error)
            else:
                self._chronicle.note(ev.ReceiptWritten(digest=digest, headline=receipt.headline))
                return
        self._chronicle.note(ev.Warned(message=f"There is no receipt of this run: {why}"))

    def _said_already(self, receipt: Receipt) -> bool:
        """Whether the run has a receipt that differs in nothing but when it was made."""
        written = self._chronicle.state.receipt
        if written is None:
            return False
        try:
            before = Receipt.model_validate_json(self._chronicle.journal.get_blob(written.digest))
        except (JournalError, ValidationError):
            return False
        return _timeless(before) == _timeless(receipt)

    async def _receipt(self, outcome: Outcome, reason: str) -> Receipt:
        delivery, tools = await self._delivery()
        state, now = self._chronicle.state, self._context.clock.now()
        facts = Facts(
            outcome=outcome,
            reason=reason,
            delivery=delivery,
            phases=tuple(_phases(state, self._context.settings)),
            requirements=tuple(_requirements(state)),
            planned=state.planned is not None and not state.planned.fallback,
        )
        created = state.created
        assert created is not None
        receipt = Receipt(
            run=state.run,
            made_at=now,
            software=Software(loki=__version__, python=platform.python_version(), tools=tools),
            source=Source(name=PurePath(created.prd_path).name, prd=created.prd),
            facts=facts,
            opinions=_opinions(state),
            effort=_effort(state, created, seconds=round(state.elapsed(now).total_seconds(), 3)),
            limits=Limits(
                settings=created.settings,
                max_iterations=created.max_iterations,
                confinement=state.confinement,
                refused=state.refusals,
            ),
            journal=JournalMark(events=state.seq, digest=self._chronicle.journal.head()),
            headline="NOT VERIFIED",
            dropped=dropped(state),
        )
        clean = cleaned(receipt, self._context.redact)
        # Whoever verifies has the clean facts alone to come to a headline from.
        concluded = headline(clean.facts)
        return clean.model_copy(
            update={"headline": concluded.headline, "gaps": concluded.gaps, "against": concluded.against}
        )

    async def _delivery(self) -> tuple[Delivery, dict[str, str]]:
        state = self._chronicle.state
        opened = state.branch
        if opened is None:
            return Delivery(measured=state.tree), {}
        known = Delivery(
            branch=opened.branch,
            origin=opened.origin,
            base=opened.base or "",
            commit=state.commit or "",
            measured=state.tree,
        )
        if state.commit is None:
            return known, {}
        try:
            async with asyncio.timeout(GIT_SECONDS):
                found = await self._repository.evidence(opened.base, state.commit, measured=state.tree)
        except TimeoutError:
            return known.model_copy(update={"unknown": f"git did not answer within {GIT_SECONDS} s"}), {}
        except LokiError as error:
            return known.model_copy(update={"unknown": error.message}), {}
        seen = Delivery(
            branch=known.branch,
            origin=known.origin,
            base=known.base,
            base_tree=found.base_tree,
            commit=known.commit,
            tree=found.tree,
            measured=known.measured,
            object_format=found.object_format,
            diff=found.diff,
            changed=found.changed,
            descends=found.descends,
            differing=found.differing,
            more_differ=found.more_differ,
        )
        return seen, {"git": found.git}


def _timeless(receipt: Receipt) -> Receipt:
    """A receipt without what differs each time that one is made."""
    effort = receipt.effort.model_copy(update={"seconds": 0.0})
    mark = JournalMark(events=0, digest="")
    return receipt.model_copy(update={"made_at": None, "effort": effort, "journal": mark, "digest": ""})


# -- facts --------------------------------------------------------------------------------------


def _phases(state: RunState, settings: Settings) -> Iterator[PhaseFact]:
    known = {phase.name: phase for phase in PHASES}
    for name in dict.fromkeys((*known, *state.phases)):
        finished = state.phases.get(name)
        if finished is None:
            off = off_by(known[name], settings)
            why = f"switched off by {off}" if off else "never measured in this run"
            yield PhaseFact(name=name, verdict=Verdict.NOT_RUN, why=why, required=known[name].required)
        elif name != CODE_REVIEW:
            yield _phase(finished, state)


def _phase(finished: ev.PhaseFinished, state: RunState) -> PhaseFact:
    return PhaseFact(
        name=finished.phase,
        verdict=finished.verdict,
        why=finished.why,
        tree=finished.tree,
        base=finished.base,
        command=finished.command,
        exit_code=finished.exit_code,
        counts=finished.counts,
        checks=finished.checks,
        findings=finished.findings,
        seconds=round(finished.seconds, 3),
        at=state.measured_at.get(finished.phase),
        output=_digest(finished.output),
        tests=finished.tests or "",
        required=finished.required,
    )


def _digest(output: Excerpt | None) -> str:
    """The name of a whole output, as the blob store would have it."""
    if output is None or not output.text:
        return ""
    return output.blob or hashlib.sha256(output.text.encode()).hexdigest()


def _requirements(state: RunState) -> Iterator[RequirementFact]:
    for judged in state.requirements.values():
        asked = judged.requirement
        yield RequirementFact(
            id=asked.id,
            title=asked.title,
            criteria=asked.criteria,
            proof=judged.proof,
            evidence=judged.evidence,
            tests=judged.tests,
            tree=judged.tree,
        )


# -- opinions, and what it took -----------------------------------------------------------------


def _opinions(state: RunState) -> Opinions:
    reviewed = state.phases.get(CODE_REVIEW)
    return Opinions(
        review=None if reviewed is None else _phase(reviewed, state),
        reviews=tuple(
            Review(
                reviewer=review.reviewer,
                charge=review.charge,
                verdict=review.verdict,
                findings=review.findings,
                tree=review.tree,
                void=review.void,
            )
            for review in state.reviews.values()
        ),
        council=_sitting(state.council),
        calibration=tuple(
            Calibrated(member=member, shown=calibration.shown, caught=calibration.caught)
            for member, calibration in state.calibrations.items()
        ),
    )


def _sitting(council: Council) -> Sitting | None:
    if not council.sitting:
        return None
    convened, decided = council.convened, council.decided
    return Sitting(
        number=council.sitting,
        trigger=convened.trigger if convened else "",
        reason=council.reason,
        tree=decided.tree if decided else convened.tree if convened else "",
        votes=tuple(
            Vote(
                member=vote.member,
                charge=vote.charge,
                verdict=vote.verdict,
                reasons=vote.reasons,
                unmet=vote.unmet,
                evidence=vote.evidence,
                void=vote.void,
            )
            for vote in council.votes
        ),
        approved=decided.approved if decided else None,
        approving=decided.approving if decided else 0,
        needed=decided.needed if decided else 0,
        decision=decided.reason if decided else "",
    )


def _effort(state: RunState, created: ev.RunCreated, *, seconds: float) -> Effort:
    books = state.books
    return Effort(
        iterations=state.iterations_begun,
        actions=state.actions,
        requests=state.requests,
        seconds=seconds,
        cost=Cost(
            spent=books.spent,
            # What is still in flight may be billed, too.
            unconfirmed=books.unconfirmed + sum(books.reserved.values(), ZERO),
            limit=books.limit,
            by_purpose={purpose.value: amount for purpose, amount in sorted(books.by_purpose.items())},
            unpriced=books.unpriced,
        ),
        provider=created.provider,
        models=created.models,
    )
