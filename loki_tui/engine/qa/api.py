"""The phase "API tests": the project's server called as its OpenAPI document describes it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from loki_tui.core.vocabulary import Check, Finding, TestCase, Verdict
from loki_tui.engine.qa.combining import combine, counted, exemplified
from loki_tui.engine.qa.documents import fields, last_lines, load, one
from loki_tui.engine.qa.phase import API_TESTS, Measured
from loki_tui.engine.qa.scene import Place, Scene
from loki_tui.engine.qa.schemathesis_report import CHECKS, ApiRun, read_events
from loki_tui.engine.qa.servers import Server, find_server
from loki_tui.engine.qa.serving import Served, Start, serve, unserved
from loki_tui.engine.qa.tooling import find_tool, seconds_left

_NAME = "schemathesis"
_DOCUMENT = re.compile(r"(^|/)(openapi|swagger)[^/]*\.(json|ya?ml)$", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(^|/)(tests?|fixtures?|examples?|testdata)/")
_VERSION = re.compile(r"^[\"']?(openapi|swagger)[\"']?\s*:\s*[\"']?[23]", re.MULTILINE)
_EXAMPLES = 25
"""Calls of each operation, beside those that its parameters' bounds ask for."""
_CONFIG = "[phases.coverage]\nunexpected-methods = []\n"
"""Ours, or one that a project's agents wrote would hold. Methods that the document does not name are not its business,
and servers answer them in many ways."""


@dataclass(frozen=True, slots=True)
class _Api:
    """What is to be called."""

    document: str
    """Path in the repository, or at the server where it begins with a slash."""
    server: Server


class ApiTests:
    """Runs Schemathesis against the served project."""

    name = API_TESTS
    setting = "phase_api_tests"
    required = False
    thorough = True

    async def measure(self, scene: Scene) -> Measured:
        """Measure it; see `engine.qa.phase.Phase`."""
        files = await scene.here.files()
        document = await _document(scene.here, files)
        server = await find_server(scene.here, scene.settings, files)
        if not document and not (server and server.openapi):
            return Measured(Verdict.NOT_APPLICABLE, "no API is described: there is no OpenAPI document")
        nothing = "no API is described"
        if server is None or (server.static and document):
            why = "nothing says how the server is started; set LOKI_SERVE_COMMAND"
            return combine([Check(name=_NAME, verdict=Verdict.NOT_RUN, why=why)], nothing=nothing)
        program = await find_tool(scene.here, "schemathesis")
        if program is None:
            why = "it is not installed: pip install 'schemathesis>=4'"
            return combine([Check(name=_NAME, verdict=Verdict.NOT_RUN, why=why)], nothing=nothing)
        return await _call(scene, _Api(document or server.openapi, server), program)


async def _document(place: Place, files: Sequence[str]) -> str:
    """The project's OpenAPI document; empty where there is none. What lies highest is taken."""
    named = [path for path in files if _DOCUMENT.search(path) and not _ELSEWHERE.search(path)]
    for path in sorted(named, key=lambda path: (path.count("/"), path)):
        text = await place.read(path) or ""
        document = load(text) if path.lower().endswith(".json") else None
        if {"openapi", "swagger"} & set(fields(document)) or (document is None and _VERSION.search(text)):
            return path
    return ""


async def _call(scene: Scene, api: _Api, program: str) -> Measured:
    place = scene.here
    await place.write(f"{place.own}/schemathesis.toml", _CONFIG)
    timeout = seconds_left(scene)
    served = await serve(place, api.server, _client(api, program), timeout=timeout)
    if served.start is not Start.ANSWERED:
        return combine([unserved(_NAME, api.server, served)], nothing="", output=served.log[-20_000:])
    run = read_events(await place.read(f"{place.own}/api.ndjson"), document=api.document.lstrip("/"))
    findings = [finding for operation in run.operations for finding in operation.findings.values()]
    if "the server ended meanwhile" in served.log:
        said = (
            f"the server ended while it was called: {last_lines(served.log.replace('the server ended meanwhile', ''))}"
        )
        findings.append(Finding(severity="high", message=said))
    tests = tuple(operation.as_test() for operation in run.operations)
    check = _judged(api, served, run, findings, tests)
    return combine([check], findings, nothing="", output=served.result.output, tests=tests)


def _client(api: _Api, program: str) -> str:
    """The command that calls the API."""
    location = f'"$BASE_URL"{api.document}' if api.document.startswith("/") else shlex.quote(f"./{api.document}")
    options = (
        f"--checks {','.join(CHECKS)} --max-examples {_EXAMPLES} --generation-deterministic --no-shrink "
        "--continue-on-failure "
        '--no-color --warnings off --suppress-health-check all --report ndjson --report-ndjson-path "$own/api.ndjson"'
    )
    call = f'{program} --config-file "$own/schemathesis.toml" run {location} {options}'
    # With a path of its own, an address is the API's; without one, the document's own path is added to it.
    if re.match(r"https?://[^/]+/.", api.server.url):
        return f'{call} --url "$BASE_URL"'
    # The first of version 4 have no such option; to ask for all there are takes as long as to try.
    again = f'if [ $code = 2 ]; then {call} --url "$BASE_URL"; code=$?; fi'
    return f'{call} --origin "$BASE_URL"; code=$?; {again}; exit $code'


def _judged(api: _Api, served: Served, run: ApiRun, findings: Sequence[Finding], tests: Sequence[TestCase]) -> Check:
    def check(verdict: Verdict, why: str) -> Check:
        return Check(
            name=_NAME,
            verdict=verdict,
            why=one(why),
            command=f"schemathesis run {one(api.document)} against {one(api.server.command)}",
            exit_code=served.result.exit_code,
            seconds=served.result.seconds,
        )

    red = [finding for finding in findings if finding.severity == "high"]
    failed = [test for test in tests if test.outcome == "failed"]
    passed = [test for test in tests if test.outcome == "passed"]
    if served.result.timed_out:
        return check(Verdict.ERROR, "it did not end within the time limit (LOKI_PHASE_TIMEOUT)")
    if red:
        return check(Verdict.FAILED, exemplified(len(red), "problem", red[0].message))
    if failed:
        return check(Verdict.ERROR, f"{failed[0].id} could not be called: {failed[0].message}")
    if not run.finished:
        why = run.trouble or last_lines(served.result.output)
        return check(Verdict.ERROR, f"it did not come to an end: {why}")
    if not tests:
        return check(Verdict.NOT_RUN, f"{api.document} describes no operation")
    if not passed:
        return check(Verdict.NOT_RUN, f"nothing was reached: {tests[0].id}: {tests[0].message}")
    refused = f", {len(tests) - len(passed)} only refused" if len(passed) < len(tests) else ""
    return check(Verdict.PASSED, f"{counted(len(passed), 'operation')} answered as documented{refused}")
