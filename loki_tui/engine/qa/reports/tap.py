"""TAP, the Test Anything Protocol: https://testanything.org/tap-version-14-specification.html."""

from __future__ import annotations

import re
from dataclasses import dataclass

from loki_tui.core.vocabulary import TestCase
from loki_tui.engine.qa.reports.cases import TooLargeError, case, merged

_POINT = re.compile(r"(not )?ok\b(?: +(\d+))?(?: +-)? *(.*)")
_PLAN = re.compile(r"1\.\.(\d+)(?:\s+#.*)?$")
_DIRECTIVE = re.compile(r"(?<!\\)#\s*(skip|todo)\b\s*(.*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tap:
    """What a stream of it says."""

    cases: tuple[TestCase, ...]
    flaw: str = ""
    """Why it is not whole; empty where it is."""


def read_tap(text: str) -> Tap | None:
    """The top-level tests of a text; none where there is no plan, and so no TAP.

    Subtests are indented; the test that holds them says what became of them.
    """
    plan: int | None = None
    found: list[TestCase] = []
    flaw = ""
    for line in text.splitlines():
        if (planned := _PLAN.fullmatch(line)) is not None:
            flaw = "it has two plans" if plan is not None else flaw
            plan = int(planned[1][:9])
        elif line.startswith("Bail out!"):
            flaw = "it was given up"
        elif (point := _POINT.match(line)) is not None:
            found.append(_case(point, len(found) + 1))
    if plan is None:
        return None
    if plan != len(found):
        flaw = flaw or f"it plans {plan} tests and has {len(found)}"
    try:
        return Tap(merged(found), flaw)
    except TooLargeError:
        return Tap((), "it has more tests than any suite")


def _case(point: re.Match[str], number: int) -> TestCase:
    description = point[3]
    name = description
    if (directive := _DIRECTIVE.search(description)) is not None:
        name = description[: directive.start()]
        return case(name.strip() or f"test {number}", "skipped", directive[2] or directive[1])
    return case(name.strip() or f"test {number}", "failed" if point[1] else "passed")
