"""Assessing an iteration's work: facts are measured, requirements judged by them, opinions heard last."""

from __future__ import annotations

from loki_tui.core import events as ev
from loki_tui.engine.context import RunContext
from loki_tui.engine.council.sitting import Council
from loki_tui.engine.deciding import claimed, promising, reviewable, sitting_due
from loki_tui.engine.judging import judge
from loki_tui.engine.qa.phases import QUICK, THOROUGH
from loki_tui.engine.reviewing import Reviewing
from loki_tui.engine.verifying import Verifier


class Assessor:
    """Finds out how far the work of a run has come.

    Args:
        context: The run.
        verifier: Measures.
        reviewing: Has changes reviewed.
        council: Votes.
    """

    def __init__(self, context: RunContext, *, verifier: Verifier, reviewing: Reviewing, council: Council) -> None:
        self._chronicle = context.chronicle
        self._settings = context.settings
        self._verifier = verifier
        self._reviewing = reviewing
        self._council = council

    async def assess(self, checkpoint: ev.CheckpointTaken) -> None:
        """Do whatever has not been done on this checkpoint.

        What is cheap comes first, and what costs time or money only where the cheaper leaves a chance.
        """
        await self._verifier.measure(checkpoint, QUICK)
        judge(self._chronicle)
        await self._look_closely(checkpoint)
        await self._hear_council(checkpoint)
        if claimed(self._chronicle.state):
            # The council may have been the first to say that everything is done.
            await self._look_closely(checkpoint)

    async def _look_closely(self, checkpoint: ev.CheckpointTaken) -> None:
        if promising(self._chronicle.state, self._settings):
            await self._verifier.measure_delivered(checkpoint)
            await self._verifier.measure(checkpoint, THOROUGH)
            judge(self._chronicle)
        if self._settings.phase_code_review and reviewable(self._chronicle.state, self._settings):
            await self._reviewing.review(checkpoint)

    async def _hear_council(self, checkpoint: ev.CheckpointTaken) -> None:
        if (due := sitting_due(self._chronicle.state, self._settings)) is not None:
            await self._council.sit(checkpoint, trigger=due.trigger, reason=due.reason)
