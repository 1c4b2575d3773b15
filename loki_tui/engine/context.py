"""What all parts of an engine share while they work on one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loki_tui.core.settings import Settings
from loki_tui.engine.approvals import Approvals
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.control import Control
from loki_tui.engine.outside.ports import OutsideAgent
from loki_tui.engine.places import Places
from loki_tui.engine.ports import Clock, CommandPolicy, Live, Prices


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run, and the means to work on it."""

    chronicle: Chronicle
    control: Control
    settings: Settings
    prices: Prices
    clock: Clock
    redact: Callable[[str], str]
    """Takes secrets out of text before it is kept or shown to a model."""
    places: Places
    """Whoever works holds one, whatever kind of agent it is."""
    live: Live
    policy: CommandPolicy
    """What the rules say of shell commands."""
    approvals: Approvals
    """Asks a person before something happens."""
    outside: OutsideAgent | None = None
    """Does the iterations in the built-in agent's place; none where that does them."""
