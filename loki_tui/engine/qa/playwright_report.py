"""What Playwright's test runner did, from its JSON reporter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loki_tui.core.terminal import plain
from loki_tui.core.vocabulary import Finding, TestCase
from loki_tui.engine.qa.documents import at, fields, items, load, one, text, whole

_DEPTH = 50
TESTS = 20_000
_NO_BROWSER = "Executable doesn't exist at"


@dataclass(frozen=True, slots=True)
class PlaywrightRun:
    """One run of the tests."""

    tests: tuple[TestCase, ...]
    findings: tuple[Finding, ...]
    errors: tuple[str, ...]
    """Beside any test: a file that cannot be loaded, a server that does not start."""
    without_browser: int
    """Tests that could not begin, since their browser is not installed; they count as skipped."""


@dataclass(frozen=True, slots=True)
class _Case:
    test: TestCase
    file: str
    line: int | None
    without_browser: bool


def read_report(report: str | None) -> PlaywrightRun | None:
    """Take a report apart; none where it is none."""
    document = load(report)
    if "suites" not in fields(document):
        return None
    cases = [case for suite in items(at(document, "suites")) for case in _suite(suite, (), _DEPTH)][:TESTS]
    failed = [case for case in cases if case.test.outcome == "failed"]
    return PlaywrightRun(
        tests=tuple(case.test for case in cases),
        findings=tuple(
            Finding(severity="high", file=case.file, line=case.line, message=f"{case.test.id}: {case.test.message}")
            for case in failed
        ),
        errors=tuple(_said(error) for error in items(at(document, "errors"))),
        without_browser=sum(case.without_browser for case in cases),
    )


def _suite(suite: object, above: tuple[str, ...], depth: int) -> Iterator[_Case]:
    """The cases of a suite and of those in it."""
    if not depth:
        return
    title = text(at(suite, "title"))
    within = (*above, title) if title else above
    for spec in items(at(suite, "specs")):
        yield from _spec(spec, within)
    for inner in items(at(suite, "suites")):
        yield from _suite(inner, within, depth - 1)


def _spec(spec: object, above: tuple[str, ...]) -> Iterator[_Case]:
    for test in items(at(spec, "tests")):
        project = text(at(test, "projectName"))
        name = " \u203a ".join([*above, text(at(spec, "title"))]) + (f" [{project}]" if project else "")
        message = _message(test)
        absent = _NO_BROWSER in message and at(test, "status") == "unexpected"
        match at(test, "status"):
            # Flaky: it failed, and passed when it was tried again. Playwright's own runner takes that for a success.
            case "expected" | "flaky":
                case = TestCase(id=one(name), outcome="passed")
            case "skipped":
                case = TestCase(id=one(name), outcome="skipped", message="skipped")
            case _ if absent:
                case = TestCase(id=one(name), outcome="skipped", message="its browser is not installed")
            case _:
                case = TestCase(id=one(name), outcome="failed", message=message or "it failed without a word")
        yield _Case(case, text(at(spec, "file")), whole(at(spec, "line")), absent)


def _message(test: object) -> str:
    for result in items(at(test, "results")):
        errors = [said for error in (at(result, "error"), *items(at(result, "errors"))) if (said := _said(error))]
        if errors:
            return errors[0]
    return ""


def _said(error: object) -> str:
    message = at(error, "message")
    # Its colours are control sequences.
    return one(plain(message[:5000])) if isinstance(message, str) else ""
