"""The phase "E2E tests": the project's own tests in a browser."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from loki_tui.core.vocabulary import Check, Finding, TestCase, Verdict
from loki_tui.engine.ports import ActionResult
from loki_tui.engine.qa.browsers import environment, find_browser
from loki_tui.engine.qa.combining import combine, counted, exemplified
from loki_tui.engine.qa.documents import complaint, last_lines, one
from loki_tui.engine.qa.phase import E2E_TESTS, Measured
from loki_tui.engine.qa.playwright_report import PlaywrightRun, read_report
from loki_tui.engine.qa.reports.junit import read_junit
from loki_tui.engine.qa.scene import Place, Scene
from loki_tui.engine.qa.servers import Server, find_server
from loki_tui.engine.qa.serving import Start, serve, unserved
from loki_tui.engine.qa.tooling import seconds_left

_CONFIG = re.compile(r"^(?P<directory>(?:[\w.@-]+/){0,3})(?P<runner>playwright|cypress)\.config\.[cm]?[jt]s$")
_BASE = re.compile(r"baseURL\s*:\s*[^'\"`\n]{0,80}['\"`](https?://(?:localhost|127\.0\.0\.1):\d{2,5})")
_REPORT = "e2e.json"
_CYPRESS_REPORT = "cypress"


@dataclass(frozen=True, slots=True)
class _Suite:
    """Declared tests."""

    runner: str
    directory: str
    """With the configuration, relative to the root; a dot for that itself."""
    config: str
    """Its text."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    check: Check
    tests: tuple[TestCase, ...] = ()
    findings: tuple[Finding, ...] = ()
    output: str = ""


class E2eTests:
    """Runs what Playwright or Cypress is configured for; pytest's own plug-in runs with the unit tests."""

    name = E2E_TESTS
    setting = "phase_e2e_tests"
    required = False
    thorough = True

    async def measure(self, scene: Scene) -> Measured:
        """Measure it; see `engine.qa.phase.Phase`."""
        files = await scene.here.files()
        suites = await _suites(scene.here, files)
        outcomes = [await _run(scene, files, suite) for suite in suites]
        nothing = "no Playwright or Cypress configuration"
        return combine(
            [outcome.check for outcome in outcomes],
            [finding for outcome in outcomes for finding in outcome.findings],
            nothing=nothing,
            output="\n".join(outcome.output for outcome in outcomes),
            tests=[test for outcome in outcomes for test in outcome.tests],
        )


async def _suites(place: Place, files: Sequence[str]) -> list[_Suite]:
    """One for each runner, that which lies highest."""
    found: dict[str, _Suite] = {}
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        match = _CONFIG.match(path)
        if match and match["runner"] not in found:
            directory = match["directory"].rstrip("/") or "."
            found[match["runner"]] = _Suite(match["runner"], directory, await place.read(path) or "")
    return list(found.values())


async def _run(scene: Scene, files: Sequence[str], suite: _Suite) -> _Outcome:
    run = _playwright if suite.runner == "playwright" else _cypress
    return await run(scene, files, suite)


async def _playwright(scene: Scene, files: Sequence[str], suite: _Suite) -> _Outcome:
    browser = await find_browser(scene.here, ("node",), suite.directory)
    if browser.driver is None:
        return _not_run(suite, "Playwright is not installed: npm install")
    if browser.trouble:
        return _not_run(suite, browser.trouble)
    command = (
        f"{environment(scene.here)}; export CI=1; cd {shlex.quote(suite.directory)} && "
        f'PLAYWRIGHT_JSON_OUTPUT_FILE="$own/{_REPORT}" npx --no-install playwright test --reporter=json >"$own/said"'
    )
    result, unreachable = await _with_server(scene, files, suite, command)
    if unreachable:
        return _Outcome(unreachable)
    run = read_report(await scene.here.read(f"{scene.here.own}/{_REPORT}"))
    if run is None:
        # Older versions know the file by another variable alone, and print what has none.
        run = read_report(await scene.here.read(f"{scene.here.own}/said"))
    if run is None:
        return _Outcome(_unreported(suite, result), output=result.output)
    return _Outcome(_judged(suite, result, run), run.tests, run.findings, result.output)


