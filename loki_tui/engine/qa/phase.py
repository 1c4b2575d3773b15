"""A QA phase: what every one of them is given, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from loki_tui.core.vocabulary import Check, Counts, Finding, TestCase, Verdict
from loki_tui.engine.qa.scene import Scene

UNIT_TESTS = "unit tests"
API_TESTS = "API tests"
E2E_TESTS = "E2E tests"
SECURITY = "security"
PERFORMANCE = "performance"
ACCESSIBILITY = "accessibility"
REGRESSION = "regression"
TEST_STRENGTH = "test strength"
DELIVERED = "delivered tests"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a phase found on one checkpoint."""

    verdict: Verdict
    why: str
    """One line, in words for the agent and the person alike."""
    command: str = ""
    exit_code: int | None = None
    counts: Counts | None = None
    output: str = ""
    seconds: float = 0.0
    """That its commands took."""
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()
    tests: tuple[TestCase, ...] = ()


class Phase(Protocol):
    """One kind of measurement. It holds nothing: what it knows is in the scene."""

    name: str
    """As every face shows it."""
    setting: str
    """The setting that switches it."""
    required: bool
    """Whether nothing is complete without its `passed`; of others, no red is enough."""
    thorough: bool
    """Whether it waits until completion is claimed: it takes long, or looks at what is still being built."""

    async def measure(self, scene: Scene) -> Measured:
        """Measure it.

        Raises:
            loki_tui.core.errors.LokiError: The hands died, or a checkout could not be made: nothing was measured.
        """
        ...
