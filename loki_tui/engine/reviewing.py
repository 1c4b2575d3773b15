"""Code review as a QA phase: reviewers, blind to each other, read what changed since it was last reviewed.

Their opinions are journaled one by one; what they amount to is decided here by rules: anything critical
or high blocks, a review that did not come about counts as failed, and where nobody finds anything at
all, one more reads the changes whose charge is to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loki_tui.core import events as ev
from loki_tui.core.errors import CheckpointError, LokiError, WorkspaceError
from loki_tui.core.tools import SubmitReview
from loki_tui.core.vocabulary import CODE_REVIEW, Purpose, Verdict
from loki_tui.engine import charges
from loki_tui.engine.asking import Asker
from loki_tui.engine.cases import Case, dropped, facts_of, told
from loki_tui.engine.changes import Change, changes_between, paths_of, portions
from loki_tui.engine.charges import Charge
from loki_tui.engine.context import RunContext
from loki_tui.engine.opinions import FINDINGS, check_of, gravest, judge, not_shown, submitted
from loki_tui.engine.panel import Panel, files_in, reading_room
from loki_tui.engine.ports import Checkouts, Checkpoints

PORTIONS = 4
"""Conversations that each reviewer reads the changes in, at the most."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be reviewed."""

    checkpoint: ev.CheckpointTaken
    base: str
    cases: tuple[Case, ...]
    """One a portion."""
    unread: tuple[Change, ...]
    """What is in none of them, or only with its beginning."""
    files: frozenset[str]
    """Paths that a finding can be about."""


