"""Running a project's tests, and how far the result is to be believed.

Green takes all of it: exit code 0, a report that says what became of each test, at least one that passed, none that
failed, no contradiction between any of these, and a runner that, given tests that must fail, says that they do.
"""

from __future__ import annotations

from dataclasses import dataclass

from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Check, Counts, Finding, TestCase, Verdict
from loki_tui.engine.ports import ActionResult
from loki_tui.engine.qa.reports.cases import counts_of
from loki_tui.engine.qa.runners.choosing import Refused, choose
from loki_tui.engine.qa.runners.model import SUMMARY, Ran, Report
from loki_tui.engine.qa.runners.touched import Before
from loki_tui.engine.qa.scene import Place

NO_COMMAND = "no test command found; declare one the project's way, or set LOKI_TEST_COMMAND"

_PLANTED_SECONDS = 120.0
"""What a runner has at the least for a planted test: it has to start."""
_SIGNALS = 128
"""From here on a shell's exit codes say which signal ended the command."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """A run of a project's tests, and what it amounts to."""

    __test__ = False

    verdict: Verdict
    why: str
    """One line, in words for the agent and the person alike."""
    runner: str = ""
    command: str = ""
    """What a person types to run the same tests."""
    exit_code: int | None = None
    timed_out: bool = False
    counts: Counts | None = None
    cases: tuple[TestCase, ...] = ()
    output: str = ""
    seconds: float = 0.0
    """That its commands took."""
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()


async def run_tests(place: Place, settings: Settings, *, plant: bool = True) -> TestRun:
    """Run a project's tests in a clean checkout.

    Args:
        place: The checkout; what the tests leave behind stays in it.
        settings: What runs them and how long they may take.
        plant: Whether to see, before a success is believed, that the runner tells a failure.

    Raises:
        loki_tui.core.errors.WorkspaceError: The hands are gone, or the checkout cannot be written.
    """
    files = await place.files()
    runner = await choose(place, files, settings)
    if runner is None:
        return TestRun(Verdict.NOT_APPLICABLE, NO_COMMAND)
    if isinstance(runner, Refused):
        return TestRun(Verdict.NOT_RUN, runner.why, runner=runner.name, command=runner.command)
    before = await Before.of(place, files)
    ran = await runner.run(place, settings.test_timeout)
    verdict, why = judge(ran)
    checks, seconds = [*_reported(ran), *ran.report.checks], ran.result.seconds
    if verdict is Verdict.PASSED and plant:
        spent = place.seconds
        doubt = await before.touched(place) or await runner.doubt(place, max(settings.test_timeout, _PLANTED_SECONDS))
        seconds += place.seconds - spent
        if doubt is not None:
            checks.append(_planted(doubt, place.seconds - spent))
        if doubt:
            verdict, why = Verdict.NOT_RUN, f"the tests passed, but are not to be believed: {doubt}"
    return TestRun(
        verdict,
        why,
        runner=runner.name,
        command=runner.command,
        exit_code=ran.result.exit_code,
        timed_out=ran.result.timed_out,
        counts=ran.report.counts,
        cases=ran.report.cases,
        output=ran.result.output,
        seconds=seconds,
        checks=tuple(checks),
        findings=ran.report.findings,
    )


def judge(ran: Ran) -> tuple[Verdict, str]:
    """What a run amounts to by itself: how it ended, what was reported, and whether the two agree."""
    result, report, counts = ran.result, ran.report, ran.report.counts
    if (trouble := _trouble(result, report)) is not None:
        return Verdict.ERROR, trouble
    if counts is not None and counts.failed:
        return Verdict.FAILED, f"{counts.failed} of {counts.failed + counts.passed} tests fail"
    if result.exit_code is None or result.exit_code > _SIGNALS:
        return Verdict.ERROR, "the tests were ended by a signal"
    if counts is not None and not counts.passed and not report.doubts:
        return Verdict.NOT_RUN, _nothing(counts)
    if result.exit_code:
        return Verdict.FAILED, f"the test command ended with exit code {result.exit_code}"
    if report.doubts:
        return Verdict.NOT_RUN, f"the test command ended well, but is not to be believed: {report.doubts[0]}"
    if counts is None:
        return Verdict.NOT_RUN, "the test command ended well, but how many tests it ran cannot be read from its output"
    return Verdict.PASSED, "1 test passes" if counts.passed == 1 else f"{counts.passed} tests pass"


def _trouble(result: ActionResult, report: Report) -> str | None:
    """Why the tests could not be run to their end; none where they were."""
    if result.timed_out:
        return "the tests did not end within the time limit (LOKI_TEST_TIMEOUT)"
    if result.exit_code is None:
        return "the tests were killed"
    if report.missing:
        return report.missing
    if result.exit_code in {126, 127}:
        what = "install what it takes, or set LOKI_TEST_COMMAND"
        return f"the test command cannot be run (exit code {result.exit_code}); {what}"
    return None


def _nothing(counts: Counts) -> str:
    return f"all {counts.skipped} tests are skipped" if counts.skipped > 1 else "the test command ran no test"


def _reported(ran: Ran) -> list[Check]:
    """What the verdict rests on."""
    report = ran.report
    checks = [Check(name="report", verdict=Verdict.NOT_RUN, why=doubt) for doubt in report.doubts]
    if report.counts is None or checks:
        return checks
    if not report.each:
        return [Check(name="report", verdict=Verdict.NOT_RUN, why=SUMMARY)]
    counts = counts_of(report.cases)
    why = f"of each test: {counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped"
    return [Check(name="report", verdict=Verdict.PASSED, why=why)]


def _planted(doubt: str, seconds: float) -> Check:
    """What came of planting tests that must fail."""
    if doubt:
        return Check(name="planted failure", verdict=Verdict.FAILED, why=doubt, seconds=seconds)
    why = "given tests that must fail, the runner reports that they do"
    return Check(name="planted failure", verdict=Verdict.PASSED, why=why, seconds=seconds)
