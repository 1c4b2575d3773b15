"""What was red before anybody worked: no stream is held to that, and the work as a whole is all the same.

The base is measured once, and only when something red turns up: a base that is green costs nothing.
"""

from __future__ import annotations

import asyncio
from typing import Final

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError
from loki_tui.core.vocabulary import TestCase, Verdict
from loki_tui.engine.context import RunContext
from loki_tui.engine.ports import Checkouts
from loki_tui.engine.qa.phase import Measured
from loki_tui.engine.qa.scene import Place
from loki_tui.engine.qa.testing import run_tests

NAMED: Final = 5
"""Tests that are named."""


class AlreadyRed:
    """Knows which tests failed at the commit that a parallel run began at.

    Args:
        context: The run.
        checkouts: Makes clean checkouts of its first checkpoint.
    """

    def __init__(self, context: RunContext, checkouts: Checkouts) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._checkouts = checkouts
        self._turn = asyncio.Lock()
        self._failing: frozenset[str] | None = None
        self._told = False

    async def excuse(self, measured: Measured) -> str:
        """Why what unit tests found red is not the fault of a stream; empty where it is, or nobody knows.

        Only tests tell: what fails is named, each failed before, and nothing else speaks against the work.
        """
        failing = _failing(measured)
        if not failing or not failing <= await self._before():
            return ""
        named = ", ".join(sorted(failing)[:NAMED]) + ("" if len(failing) <= NAMED else " …")
        if not self._told:
            self._told = True
            text = f"These tests fail since before the run, so no stream is held to them; the whole is: {named}"
            self._chronicle.note(ev.Warned(message=text))
        return f"failed before the run, too: {named}"

    async def _before(self) -> frozenset[str]:
        async with self._turn:
            if self._failing is None:
                self._failing = await self._measured()
            return self._failing

    async def _measured(self) -> frozenset[str]:
        first = self._chronicle.run.first_checkpoint
        if first is None or not first.files:
            return frozenset()
        try:
            workspace = await self._checkouts.open(first.checkpoint)
            try:
                # Written before an agent began: there is no need to try whether its runner tells the truth.
                run = await run_tests(Place(workspace), self._context.settings, plant=False)
            finally:
                await workspace.close()
        except LokiError:
            return frozenset()
        return frozenset(case.id for case in run.cases if case.outcome == "failed")


def _failing(measured: Measured) -> frozenset[str]:
    """The tests that fail, where they are all that is red; empty where that cannot be told."""
    failed: list[TestCase] = [case for case in measured.tests if case.outcome == "failed"]
    counted = measured.counts is not None and measured.counts.failed == len(failed)
    doubtful = any(check.verdict is not Verdict.PASSED for check in measured.checks)
    if measured.verdict is not Verdict.FAILED or not counted or doubtful:
        return frozenset()
    return frozenset(case.id for case in failed)
