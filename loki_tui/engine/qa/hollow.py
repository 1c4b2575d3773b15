"""The phase "test strength": tests that pass although the product does nothing, and tests that demand nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Finding, TestCase, Verdict
from loki_tui.engine.qa.inside import text_of
from loki_tui.engine.qa.phase import TEST_STRENGTH, Measured
from loki_tui.engine.qa.product import data_of, python_of, script_of
from loki_tui.engine.qa.reports.cases import counts_of
from loki_tui.engine.qa.runners.choosing import choose
from loki_tui.engine.qa.scene import Place, Scene
from loki_tui.engine.qa.stubs import Manner, stub
from loki_tui.engine.qa.testing import TestRun, run_tests
from loki_tui.engine.qa.vacuous import look_at

_EMPTY_SECONDS = 120.0
_LEAST_SECONDS = 60.0
"""What the tests have at the least on a product that does nothing: that they take no longer shows only at their end."""
_TIMES = 3
"""And this many times what they took on the product as it is."""
_MODULES = 3000
"""Most modules that are emptied."""
_NAMED = 100
"""How many hollow tests are named as findings."""

_ANEW = "that does nothing would have to be built anew: whether its tests notice is not tried"
_CANNOT = {
    "cargo": f"Rust {_ANEW}",
    "go": f"Go {_ANEW}",
    "maven": f"Java {_ANEW}",
    "gradle": f"Java {_ANEW}",
}


@dataclass(frozen=True, slots=True)
class _Product:
    """What is emptied."""

    python: Sequence[str]
    script: Sequence[str]
    data: Sequence[str]

    @property
    def any(self) -> bool:
        """Whether there is anything."""
        return bool(self.python or self.script or self.data)


class TestStrength:
    """Finds tests that do not depend on the product; implements `Phase`."""

    __test__ = False

    name = TEST_STRENGTH
    setting = "phase_test_strength"
    required = False
    thorough = True

    async def measure(self, scene: Scene) -> Measured:
        """Run the tests again on a product that does nothing; those that still pass are in `Measured.tests`."""
        files = await scene.here.files()
        texts = await look_at(scene.here, files)
        known = scene.tests
        if known is None:
            first = await run_tests(scene.here, scene.settings)
            if first.verdict is not Verdict.PASSED:
                return Measured(Verdict.NOT_RUN, f"the unit tests do not pass: {first.why}", findings=texts.findings)
            known = first.cases
        passing = {case.id for case in known if case.outcome == "passed"}
        if not passing:
            return Measured(Verdict.NOT_RUN, "no test is known by name that passes", findings=texts.findings)
        idle = {identity for identity in passing if texts.show_nothing(identity)}
        measured = await self._emptied(scene, files, passing)
        named = {case.id for case in measured.tests} | idle
        tests = tuple(TestCase(id=name, outcome="passed") for name in sorted(named))
        return replace(measured, findings=(*measured.findings, *texts.findings), tests=tests)

    async def _emptied(self, scene: Scene, files: tuple[str, ...], passing: set[str]) -> Measured:
        runner = await choose(scene.here, files, scene.settings)
        if runner is not None and runner.name in _CANNOT:
            return Measured(Verdict.NOT_RUN, _CANNOT[runner.name], command=runner.command)
        product = _Product(python_of(files), script_of(files), data_of(files))
        if not product.any:
            return Measured(Verdict.NOT_RUN, "there is nothing of the product that could be emptied")
        return await self._tried(scene, product, passing)

    async def _tried(self, scene: Scene, product: _Product, passing: set[str]) -> Measured:
        run = await _run_on(scene, product, "raises")
        if (why := _untried(run, scene)) is not None:
            return Measured(Verdict.NOT_RUN, why, command=run.command, output=run.output, seconds=run.seconds)
        hollow, seconds = _passing(run, passing), run.seconds
        if hollow and product.script:
            # A test that wants an error is content with any: it has to be content with no answer too.
            again = await _run_on(scene, product, "answers nothing")
            hollow = _passing(again, hollow)
            seconds += again.seconds
        return _measured(run, hollow, len(passing), seconds)


async def _run_on(scene: Scene, product: _Product, manner: Manner) -> TestRun:
    async with scene.fresh() as place:
        await _empty(place, product, manner)
        settings = scene.settings.model_copy(update={"test_timeout": seconds_for(scene.settings, scene.test_seconds)})
        return await run_tests(place, settings, plant=False)


def seconds_for(settings: Settings, usual: float | None) -> float:
    """How long the tests may take without the product: they have no more to do than with it, unless they hang.

    Args:
        settings: Their limits.
        usual: Seconds that they take with it, where that is known.
    """
    expected = inf if usual is None else max(_LEAST_SECONDS, _TIMES * usual)
    return min(settings.test_timeout, settings.phase_timeout, expected)


async def _empty(place: Place, product: _Product, manner: Manner) -> None:
    """Make the product in a checkout do nothing."""
    for path in product.script[:_MODULES]:
        if (text := await place.read(path)) is not None:
            await place.write(path, stub(path, text, manner))
    if product.data:
        listing = f"{place.own}/data"
        await place.write(listing, "\0".join(product.data))
        await place.run(f"xargs -0 -r truncate -c -s 0 -- < {listing}", timeout=_EMPTY_SECONDS)
    if product.python:
        for name in ("empty.py", "gone.py"):
            await place.write(f"{place.own}/{name}", text_of(name))
        await place.write(f"{place.own}/modules", "\0".join(product.python[:_MODULES]))
        await place.run(f"python3 {place.own}/empty.py {place.own}/modules", timeout=_EMPTY_SECONDS)


def _untried(run: TestRun, scene: Scene) -> str | None:
    """Why a run on a product that does nothing says nothing; none where it does."""
    if run.timed_out:
        limit = seconds_for(scene.settings, scene.test_seconds)
        return f"on a product that does nothing, the tests do not end within {limit:g} s"
    if run.verdict is Verdict.ERROR:
        return f"on a product that does nothing, {run.why}"
    if run.verdict is Verdict.NOT_APPLICABLE:
        return run.why
    return None


def _passing(run: TestRun, among: set[str]) -> set[str]:
    return {case.id for case in run.cases if case.outcome == "passed"} & among


def _measured(run: TestRun, hollow: set[str], passing: int, seconds: float) -> Measured:
    tests = tuple(TestCase(id=name, outcome="passed") for name in sorted(hollow))
    findings = tuple(
        Finding(severity="medium", message=f"passes although the product does nothing: {case.id}") for case in tests
    )
    if len(hollow) == passing:
        verdict, why = Verdict.FAILED, "no test depends on the product's code: all pass although it does nothing"
    elif hollow:
        verdict, why = (
            Verdict.PASSED,
            f"{len(hollow)} of {passing} passing tests pass although the product does nothing",
        )
    else:
        verdict, why = Verdict.PASSED, f"of {passing} passing tests none passes when the product does nothing"
    return Measured(
        verdict,
        why,
        command=run.command,
        exit_code=run.exit_code,
        counts=counts_of(run.cases),
        output=run.output,
        seconds=seconds,
        findings=findings[:_NAMED],
        tests=tests,
    )
