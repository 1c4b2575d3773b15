"""All QA phases, in the order they are measured."""

from __future__ import annotations

from typing import Final

from loki_tui.engine.qa.accessibility import Accessibility
from loki_tui.engine.qa.api import ApiTests
from loki_tui.engine.qa.e2e import E2eTests
from loki_tui.engine.qa.hollow import TestStrength
from loki_tui.engine.qa.performance import Performance
from loki_tui.engine.qa.phase import Phase
from loki_tui.engine.qa.regression import Regression
from loki_tui.engine.qa.security import Security
from loki_tui.engine.qa.unit import UnitTests

QUICK: Final[tuple[Phase, ...]] = (UnitTests(), Regression())
"""Measured after every iteration."""

THOROUGH: Final[tuple[Phase, ...]] = (
    TestStrength(),
    Security(),
    ApiTests(),
    E2eTests(),
    Accessibility(),
    Performance(),
)
"""Measured once completion is claimed and nothing quick speaks against it."""

PHASES: Final[tuple[Phase, ...]] = (*QUICK, *THOROUGH)


def by_name(name: str) -> Phase | None:
    """The phase of this name, however it is capitalised; none where there is none."""
    return next((phase for phase in PHASES if phase.name.casefold() == name.casefold()), None)
