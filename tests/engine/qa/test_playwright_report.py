"""What Playwright's JSON reporter writes is understood."""

from __future__ import annotations

import json

import pytest

from loki_tui.engine.qa.playwright_report import PlaywrightRun, read_report


def result_of(status: str, message: str = "", project: str = "") -> dict[str, object]:
    # Of Playwright 1.65.1, shortened.
    errors = [{"message": message, "location": {"line": 3}}] if message else []
    return {"projectName": project, "status": status, "results": [{"status": "failed", "retry": 0, "errors": errors}]}


def report_of(*tests: dict[str, object], errors: tuple[str, ...] = (), depth: int = 1) -> str:
    specs = [{"title": f"number {n}", "file": "a.spec.js", "line": n, "tests": [test]} for n, test in enumerate(tests)]
    suite: dict[str, object] = {"title": "group", "specs": specs}
    for _ in range(depth):
        suite = {"title": "a.spec.js", "file": "a.spec.js", "specs": [], "suites": [suite]}
    return json.dumps({"suites": [suite], "errors": [{"message": message} for message in errors], "stats": {}})


def read(report: str) -> PlaywrightRun:
    run = read_report(report)
    assert run
    return run


def test_each_status_is_an_outcome() -> None:
    run = read(
        report_of(
            result_of("expected"), result_of("unexpected", "no"), result_of("flaky", "once"), result_of("skipped")
        )
    )
    assert [test.outcome for test in run.tests] == ["passed", "failed", "passed", "skipped"]
    assert run.tests[0].id == "a.spec.js \u203a group \u203a number 0"
    assert [(finding.severity, finding.file, finding.line) for finding in run.findings] == [("high", "a.spec.js", 1)]


def test_a_test_of_several_browsers_is_several() -> None:
    run = read(report_of(result_of("expected", project="firefox")))
    assert run.tests[0].id.endswith("number 0 [firefox]")


def test_messages_go_without_colours() -> None:
    run = read(
        report_of(result_of("unexpected", "\x1b[2mexpect(\x1b[22m\x1b[31mlocator\x1b[39m) failed\n\nExpected: 1"))
    )
    assert run.tests[0].message == "expect(locator) failed Expected: 1"


def test_a_browser_that_is_not_there_is_no_failure_and_no_success() -> None:
    run = read(report_of(result_of("unexpected", "Error: browserType.launch: Executable doesn't exist at /x/y")))
    assert [test.outcome for test in run.tests] == ["skipped"]
    assert run.without_browser == 1
    assert not run.findings


def test_what_could_not_be_loaded_is_told() -> None:
    assert read(report_of(errors=("SyntaxError: a.spec.js",))).errors == ("SyntaxError: a.spec.js",)


@pytest.mark.parametrize("report", [None, "", "{}", "[]", "[" * 100_000, "<html>"])
def test_what_is_no_report_is_none(report: str | None) -> None:
    assert read_report(report) is None


@pytest.mark.parametrize("suites", [1, [1], [{"specs": [1]}], [{"specs": [{"tests": [{}]}]}]])
def test_no_shape_does_harm(suites: object) -> None:
    run = read(json.dumps({"suites": suites}))
    assert "passed" not in [test.outcome for test in run.tests]


def test_suites_are_followed_for_so_long() -> None:
    assert not read(report_of(result_of("expected"), depth=300)).tests
