"""What a person who is elsewhere is told of a run."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from loki_tui.core.messages import Frozen

About = Literal["waiting", "budget_warning", "budget_reached", "completed", "failed", "test"]
"""What a notice is about."""


class Notice(Frozen):
    """One thing to tell."""

    about: About
    run: str
    project: str
    title: str
    text: str
    at: datetime
    spent: str = ""
    """US dollars."""
    limit: str = ""
    """US dollars; empty where there is no budget."""


class Delivery(Frozen):
    """What became of a notice on one channel."""

    about: About
    channel: str
    ok: bool
    attempts: int
    at: datetime
    error: str = ""
