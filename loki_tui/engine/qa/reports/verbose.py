"""What `python3 -m unittest -v` prints of each test, where nobody could ask it for more.

A test can print such lines itself; they are believed where they are as many as the closing lines say.
"""

from __future__ import annotations

import re

from loki_tui.core.vocabulary import Counts, TestCase
from loki_tui.engine.qa.reports.cases import Outcome, TooLargeError, case, merged

_TEST = re.compile(
    # Its method and where that is, the first line of its docstring in a line of its own, and what became of it.
    r"^(?P<method>\w+) \((?P<where>[\w.]+)\)(?:\n[^\n]{1,500})?? \.\.\. (?P<fate>ok|FAIL|ERROR|skipped\b[^\n]*"
    r"|expected failure|unexpected success)$",
    re.MULTILINE,
)
_FATES: dict[str, Outcome] = {
    "ok": "passed",
    "FAIL": "failed",
    "ERROR": "failed",
    "unexpected success": "failed",
    "expected failure": "skipped",
}


def read_verbose(text: str, summary: Counts) -> tuple[TestCase, ...]:
    """Each test by its name; none where they do not come to what the closing lines say.

    Args:
        text: All that was printed.
        summary: What its closing lines say.
    """
    found = [_case(each) for each in _TEST.finditer(text)]
    failed = sum(each.outcome == "failed" for each in found)
    if len(found) != summary.passed + summary.failed + summary.skipped or failed < summary.failed:
        return ()
    try:
        return merged(found)
    except TooLargeError:
        return ()


def _case(each: re.Match[str]) -> TestCase:
    method, where, fate = each["method"], each["where"], each["fate"]
    # Python before 3.11 leaves the method out of where it is.
    name = where if where.endswith(f".{method}") else f"{where}.{method}"
    return case(name, _FATES.get(fate, "skipped"), fate if fate not in _FATES else "")
