"""What every test runner is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from loki_tui.core.vocabulary import Check, Counts, Finding, TestCase
from loki_tui.engine.ports import ActionResult
from loki_tui.engine.qa.scene import Place

SUMMARY = "the runner leaves no report of each test; its closing summary is believed"


@dataclass(frozen=True, slots=True)
class Report:
    """What a runner reported."""

    cases: tuple[TestCase, ...] = ()
    counts: Counts | None = None
    """None where neither a report nor a summary says."""
    each: bool = True
    """Whether there is a report of each test, and not merely a summary."""
    doubts: tuple[str, ...] = ()
    """Why it is not to be believed, one line each."""
    missing: str = ""
    """What has to be installed before a test can run, in one line."""
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of a whole suite."""

    result: ActionResult
    report: Report


class Runner(Protocol):
    """One way to run a project's tests."""

    @property
    def name(self) -> str:
        """Such as `pytest`."""
        ...

    @property
    def command(self) -> str:
        """What a person types to run the same tests."""
        ...

    async def run(self, place: Place, timeout: float) -> Ran:
        """Run all tests."""
        ...

    async def doubt(self, place: Place, timeout: float) -> str | None:
        """Plant a test that must fail, in the place that the suite ran in, and see whether the runner says so.

        Returns:
            Why the runner is not to be believed; empty where it is, none where this runner is not tried.
        """
        ...
