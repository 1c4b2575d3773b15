"""JSON of JavaScript's runners: jest's (and vitest's), mocha's, and the lines of our reporter for Node's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loki_tui.core.vocabulary import TestCase
from loki_tui.engine.qa.reports.cases import Outcome, TooLargeError, case, merged

Relative = Callable[[str], str]
"""Makes a path, absolute in a checkout, relative to its root."""

_OUTCOMES: dict[str, Outcome] = {
    "passed": "passed",
    "failed": "failed",
    "pending": "skipped",
    "skipped": "skipped",
    "todo": "skipped",
    "disabled": "skipped",
}


@dataclass(frozen=True, slots=True)
class JsReport:
    """What became of each test."""

    cases: tuple[TestCase, ...]
    flaw: str = ""
    """Why it is not whole."""
    silent: tuple[str, ...] = ()
    """Files that were run and reported no test."""


def read_jest(text: str, relative: Relative) -> JsReport | None:
    """Jest's and vitest's JSON; none where it is none."""
    whole = _object(text)
    results = whole.get("testResults") if whole else None
    if whole is None or not isinstance(results, list):
        return None

    def cases() -> Iterator[TestCase]:
        for file in filter(_is_object, results):
            path = relative(str(file.get("name", "")))
            tests = file.get("assertionResults")
            tests = tests if isinstance(tests, list) else []
            if file.get("status") == "failed" and not any(_failed(test) for test in tests):
                yield case(path, "failed", str(file.get("message", "")))
            for test in filter(_is_object, tests):
                titles = test.get("ancestorTitles")
                names = [*map(str, titles if isinstance(titles, list) else []), str(test.get("title", ""))]
                outcome = _OUTCOMES.get(str(test.get("status")), "failed")
                yield case(f"{path}::{' > '.join(names)}", outcome, _first(test.get("failureMessages")))

    return _made(cases(), "" if whole.get("success") is not False else "it says that it failed")


def read_mocha(text: str, relative: Relative) -> JsReport | None:
    """Mocha's JSON; none where it is none."""
    whole = _object(text)
    tests = whole.get("tests") if whole else None
    if whole is None or not isinstance(tests, list):
        return None
    pending = {_mocha_name(test, relative) for test in _items(whole, "pending")}
    failed = {_mocha_name(test, relative): test for test in _items(whole, "failures")}

    def cases() -> Iterator[TestCase]:
        for test in filter(_is_object, tests):
            name = _mocha_name(test, relative)
            if name not in failed:
                yield case(name, "skipped" if name in pending else "passed")
        for name, test in failed.items():  # hooks that failed are in no other list
            error = test.get("err")
            yield case(name, "failed", str(error.get("message", "")) if isinstance(error, dict) else "")

    return _made(cases())


def read_node(text: str) -> JsReport | None:
    """The lines of our reporter for `node --test`; none where there is not one."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return None
    found: list[TestCase] = []
    files: dict[str, bool] = {}
    begun = ended = 0
    for line in lines:
        told = _object(line)
        if told is None:
            return JsReport((), "a line of it is none of the reporter's")
        begun += told.get("begin") is True
        ended += told.get("end") is True
        if told.get("begin") is True or told.get("end") is True:
            continue
        file, name, outcome = (
            str(told.get("file", "")),
            str(told.get("name", "")),
            _OUTCOMES.get(str(told.get("outcome"))),
        )
        if outcome is None:
            return JsReport((), "a line of it is none of the reporter's")
        of_file = told.get("whole") is True
        files[file] = files.get(file, False) or not of_file
        if not of_file or outcome == "failed":
            found.append(case(file if of_file else f"{file}::{name}", outcome, str(told.get("message", ""))))
    flaw = "" if begun == ended > 0 else "it has no end: something ended the process"
    return _made(iter(found), flaw, tuple(file for file, tested in files.items() if not tested))


def _made(cases: Iterator[TestCase], flaw: str = "", silent: tuple[str, ...] = ()) -> JsReport:
    try:
        found = merged(cases)
    except TooLargeError:
        return JsReport((), "it has more tests than any suite")
    if flaw and any(each.outcome == "failed" for each in found):
        flaw = ""
    return JsReport(found, flaw, silent)


def _object(text: str) -> dict[str, object] | None:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return whole if isinstance(whole, dict) else None


def _is_object(item: object) -> bool:
    return isinstance(item, dict)


def _items(whole: dict[str, object], name: str) -> list[dict[str, object]]:
    value = whole.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _failed(test: object) -> bool:
    return isinstance(test, dict) and test.get("status") == "failed"


def _mocha_name(test: dict[str, object], relative: Relative) -> str:
    return f"{relative(str(test.get('file', '')))}::{test.get('fullTitle', '')}"


def _first(messages: object) -> str:
    return str(messages[0]) if isinstance(messages, list) and messages else ""
