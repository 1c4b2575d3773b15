"""The lines of Rust's libtest, as `cargo test` prints them of one test program after another."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from loki_tui.core.vocabulary import TestCase
from loki_tui.engine.qa.reports.cases import Outcome, TooLargeError, case, merged

_PROGRAM = re.compile(r"\s+Running (?:unittests )?(\S+)")
_DOCUMENTATION = re.compile(r"\s+Doc-tests ")
_BEGIN = re.compile(r"running (\d+) tests?$")
_TEST = re.compile(r"test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored)\b(?:, (.*))?")
_RESULT = re.compile(r"test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored;")
_PANIC = re.compile(r"---- (.+) stdout ----$")
_OUTCOMES: dict[str, Outcome] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}


@dataclass(slots=True)
class _Program:
    """One test program."""

    prefix: str
    planned: int
    outcomes: dict[str, tuple[Outcome, str]] = field(default_factory=dict)
    ended: bool = False


@dataclass(frozen=True, slots=True)
class LibtestReport:
    """What became of each test."""

    cases: tuple[TestCase, ...]
    flaws: tuple[str, ...]
    """Where what a program says contradicts itself."""


def read_libtest(text: str) -> LibtestReport | None:
    """Read the lines; none where no test program began."""
    programs: list[_Program] = []
    flaws: list[str] = []
    prefix = ""
    for line in text.splitlines():
        if (program := _PROGRAM.match(line)) is not None:
            prefix = _prefix(program[1])
        elif _DOCUMENTATION.match(line):
            prefix = ""
        elif (begin := _BEGIN.match(line)) is not None:
            programs.append(_Program(prefix, int(begin[1][:9])))
        elif programs:
            _take(programs[-1], line, flaws)
    if not programs:
        return None
    flaws += [f"a program began {each.planned} tests and did not end" for each in programs if not each.ended]
    try:
        cases = merged(
            case(f"{each.prefix}{name}", outcome, message)
            for each in programs
            for name, (outcome, message) in each.outcomes.items()
        )
    except TooLargeError:
        return LibtestReport((), ("it has more tests than any suite",))
    return LibtestReport(cases, tuple(flaws))


def _take(program: _Program, line: str, flaws: list[str]) -> None:
    if (result := _RESULT.match(line)) is not None:
        counted = [sum(outcome == each for outcome, _ in program.outcomes.values()) for each in _OUTCOMES.values()]
        said = [int(number[:9]) for number in result.groups()]
        if program.ended:
            flaws.append("a program gave two results")
        elif counted != said or sum(counted) != program.planned:
            flaws.append(f"a program began {program.planned} tests, reported {sum(counted)} and counted {sum(said)}")
        program.ended = True
    elif (test := _TEST.match(line)) is not None and not program.ended:
        if test[1] in program.outcomes:
            flaws.append(f"{test[1]} was reported twice")
        program.outcomes[test[1]] = (_OUTCOMES[test[2]], test[3] or "")


def _prefix(source: str) -> str:
    """What stands before the names of a program's tests: nothing for the crate's own, the file's name for others."""
    if source.startswith("src/"):
        return ""
    return source.rpartition("/")[2].removesuffix(".rs") + "::"
