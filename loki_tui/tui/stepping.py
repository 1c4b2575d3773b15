"""Which events are a step when a person moves through time: those the activity has an item for."""

from __future__ import annotations

from loki_tui.core.events import KINDS
from loki_tui.tui.feed import SILENT

STEPS = frozenset(KINDS) - SILENT
"""Kinds of events to stop at."""
