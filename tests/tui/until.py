"""Waiting, in tests of the application, for what it does on threads of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from textual.widgets import Input

from loki_tui.tui.app import LokiApp
from loki_tui.tui.screens.dialogs import AskScreen

PATIENCE = 20.0
"""Seconds a wait may take; far more than any does on a quiet machine."""


class Pausing(Protocol):
    """A pilot of whatever application."""

    async def pause(self, delay: float | None = None) -> None:
        """Let the application work."""


async def until(pilot: Pausing, condition: Callable[[], object], what: str = "") -> None:
    """Let the application work until something is so.

    Args:
        pilot: Of the application.
        condition: Asked again and again.
        what: What is waited for, in words, for the error.

    Raises:
        AssertionError: It did not come to that in time.
    """
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what or condition}"
        await pilot.pause(0.01)


def asking(app: LokiApp) -> bool:
    """Whether a dialogue with a line to write on is there, and takes keys."""
    return isinstance(app.screen, AskScreen) and isinstance(app.focused, Input)
