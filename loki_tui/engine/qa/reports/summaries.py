"""How many tests ran, by the closing lines that test runners print.

A runner's exit code alone says too little: many end well when they found nothing to run. A summary says less than a
report of each test, and anybody can print one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from loki_tui.core.vocabulary import Counts

_WORDS = re.compile(r"(\d+) (passed|failed|errors?|skipped|ignored|xfailed|xpassed)")
_FIELD = {"errors": "failed", "error": "failed", "ignored": "skipped", "xfailed": "passed", "xpassed": "passed"}


def _by_words(lines: list[str]) -> Counts:
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    for line in lines:
        for number, word in _WORDS.findall(line):
            totals[_FIELD.get(word, word)] += int(number)
    return Counts(**totals)


def _node(lines: list[str]) -> Counts:
    totals = {"pass": 0, "fail": 0, "skipped": 0}
    for line in lines:
        _, word, number = line.split()
        totals[word] += int(number)
    return Counts(passed=totals["pass"], failed=totals["fail"], skipped=totals["skipped"])


def _unittest(lines: list[str]) -> Counts:
    last = lines[-1]
    # An expected failure is a success, and its name ends like that of the others.
    notes = {name: int(number) for name, number in re.findall(r"(?<!expected )(failures|errors|skipped)=(\d+)", last)}
    failed, skipped = notes.get("failures", 0) + notes.get("errors", 0), notes.get("skipped", 0)
    ran = int(re.findall(r"Ran (\d+)", last)[0])
    return Counts(passed=max(0, ran - failed - skipped), failed=failed, skipped=skipped)


def _surefire(lines: list[str]) -> Counts:
    columns = zip(*(map(int, re.findall(r"\d+", line)) for line in lines), strict=True)
    ran, failures, errors, skipped = map(sum, columns)
    return Counts(passed=max(0, ran - failures - errors - skipped), failed=failures + errors, skipped=skipped)


def _mocha(lines: list[str]) -> Counts:
    totals = {"passing": 0, "failing": 0, "pending": 0}
    for line in lines:
        number, word, *_ = line.split()
        totals[word] += int(number)
    return Counts(passed=totals["passing"], failed=totals["failing"], skipped=totals["pending"])


def _go(lines: list[str]) -> Counts:
    failed = sum(line.startswith("FAIL") for line in lines)
    return Counts(passed=len(lines) - failed, failed=failed)


def _last(count: Callable[[list[str]], Counts]) -> Callable[[list[str]], Counts]:
    return lambda lines: count(lines[-1:])


_RUNNERS: tuple[tuple[str, re.Pattern[str], Callable[[list[str]], Counts]], ...] = (
    ("unittest", re.compile(r"^Ran \d+ tests? in [^\n]*\n+(?:OK|FAILED|NO TESTS RAN)[^\n]*", re.MULTILINE), _unittest),
    (
        "pytest",
        re.compile(r"^(?:=+ )?(?:\d+ [a-z]+,? ?)+ in [\d.]+s.*$|^(?:=+ )?no tests ran.*$", re.MULTILINE),
        _last(_by_words),
    ),
    ("cargo", re.compile(r"^test result: .*$", re.MULTILINE), _by_words),
    ("jest", re.compile(r"^\s*Tests:?\s+.*\d+ (?:passed|failed|skipped).*$", re.MULTILINE), _last(_by_words)),
    ("node", re.compile(r"^[#\u2139] (?:pass|fail|skipped) \d+$", re.MULTILINE), _node),
    ("mocha", re.compile(r"^ +\d+ (?:passing|failing|pending)\b", re.MULTILINE), _mocha),
    # Each class has a line like a module's, but with the time it took.
    ("maven", re.compile(r"Tests run: \d+, Failures: \d+, Errors: \d+, Skipped: \d+\b(?!, Time)"), _surefire),
    (
        "go",  # which counts packages
        re.compile(r"^(?:ok|FAIL)\s+\S+\s+(?:[\d.]+s|\(cached\))(?!.*\[no tests to run\]).*$", re.MULTILINE),
        _go,
    ),
)


class Summary(NamedTuple):
    """What a runner's closing lines say."""

    runner: str
    """Whose they are, such as `pytest`; `jest` also stands for vitest."""
    counts: Counts


def read_summary(output: str) -> Summary | None:
    """What a runner's closing lines say, or none where they say nothing known."""
    for runner, pattern, count in _RUNNERS:
        if lines := [found.group() for found in pattern.finditer(output)]:
            return Summary(runner, count(lines))
    return None
