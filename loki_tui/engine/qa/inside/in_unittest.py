"""Runs unittest with a result that writes down what became of each test: `in_unittest ROOTS... [--planted FILE]`.

A root is `START:TOP`, as `python3 -m unittest discover -s START -t TOP` takes them.
"""

from __future__ import annotations

import os
import sys
import unittest
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    _Raised = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

_MESSAGE = 300
_NO_TESTS = 5
_PATTERN = "*test*.py"
"""Both customs, `test_x.py` and `x_test.py`; who is no test file has no tests."""


class Recorder(unittest.TextTestResult):
    """Writes down what becomes of each test."""

    cases: dict[str, tuple[str, str]]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # as the runner makes them
        self.cases = {}

    def _note(self, test: unittest.TestCase, outcome: str, message: str = "") -> None:
        if self.cases.get(test.id(), ("",))[0] != "failed":
            self.cases[test.id()] = (outcome, message)

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self._note(test, "passed")

    def addError(self, test: unittest.TestCase, err: _Raised) -> None:
        super().addError(test, err)
        self._note(test, "failed", _why(err))

    def addFailure(self, test: unittest.TestCase, err: _Raised) -> None:
        super().addFailure(test, err)
        self._note(test, "failed", _why(err))

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._note(test, "skipped", str(reason).split("\n")[0][:_MESSAGE])

    def addExpectedFailure(self, test: unittest.TestCase, err: _Raised) -> None:
        super().addExpectedFailure(test, err)
        self._note(test, "skipped", "expected to fail")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        super().addUnexpectedSuccess(test)
        self._note(test, "failed", "passed, but was expected to fail")

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: _Raised | None) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(test, "failed", _why(err))


class Suite(unittest.TestSuite):
    """A suite that goes on where `setUpClass` raises what is no `Exception`, as pytest does."""

    def _handleClassSetUp(self, test: unittest.TestCase, result: unittest.TestResult) -> None:
        with _Noting(test, result):
            super()._handleClassSetUp(test, result)  # type: ignore[misc] # there since Python 2.7


class _Noting:
    """Writes an error in `setUpClass` down and ends it."""

    def __init__(self, test: unittest.TestCase, result: unittest.TestResult) -> None:
        self._class = type(test)
        self._result = result

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException, trace: TracebackType) -> bool:
        if kind is None or issubclass(kind, (KeyboardInterrupt, SystemExit)):
            return False
        setattr(self._class, "_classSetupFailed", True)  # noqa: B010 - it is declared nowhere
        name = f"setUpClass ({self._class.__module__}.{self._class.__qualname__})"
        holder = unittest.suite._ErrorHolder(name)  # type: ignore[attr-defined] # noqa: SLF001 - as unittest does
        self._result.addError(holder, (kind, error, trace))
        return True


def run(
    arguments: list[str],
    arm: Callable[[], None],
    end: Callable[[object, int], None],  # noqa: ARG001 - for pytest
) -> tuple[dict[str, object], int]:
    """Run them; the report and the exit code."""
    checks = _checks()
    loader = unittest.TestLoader()
    loader.suiteClass = Suite
    suite = Suite()
    for argument in arguments:
        start, _, top = argument.partition(":")
        directory, name = os.path.split(start) if start.endswith(".py") else (start, _PATTERN)
        suite.addTests(loader.discover(directory or ".", pattern=name, top_level_dir=top or None))
    count = suite.countTestCases()
    arm()
    result = unittest.TextTestRunner(sys.stderr, verbosity=2, resultclass=Recorder).run(suite)
    changed = [name for name, check in _checks().items() if checks.get(name) is not check]
    status = 1 if not result.wasSuccessful() else 0 if result.testsRun else _NO_TESTS
    cases = result.cases if isinstance(result, Recorder) else {}
    tests = [[name, *case] for name, case in cases.items()]
    told = {"runner": "unittest", "status": status, "tests": tests, "collected": count, "changed": changed[:50]}
    return told, status


def _checks() -> dict[str, Callable[..., object]]:
    """What tests check with, and what runs them: nothing a project may put something else in the place of."""

    def found() -> Iterator[tuple[str, Callable[..., object]]]:
        for owner in (
            unittest.TestCase,
            unittest.TestResult,
            unittest.TextTestResult,
            unittest.TestSuite,
            unittest.TextTestRunner,
            Recorder,
        ):
            for name, value in vars(owner).items():
                if callable(value):
                    yield f"unittest.{owner.__name__}.{name}", value

    return dict(found())


def _why(err: _Raised) -> str:
    name, text = type(err[1]).__name__, str(err[1]).strip().split("\n")[0]
    return f"{name}: {text}"[:_MESSAGE] if text else name
