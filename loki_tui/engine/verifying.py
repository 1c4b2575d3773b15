"""Verification: what the engine measures itself, in clean checkouts that the agent cannot reach."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from pydantic import TypeAdapter

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import TestCase, Verdict
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.context import RunContext
from loki_tui.engine.ports import Checkouts, Checkpoints
from loki_tui.engine.qa.delivered import DeliveredTests
from loki_tui.engine.qa.phase import REGRESSION, UNIT_TESTS, Measured, Phase
from loki_tui.engine.qa.scenes import Scenes, off_by

FINDINGS = 100
"""Findings of a phase that are journaled."""

Excuse = Callable[[Measured], Awaitable[str]]
"""Why what was measured is not to be held against whoever worked; empty where it is."""

_TESTS: TypeAdapter[tuple[TestCase, ...]] = TypeAdapter(tuple[TestCase, ...])


class Verifier:
    """Measures QA phases on a checkpoint, and journals what they found.

    Args:
        context: The run.
        checkouts: Makes clean checkouts.
        checkpoints: Knows what changed since the base.
        delivered: Makes clean checkouts of commits.
        excuse: Says why a stream is not held to what its unit tests found red; none for a whole run, which is.
    """

    def __init__(
        self,
        context: RunContext,
        checkouts: Checkouts,
        checkpoints: Checkpoints,
        *,
        delivered: Checkouts,
        excuse: Excuse | None = None,
    ) -> None:
        self._chronicle = context.chronicle
        self._control = context.control
        self._settings = context.settings
        self._checkouts = checkouts
        self._checkpoints = checkpoints
        self._delivered = delivered
        self._excuse = excuse
        self._scenes: Scenes | None = None
        self._of = ""
        """The checkpoint they are of."""

    async def measure(self, checkpoint: ev.CheckpointTaken, phases: Iterable[Phase]) -> None:
        """Measure every one of these that has not been measured on this checkpoint's tree.

        One that is switched off leaves no trace, unless nothing is complete without it.
        """
        for phase in phases:
            if off_by(phase, self._settings) and not phase.required:
                continue
            await self._control.gate()
            if not self._is_known(checkpoint, phase):
                await self._measure(checkpoint, phase, await self._scenes_of(checkpoint))

    async def measure_delivered(self, checkpoint: ev.CheckpointTaken) -> None:
        """Measure the unit tests on what was delivered, where that may be less than what is measured otherwise."""
        branch, commit = self._chronicle.state.branch, self._chronicle.state.commit
        if branch is None or not branch.dirty or commit is None:
            return
        await self._control.gate()
        phase = DeliveredTests(branch.dirty)
        if not self._is_known(checkpoint, phase):
            scenes = Scenes(self._settings, partial(self._delivered.open, commit), None, "", ())
            await self._measure(checkpoint, phase, scenes)

    def _is_known(self, checkpoint: ev.CheckpointTaken, phase: Phase) -> bool:
        known = self._chronicle.state.phases.get(phase.name)
        return known is not None and known.tree == checkpoint.tree and known.verdict is not Verdict.ERROR

    async def _measure(self, checkpoint: ev.CheckpointTaken, phase: Phase, scenes: Scenes) -> None:
        self._chronicle.note(ev.PhaseStarted(phase=phase.name, checkpoint=checkpoint.checkpoint))
        measured = await scenes.measure(phase)
        red = phase.name == UNIT_TESTS and measured.verdict is Verdict.FAILED
        excused = await self._excuse(measured) if red and self._excuse is not None else ""
        self._finish(checkpoint, phase, measured, excused=excused)

    async def _scenes_of(self, checkpoint: ev.CheckpointTaken) -> Scenes:
        """The checkpoint's scenes; what is known of the base is carried on from those before."""
        if self._scenes is not None and self._of == checkpoint.checkpoint:
            return self._scenes
        before, base = self._scenes, self._chronicle.state.first_checkpoint
        assert base is not None
        self._scenes = scenes = Scenes(
            self._settings,
            partial(self._checkouts.open, checkpoint.checkpoint),
            partial(self._checkouts.open, base.checkpoint) if base.files else None,
            await self._checkpoints.diff(base.checkpoint, checkpoint.checkpoint),
            await self._checkpoints.changed(base.checkpoint, checkpoint.checkpoint),
        )
        self._of = checkpoint.checkpoint
        if before is not None:
            scenes.base = before.base
        known = self._chronicle.state.phases.get(UNIT_TESTS)
        if known is not None and known.tree == checkpoint.tree:
            scenes.tests, scenes.test_seconds = reported_tests(self._chronicle, known), known.seconds
        return scenes

    def _finish(self, checkpoint: ev.CheckpointTaken, phase: Phase, measured: Measured, *, excused: str) -> None:
        chronicle, first = self._chronicle, self._chronicle.state.first_checkpoint
        tests = chronicle.journal.put_blob(_TESTS.dump_json(measured.tests)) if measured.tests else None
        chronicle.note(
            ev.PhaseFinished(
                phase=phase.name,
                verdict=measured.verdict,
                why=measured.why,
                checkpoint=checkpoint.checkpoint,
                tree=checkpoint.tree,
                command=measured.command,
                exit_code=measured.exit_code,
                counts=measured.counts,
                output=chronicle.keep(measured.output) if measured.output else None,
                seconds=measured.seconds,
                required=phase.required,
                checks=measured.checks,
                findings=measured.findings[:FINDINGS],
                tests=tests,
                base=first.checkpoint if first and phase.name == REGRESSION else "",
                excused=excused,
            )
        )


def reported_tests(chronicle: Chronicle, phase: ev.PhaseFinished) -> tuple[TestCase, ...]:
    """All tests that a phase reported, as they were journaled."""
    return _TESTS.validate_json(chronicle.journal.get_blob(phase.tests)) if phase.tests else ()
