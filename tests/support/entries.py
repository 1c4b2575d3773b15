"""Runs of a list, made up: for what is said of them and made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from loki_tui.core.messages import Usage
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.runs import RunEntry
from loki_tui.store.paths import StateDirectory
from loki_tui.store.project import Project

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entry(*, workspace: str = "/w", **fields: object) -> RunEntry:
    """A completed run of ten iterations and an hour, which cost four dollars."""
    given: dict[str, object] = {
        "run": "r1",
        "project": Project(StateDirectory(root=Path("/state"), workspace=Path(workspace))),
        "prd_path": "/w/prd.md",
        "created_at": BEGAN,
        "last_seq": 9,
        "outcome": Status.COMPLETED,
        "engine": None,
        "status": Status.COMPLETED,
        "reason": "done",
        "iterations": 10,
        "max_iterations": 1000,
        "spent": Decimal(4),
        "limit": None,
        "unpriced": 0,
        "usage": Usage(input_tokens=1_000_000, output_tokens=100_000),
        "provider": "anthropic",
        "models": Settings().models,
        "requirements": 5,
        "prd_bytes": 1000,
        "branch": "loki/r1",
        "last_at": BEGAN + timedelta(hours=1),
        "waiting_approvals": 0,
    }
    return RunEntry(**(given | fields))  # type: ignore[arg-type]