async def _cypress(scene: Scene, files: Sequence[str], suite: _Suite) -> _Outcome:
    directory = shlex.quote(suite.directory)
    there = await scene.here.run(f"cd {directory} && npx --no-install cypress verify", timeout=seconds_left(scene))
    if not there.ok:
        return _not_run(suite, f"Cypress does not run here: {last_lines(there.output)}")
    options = f"mochaFile=$own/{_CYPRESS_REPORT}-[hash].xml"
    command = (
        f'cd {directory} && npx --no-install cypress run --reporter junit --reporter-options "{options}"; code=$?; '
        f'printf "%s\\n" "$own"/{_CYPRESS_REPORT}-*.xml | head -n 500 >"$own/reports"; exit $code'
    )
    result, unreachable = await _with_server(scene, files, suite, command)
    if unreachable:
        return _Outcome(unreachable)
    tests: list[TestCase] = []
    for line in (await scene.here.read(f"{scene.here.own}/reports") or "").splitlines():
        name = line.rpartition("/")[2]
        tests += read_junit(await scene.here.read(f"{scene.here.own}/{name}") or "") or []
    findings = tuple(
        Finding(severity="high", message=one(f"{test.id}: {test.message}"))
        for test in tests
        if test.outcome == "failed"
    )
    run = PlaywrightRun(tuple(tests), findings, (), 0)
    return _Outcome(_judged(suite, result, run), run.tests, findings, result.output)


async def _with_server(
    scene: Scene, files: Sequence[str], suite: _Suite, command: str
) -> tuple[ActionResult, Check | None]:
    """Run the tests, with the project's server where they do not start it themselves."""
    server = None if "webServer" in suite.config else await find_server(scene.here, scene.settings, files)
    if server is None:
        own = f'export own="$PWD/{scene.here.own}"; mkdir -p "$own"'
        return await scene.here.run(f"{own}; {command}", timeout=seconds_left(scene)), None
    # Where the tests say which address they go to, that is where the server has to be.
    if not server.url and (base := _BASE.search(suite.config)):
        server = Server(server.command, server.where, declared=server.declared, url=base[1], static=server.static)
    told = 'export PLAYWRIGHT_BASE_URL="$BASE_URL" PLAYWRIGHT_TEST_BASE_URL="$BASE_URL" CYPRESS_BASE_URL="$BASE_URL"'
    served = await serve(scene.here, server, f"{told}; {command}", timeout=seconds_left(scene))
    return served.result, None if served.start is Start.ANSWERED else unserved(suite.runner, server, served)


def _judged(suite: _Suite, result: ActionResult, run: PlaywrightRun) -> Check:
    outcomes = [test.outcome for test in run.tests]
    passed, failed = outcomes.count("passed"), outcomes.count("failed")
    if result.timed_out:
        return _check(suite, Verdict.ERROR, "the tests did not end within the time limit (LOKI_PHASE_TIMEOUT)", result)
    if failed:
        return _check(suite, Verdict.FAILED, exemplified(failed, "failing test", run.findings[0].message), result)
    if run.errors:
        return _check(suite, Verdict.ERROR, f"the tests could not be run: {run.errors[0]}", result)
    if run.without_browser:
        why = f"{counted(run.without_browser, 'test')} could not begin, since the browser is not installed"
        return _check(suite, Verdict.NOT_RUN, why, result)
    if not passed:
        return _check(suite, Verdict.NOT_RUN, "no test was run", result)
    if result.exit_code:
        return _check(suite, Verdict.FAILED, f"no test failed, but it ended with exit code {result.exit_code}", result)
    return _check(suite, Verdict.PASSED, "1 test passes" if passed == 1 else f"{passed} tests pass", result)


def _unreported(suite: _Suite, result: ActionResult) -> Check:
    if result.timed_out:
        return _check(suite, Verdict.ERROR, "the tests did not end within the time limit (LOKI_PHASE_TIMEOUT)", result)
    return _check(suite, Verdict.ERROR, f"it gave no report: {complaint(result.output)}", result)


def _not_run(suite: _Suite, why: str) -> _Outcome:
    return _Outcome(Check(name=suite.runner, verdict=Verdict.NOT_RUN, why=one(why)))


def _check(suite: _Suite, verdict: Verdict, why: str, result: ActionResult) -> Check:
    command = "npx --no-install playwright test" if suite.runner == "playwright" else "npx --no-install cypress run"
    return Check(
        name=suite.runner,
        verdict=verdict,
        why=one(why),
        command=command if suite.directory == "." else f"cd {suite.directory} && {command}",
        exit_code=result.exit_code,
        seconds=result.seconds,
    )
