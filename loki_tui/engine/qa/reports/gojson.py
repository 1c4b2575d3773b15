"""What `go test -json` prints: one event a line (https://pkg.go.dev/cmd/test2json)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from loki_tui.core.vocabulary import TestCase
from loki_tui.engine.qa.reports.cases import Outcome, TooLargeError, case, merged

_OUTCOMES: dict[str, Outcome] = {"pass": "passed", "fail": "failed", "skip": "skipped"}
_KEPT = 20
"""Lines kept of what a test printed, for its message."""
_PRINTED = 400_000


@dataclass(slots=True)
class GoReport:
    """What became of each test and package."""

    cases: tuple[TestCase, ...] = ()
    flaws: list[str] = field(default_factory=list)
    """Why it is not whole."""
    printed: str = ""
    """What `go test` would have printed without `-json`."""


def read_go(text: str) -> GoReport:
    """Read the events; a line that is none is something printed, such as by a build that fails."""
    report = GoReport()
    found: list[TestCase] = []
    said: dict[tuple[str, str], list[str]] = {}
    began: dict[tuple[str, str], bool] = {}
    printed: list[str] = []
    for line in text.splitlines():
        event = _event(line)
        if event is None:
            printed.append(line + "\n")
            continue
        action, package, test, output = event
        key = (package, test)
        if action == "output":
            printed.append(output)
            said.setdefault(key, []).append(output)
            del said[key][:-_KEPT]
        elif action == "run":
            began[key] = True
        elif action in _OUTCOMES:
            if test and not began.pop(key, False):
                report.flaws.append(f"{package}.{test} ended without having begun")
            if test or action == "fail":
                found.append(_case(package, test, _OUTCOMES[action], said.pop(key, [])))
    report.flaws += [f"{package}.{test} did not end" for package, test in began]
    report.printed = "".join(printed)[:_PRINTED]
    try:
        report.cases = _of_tests(merged(found))
    except TooLargeError:
        report.flaws.append("it has more tests than any suite")
    return report


def _of_tests(cases: tuple[TestCase, ...]) -> tuple[TestCase, ...]:
    """Without packages that fail for a test of theirs that fails: it says so itself."""
    failed = {each.id for each in cases if each.outcome == "failed"}
    return tuple(
        each
        for each in cases
        if not (each.message == _PACKAGE and any(other.startswith(f"{each.id}.Test") for other in failed))
    )


_PACKAGE = "the package fails"


def _case(package: str, test: str, outcome: Outcome, said: list[str]) -> TestCase:
    if not test:
        return case(package, outcome, _PACKAGE)
    telling = (line for line in said if line.strip() and not line.lstrip().startswith(("===", "---")))
    return case(f"{package}.{test}", outcome, "" if outcome == "passed" else next(telling, ""))


def _event(line: str) -> tuple[str, str, str, str] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("Action"), str):
        return None
    return event["Action"], str(event.get("Package", "")), str(event.get("Test", "")), str(event.get("Output", ""))
