"""Tests of changed code that the one command does not run are named: what was not run was not seen to pass."""

from __future__ import annotations

import pytest

from loki_tui.core.vocabulary import TestCase, Verdict
from loki_tui.engine.qa.elsewhere import left_elsewhere

PYTHON = ("pyproject.toml", "app.py", "tests/test_app.py")
FRONTEND = ("web/package.json", "web/index.js", "web/test/a.test.js")
GO = ("svc/go.mod", "svc/main.go", "svc/main_test.go")


def named(files: tuple[str, ...], changed: str, runner: str, *cases: str) -> str:
    found = left_elsewhere(
        files, [changed], runner=runner, cases=[TestCase(id=case, outcome="passed") for case in cases]
    )
    assert found is None or found.verdict is Verdict.NOT_RUN
    return "" if found is None else found.why


@pytest.mark.parametrize(
    ("files", "changed", "runner", "cases", "part"),
    [
        ((*PYTHON, *FRONTEND), "web/index.js", "pytest", ("tests/test_app.py::test_it",), "JavaScript in web"),
        ((*PYTHON, *FRONTEND), "web/test/a.test.js", "pytest", (), "JavaScript in web"),
        ((*PYTHON, *GO), "svc/main.go", "unittest", (), "Go in svc"),
        (("go.mod", "x.go", *GO), "svc/main.go", "go", (), "Go in svc"),
        (("package.json", "test/b.test.js", *PYTHON), "app.py", "node", ("test/b.test.js::b",), "Python in the root"),
        (("package.json", "test/b.test.js", *FRONTEND), "web/index.js", "node", ("test/b.test.js::b",), "in web"),
        (("Cargo.toml", "src/lib.rs", *PYTHON), "app.py", "cargo", ("works",), "Python in the root"),
    ],
)
def test_what_is_not_run_is_named(
    files: tuple[str, ...], changed: str, runner: str, cases: tuple[str, ...], part: str
) -> None:
    why = named(files, changed, runner, *cases)
    assert part in why
    assert "LOKI_TEST_COMMAND" in why


@pytest.mark.parametrize(
    ("files", "changed", "runner", "cases"),
    [
        ((*PYTHON, *FRONTEND), "app.py", "pytest", ("tests/test_app.py::test_it",)),
        ((*PYTHON, *FRONTEND), "web/README.md", "pytest", ()),
        ((*PYTHON, "packages/a/pyproject.toml", "packages/a/a.py"), "packages/a/a.py", "pytest", ()),
        (("go.work", *GO), "svc/main.go", "go", ()),
        (("package.json", *FRONTEND), "web/index.js", "npm", ("web/test/a.test.js::a",)),
        (("package.json", *FRONTEND), "web/index.js", "npm", ()),
        ((*PYTHON, *FRONTEND), "web/index.js", "custom", ()),
        ((*PYTHON, *FRONTEND), "web/index.js", "make", ()),
        ((*PYTHON, "docs/package.json", "docs/conf.js"), "docs/conf.js", "pytest", ()),
    ],
)
def test_what_is_run_or_has_no_tests_is_not(
    files: tuple[str, ...], changed: str, runner: str, cases: tuple[str, ...]
) -> None:
    assert named(files, changed, runner, *cases) == ""
