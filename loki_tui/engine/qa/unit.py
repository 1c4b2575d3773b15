"""The phase "unit tests": the project's own tests, all of them."""

from __future__ import annotations

from loki_tui.engine.qa.elsewhere import left_elsewhere
from loki_tui.engine.qa.phase import UNIT_TESTS, Measured
from loki_tui.engine.qa.scene import Scene
from loki_tui.engine.qa.testing import run_tests


class UnitTests:
    """Runs the project's tests; implements `Phase`."""

    name = UNIT_TESTS
    setting = "phase_unit_tests"
    required = True
    thorough = False

    async def measure(self, scene: Scene) -> Measured:
        """Run them; what became of each is kept in the scene."""
        files = await scene.here.files()
        run = await run_tests(scene.here, scene.settings)
        scene.tests, scene.test_seconds = run.cases, run.seconds
        elsewhere = left_elsewhere(files, scene.changed, runner=run.runner, cases=run.cases)
        return Measured(
            run.verdict,
            run.why,
            command=run.command,
            exit_code=run.exit_code,
            counts=run.counts,
            output=run.output,
            seconds=run.seconds,
            checks=run.checks if elsewhere is None else (*run.checks, elsewhere),
            findings=run.findings,
            tests=run.cases,
        )
