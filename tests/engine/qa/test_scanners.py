"""What security scanners write is understood, as they really write it, and whatever else it may be."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from loki_tui.engine.qa.scanners import Issue, parse_bandit, parse_clippy, parse_eslint, parse_gosec, parse_semgrep

# Of bandit 1.9.4, shortened.
BANDIT = {
    "errors": [{"filename": "./b/bad.py", "reason": "syntax error while parsing AST from file"}],
    "results": [
        {
            "code": "4     run(x, shell=True)\n5     subprocess.call(x, shell=True)  # nosec\n",
            "filename": "./b/a.py",
            "issue_confidence": "HIGH",
            "issue_severity": "HIGH",
            "issue_text": "subprocess call with shell=True identified, security issue.",
            "line_number": 5,
            "line_range": [5],
            "test_id": "B602",
        }
    ],
}
# Of semgrep 1.185.0, shortened.
SEMGREP = {
    "errors": [],
    "results": [
        {
            "check_id": "no-eval",
            "path": "a.js",
            "start": {"line": 1, "col": 1, "offset": 0},
            "extra": {"lines": "requires login", "message": "eval is bad", "severity": "ERROR", "metadata": {}},
        }
    ],
    "version": "1.185.0",
}
# Of ESLint 10.15.0, shortened.
ESLINT = [
    {
        "filePath": "/checkout/src/a.js",
        "messages": [
            {"ruleId": "security/detect-eval-with-expression", "severity": 2, "message": "eval with", "line": 1},
            {"ruleId": "security/detect-unsafe-regex", "severity": 1, "message": "Unsafe", "line": 2},
            {"ruleId": "no-unused-vars", "severity": 2, "message": "unused", "line": 1},
            {"ruleId": None, "fatal": True, "severity": 2, "message": "Parsing error", "line": 3},
        ],
    }
]
# Of Clippy 0.1.95, shortened.
CLIPPY = [
    {"reason": "compiler-artifact", "package_id": "t"},
    {
        "reason": "compiler-message",
        "message": {
            "code": {"code": "clippy::bad_bit_mask", "explanation": None},
            "level": "error",
            "message": "&-masking with zero",
            "spans": [{"file_name": "src/lib.rs", "is_primary": True, "line_start": 2}],
        },
    },
    {"reason": "compiler-message", "message": {"code": {"code": "E0308"}, "level": "error", "spans": []}},
    {"reason": "compiler-message", "message": {"code": {"code": "clippy::x"}, "level": "warning", "spans": []}},
    {"reason": "build-finished", "success": False},
]


def test_bandit() -> None:
    assert parse_bandit(json.dumps(BANDIT)) == [
        Issue(
            rule="B602",
            file="b/a.py",
            line=5,
            message="subprocess call with shell=True identified, security issue.",
            grave=True,
            code="subprocess.call(x, shell=True)  # nosec",
            silenced=True,
        ),
        Issue(
            "unread",
            "b/bad.py",
            None,
            "bandit could not look at it: syntax error while parsing AST from file",
            grave=False,
        ),
    ]


def test_semgrep() -> None:
    (issue,) = parse_semgrep(json.dumps(SEMGREP)) or []
    assert (issue.rule, issue.file, issue.line, issue.grave) == ("no-eval", "a.js", 1, True)


def test_eslint_only_where_it_is_about_security() -> None:
    issues = parse_eslint(json.dumps(ESLINT)) or []
    assert [(issue.rule, issue.line, issue.grave) for issue in issues] == [
        ("security/detect-eval-with-expression", 1, True),
        ("security/detect-unsafe-regex", 2, False),
    ]


def test_clippy_only_where_it_is_sure() -> None:
    (issue,) = parse_clippy("\n".join(map(json.dumps, CLIPPY))) or []
    assert (issue.rule, issue.file, issue.line) == ("clippy::bad_bit_mask", "src/lib.rs", 2)


def test_clippy_on_what_does_not_compile_says_nothing() -> None:
    assert parse_clippy(json.dumps({"reason": "build-finished", "success": False})) is None
    assert parse_clippy(json.dumps({"reason": "build-finished", "success": True})) == []
    assert parse_clippy("error: no such command") is None


def test_gosec() -> None:
    issue = {"rule_id": "G204", "file": "/checkout/main.go", "line": "12-14", "severity": "HIGH", "confidence": "HIGH"}
    (found,) = parse_gosec(json.dumps({"Issues": [issue | {"details": "d", "code": "c"}], "Stats": {}})) or []
    assert (found.rule, found.line, found.grave) == ("G204", 12, True)


@pytest.mark.parametrize("parse", [parse_bandit, parse_semgrep, parse_eslint, parse_clippy, parse_gosec])
@pytest.mark.parametrize(
    "report", ["", "[" * 100_000, '{"results": 1, "Issues": {}}', '[1, {"messages": [3, {}]}]', "{}"]
)
def test_no_report_is_no_exception_and_no_clean_bill(parse: Callable[[str], list[Issue] | None], report: str) -> None:
    assert not parse(report)
    assert parse("") is None
    assert parse("{}") is None
