"""Runs pytest with a plug-in that writes down what is reported, and beside it what the tests really did.

Options by which a project's configuration leaves tests out by name, or only collects them, are set back.
"""

from __future__ import annotations

import unittest
from collections.abc import Callable, Generator

import pytest

_MESSAGE = 300
_NAMED = 50
"""How many tests of a kind are named."""


class Recorder:
    """The plug-in.

    Args:
        arm: Called when the tests begin.
        end: Leaves the report and the process, where the one test file is the engine's own. No configuration leaves
            that out, and nothing is waited for that comes after it.
    """

    def __init__(self, arm: Callable[[], None], end: Callable[[object, int], None] | None) -> None:
        self._arm = arm
        self._end = end
        self._neutral: dict[str, object] = {
            "deselect": None,
            "keyword": "",
            "collectonly": False,
            "setuponly": False,
            "setupplan": False,
        }
        if end is not None:
            self._neutral["markexpr"] = ""
        self._cases: dict[str, tuple[str, str]] = {}
        self._raised: dict[str, bool] = {}
        self._turned: list[str] = []
        self._left_out: list[str] = []
        self._collected = 0

    def told(self, status: int) -> dict[str, object]:
        """The report."""
        return {
            "runner": f"pytest {pytest.__version__}",
            "status": status,
            "tests": [[name, *case] for name, case in self._cases.items()],
            "collected": self._collected,
            "turned": self._turned[:_NAMED],
            "left_out": self._left_out[:_NAMED],
            "left_out_count": len(self._left_out),
        }

    def _set_back(self, config: pytest.Config) -> None:
        for name, value in self._neutral.items():
            if getattr(config.option, name, None):
                setattr(config.option, name, value)

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        self._set_back(config)
        if getattr(config.option, "numprocesses", None):
            self._arm()  # before other processes are started, which learn it by the environment alone

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        self._arm()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        self._set_back(session.config)  # once more: a conftest was configured in between

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if self._end is not None:
            self._end(self.told(int(exitstatus)), int(exitstatus))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        before = [item.nodeid for item in items]
        yield
        after = {item.nodeid for item in items}
        self._left_out = [name for name in before if name not in after]
        self._collected = len(after)

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, None]:
        # As the last of the wrappers: nothing of the project is between this and the test itself.
        outcome = yield
        info = getattr(outcome, "excinfo", None)
        raised = [] if info is None else [info[0]]
        # What tests of unittest raise is put aside there.
        raised += [each.type for each in getattr(item, "_excinfo", None) or ()]
        ways_out = (pytest.skip.Exception, pytest.xfail.Exception, unittest.SkipTest)
        self._raised[item.nodeid] = any(not issubclass(each, ways_out) for each in raised)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        known = self._cases.get(report.nodeid, ("", ""))[0]
        expected = hasattr(report, "wasxfail")
        if report.outcome == "failed":
            self._cases[report.nodeid] = ("failed", _why(report))
        elif report.outcome == "skipped" and known != "failed":
            self._cases[report.nodeid] = ("skipped", "expected to fail" if expected else _skipped(report))
        elif report.outcome == "passed" and report.when == "call":
            if self._raised.get(report.nodeid) and not expected:
                self._turned.append(report.nodeid)
            if known != "failed":
                self._cases[report.nodeid] = ("passed", "")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome == "failed":
            self._cases[report.nodeid or "collection"] = ("failed", _why(report))
        elif report.outcome == "skipped":
            self._cases[report.nodeid] = ("skipped", _skipped(report))


def run(
    arguments: list[str], arm: Callable[[], None], end: Callable[[object, int], None]
) -> tuple[dict[str, object], int]:
    """Run it; the report and the exit code."""
    planted = "--planted" in arguments
    recorder = Recorder(arm, end if planted else None)
    status = int(pytest.main([each for each in arguments if each != "--planted"], plugins=[recorder]))
    return recorder.told(status), status


def _why(report: pytest.TestReport | pytest.CollectReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message).strip().split("\n")[0][:_MESSAGE]
    lines = [line for line in str(report.longrepr or "").splitlines() if line.strip()]
    return lines[-1].strip()[:_MESSAGE] if lines else ""


def _skipped(report: pytest.TestReport | pytest.CollectReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    return str(reason).split("\n")[0][:_MESSAGE]