class Reviewing:
    """Has the work reviewed.

    Args:
        context: The run.
        asker: Puts questions to the model.
        checkouts: Makes clean checkouts for the reviewers to read in.
        checkpoints: Knows what changed.
    """

    def __init__(self, context: RunContext, asker: Asker, checkouts: Checkouts, checkpoints: Checkpoints) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._asker = asker
        self._checkouts = checkouts
        self._checkpoints = checkpoints

    async def review(self, checkpoint: ev.CheckpointTaken) -> None:
        """Journal what the reviewers think of the changes up to a checkpoint, and what that amounts to.

        Nobody is asked who has answered on exactly these changes.

        Raises:
            ModelError: What failed would befall everybody who is asked.
            RetriesExhaustedError: Too many failures in a row.
        """
        await self._context.control.gate()
        state = self._chronicle.state
        known = state.phases.get(CODE_REVIEW)
        verdict = None if known is None or known.tree != checkpoint.tree else known.verdict
        first = state.first_checkpoint
        base = state.reviewed or (first.checkpoint if first else checkpoint.checkpoint)
        if verdict is Verdict.PASSED or (verdict is Verdict.FAILED and self._all_counted(base, checkpoint.tree)):
            return
        since = self._begun(checkpoint)
        self._chronicle.note(ev.PhaseStarted(phase=CODE_REVIEW, checkpoint=checkpoint.checkpoint))
        started = self._context.clock.monotonic()
        try:
            await self._review(checkpoint, base, since, started)
        except (WorkspaceError, CheckpointError) as error:
            self._finish(checkpoint, Verdict.ERROR, error.message, base=base)

    def _all_counted(self, base: str, tree: str) -> bool:
        """Whether there is nobody left to ask about these changes."""
        return all(self._given(charge, base, tree) is not None for charge in charges.REVIEWERS) and not any(
            review.void
            for review in self._chronicle.state.reviews.values()
            if (review.base, review.tree) == (base, tree)
        )

    def _begun(self, checkpoint: ev.CheckpointTaken) -> int:
        """Where in the journal the review of this tree began, be it by an engine before."""
        state = self._chronicle.state
        iteration = state.recent_iterations[-1] if state.recent_iterations else None
        trees = {checkpoint.checkpoint: checkpoint.tree}
        for record in self._chronicle.records(after=iteration.started_seq if iteration else 0):
            match record.event:
                case ev.CheckpointTaken() as taken:
                    trees[taken.checkpoint] = taken.tree
                case ev.PhaseStarted(phase=phase, checkpoint=at) if phase == CODE_REVIEW:
                    if trees.get(at) == checkpoint.tree:
                        return record.seq
                case _:
                    pass
        return state.seq

    async def _review(self, checkpoint: ev.CheckpointTaken, base: str, since: int, started: float) -> None:
        changes = await changes_between(self._checkpoints, base, checkpoint.checkpoint)
        if not changes:
            self._finish(checkpoint, Verdict.PASSED, f"nothing changed since checkpoint {base}", base=base)
            return
        async with reading_room(self._context, self._checkouts, checkpoint.checkpoint) as workspace:
            work = self._work(checkpoint, base, changes, await files_in(workspace))
            panel = Panel(self._context, self._asker, workspace, purpose=Purpose.REVIEW)
            reviews = await self._ask(panel, work, since)
        verdict, why = judge(reviews, work.files)
        if (unread := not_shown(work.unread)) and verdict is Verdict.PASSED:
            why = f"{why}; {unread}"
        self._finish(
            checkpoint,
            verdict,
            why,
            base=base,
            reviews=reviews,
            seconds=round(self._context.clock.monotonic() - started, 4),
        )

    def _work(
        self, checkpoint: ev.CheckpointTaken, base: str, changes: Sequence[Change], files: Iterable[str]
    ) -> _Work:
        dealt, rest = portions(changes, most=PORTIONS)
        state = self._chronicle.state
        created = state.created
        assert created is not None
        prd = self._chronicle.journal.get_blob(created.prd).decode()
        facts = tuple(fact for fact in facts_of(state) if fact.phase != CODE_REVIEW)
        cases = tuple(
            Case(
                prd=prd,
                requirements=tuple(state.requirements.values()),
                facts=facts,
                base=base,
                shown=portion,
                rest=(*(change for other in dealt if other is not portion for change in other), *rest),
                dropped=dropped(state),
            )
            for portion in dealt
        )
        unread = (*(change for portion in dealt for change in portion if change.cut), *rest)
        return _Work(checkpoint, base, cases, unread, frozenset(files) | paths_of(changes))

    async def _ask(self, panel: Panel, work: _Work, since: int) -> list[ev.ReviewSubmitted]:
        """All reviews of these changes: those that were given, and those that are given now."""
        try:
            async with asyncio.TaskGroup() as group:
                asked = [group.create_task(self._one(panel, charge, work, since)) for charge in charges.REVIEWERS]
        except* LokiError as errors:
            raise errors.exceptions[0] from None
        reviews = [task.result() for task in asked]
        if all(review.verdict == "pass" and not review.findings and not review.void for review in reviews):
            reviews.append(await self._one(panel, charges.REVIEW_ADVOCATE, work, since))
        return reviews

    def _given(self, charge: Charge, base: str, tree: str) -> ev.ReviewSubmitted | None:
        """A reviewer's review of exactly these changes, if there is one that counts."""
        review = self._chronicle.state.reviews.get(charge.name)
        if review is None or review.void or (review.base, review.tree) != (base, tree):
            return None
        return review

    async def _one(self, panel: Panel, charge: Charge, work: _Work, since: int) -> ev.ReviewSubmitted:
        tree = work.checkpoint.tree
        if (given := self._given(charge, work.base, tree)) is not None:
            return given
        since = max(since, self._last_void(charge, since))
        heard = [
            await panel.hear(
                f"reviewer {charge.name}" if number == 1 else f"reviewer {charge.name}, part {number}",
                system=charges.reviewer_system(charge),
                brief=told(case),
                closing=SubmitReview,
                since=since,
            )
            for number, case in enumerate(work.cases, start=1)
        ]
        review = submitted(heard, charge, base=work.base, tree=tree, files=work.files)
        self._chronicle.note(review)
        return review

    def _last_void(self, charge: Charge, since: int) -> int:
        """Where this reviewer's last conversation ended without a review: the next one begins anew."""
        ended = 0
        for record in self._chronicle.records(after=since):
            if isinstance(record.event, ev.ReviewSubmitted) and record.event.reviewer == charge.name:
                ended = record.seq
        return ended

    def _finish(
        self,
        checkpoint: ev.CheckpointTaken,
        verdict: Verdict,
        why: str,
        *,
        base: str = "",
        reviews: Sequence[ev.ReviewSubmitted] = (),
        seconds: float = 0.0,
    ) -> None:
        self._chronicle.note(
            ev.PhaseFinished(
                phase=CODE_REVIEW,
                verdict=verdict,
                why=why,
                checkpoint=checkpoint.checkpoint,
                tree=checkpoint.tree,
                seconds=seconds,
                checks=tuple(check_of(review) for review in reviews),
                findings=gravest(finding for review in reviews for finding in review.findings)[:FINDINGS],
                base=base,
            )
        )
