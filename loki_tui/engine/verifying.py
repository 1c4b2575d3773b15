"""Verification: what the engine measures itself, in a clean checkout that the agent cannot reach."""

from __future__ import annotations

import shlex

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError
from loki_tui.core.vocabulary import Counts, Verdict
from loki_tui.engine.context import RunContext
from loki_tui.engine.counting import count_tests
from loki_tui.engine.detect import Runner, detect_runner, stand_ins
from loki_tui.engine.ports import ActionResult, Checkouts, Workspace

UNIT_TESTS = "unit tests"
"""The name of the phase."""

REQUIRED = (UNIT_TESTS,)
"""Phases without whose `passed` nothing is complete."""


class Verifier:
    """Runs the QA phases on a checkpoint.

    Args:
        context: The run.
        checkouts: Makes clean checkouts.
    """

    def __init__(self, context: RunContext, checkouts: Checkouts) -> None:
        self._chronicle = context.chronicle
        self._control = context.control
        self._settings = context.settings
        self._checkouts = checkouts

    async def verify(self, checkpoint: ev.CheckpointTaken) -> None:
        """Measure every phase that has not been measured on this checkpoint's tree."""
        await self._control.gate()
        known = self._chronicle.state.phases.get(UNIT_TESTS)
        if known is not None and known.tree == checkpoint.tree and known.verdict is not Verdict.ERROR:
            return None
        self._chronicle.note(ev.PhaseStarted(phase=UNIT_TESTS, checkpoint=checkpoint.checkpoint))
        if not self._settings.phase_unit_tests:
            return self._finish(checkpoint, Verdict.NOT_RUN, "switched off by LOKI_PHASE_UNIT_TESTS")
        workspace = await self._checkouts.open(checkpoint.checkpoint)
        release = self._control.hold_with(workspace.freeze, workspace.thaw)
        try:
            await self._control.gate()  # a pause may have come while the checkout was made
            await self._unit_tests(checkpoint, workspace)
        except LokiError as error:
            self._finish(checkpoint, Verdict.ERROR, error.message)
        finally:
            release()
            await workspace.close()

    async def _unit_tests(self, checkpoint: ev.CheckpointTaken, workspace: Workspace) -> None:
        runner, instead = await self._runner(workspace)
        if runner is None:
            why = "no test command found; declare one the project's way, or set LOKI_TEST_COMMAND"
            return self._finish(checkpoint, Verdict.NOT_APPLICABLE, why)
        if instead:
            why = f"no test was run: {', '.join(instead)} would be run in place of the test runner's own modules"
            return self._finish(checkpoint, Verdict.NOT_RUN, why, runner=runner)
        result = await workspace.perform(
            "shell", {"command": runner.command, "timeout_seconds": self._settings.test_timeout}
        )
        counts = count_tests(result.output)
        verdict, why = judge(result, counts)
        return self._finish(checkpoint, verdict, why, runner=runner, result=result, counts=counts)

    async def _runner(self, workspace: Workspace) -> tuple[Runner | None, list[str]]:
        """What runs the tests, and what would be run in its place."""
        if self._settings.test_command:
            return Runner("custom", self._settings.test_command), []

        async def read(path: str) -> str | None:
            found = await workspace.perform("shell", {"command": f"cat -- {shlex.quote(path)} 2>/dev/null"})
            return found.output if found.ok else None

        listing = await workspace.perform("shell", {"command": "find . -type f -not -path '*/node_modules/*'"})
        files = [line.removeprefix("./") for line in listing.output.splitlines()]
        runner = await detect_runner(read, files)
        return runner, stand_ins(runner, files) if runner else []

    def _finish(
        self,
        checkpoint: ev.CheckpointTaken,
        verdict: Verdict,
        why: str,
        *,
        runner: Runner | None = None,
        result: ActionResult | None = None,
        counts: Counts | None = None,
    ) -> None:
        self._chronicle.note(
            ev.PhaseFinished(
                phase=UNIT_TESTS,
                verdict=verdict,
                why=why,
                checkpoint=checkpoint.checkpoint,
                tree=checkpoint.tree,
                command=runner.command if runner else "",
                exit_code=result.exit_code if result else None,
                counts=counts,
                output=self._chronicle.keep(result.output) if result else None,
                seconds=result.seconds if result else 0.0,
                required=True,
            )
        )


def judge(result: ActionResult, counts: Counts | None) -> tuple[Verdict, str]:
    """What a test run amounts to. Green takes both: exit code 0, and tests that ran."""
    if result.timed_out:
        return Verdict.ERROR, "the tests did not end within the time limit (LOKI_TEST_TIMEOUT)"
    if result.exit_code is None:
        return Verdict.ERROR, "the tests were killed"
    if result.exit_code in {126, 127}:
        return Verdict.ERROR, f"the test command cannot be run (exit code {result.exit_code})"
    if counts is not None and counts.failed:
        return Verdict.FAILED, f"{counts.failed} of {counts.failed + counts.passed} tests fail"
    if counts is not None and not counts.passed:
        return Verdict.NOT_RUN, "the test command ran no test"
    if result.exit_code:
        return Verdict.FAILED, f"the test command ended with exit code {result.exit_code}"
    if counts is None:
        return Verdict.NOT_RUN, "the test command ended well, but how many tests it ran cannot be read from its output"
    return Verdict.PASSED, "1 test passes" if counts.passed == 1 else f"{counts.passed} tests pass"
