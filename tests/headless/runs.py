"""Records of a small run, for faces to show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core.events import Event, Record
from loki_tui.core.vocabulary import Confinement

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)

CREATED = ev.RunCreated(
    prd_path="/p/prd.md",
    prd="0" * 64,
    workspace="/p",
    provider="anthropic",
    models={"work": "a-model"},
    settings={},
    version="1",
    max_iterations=3,
    budget=Decimal(5),
)
STARTED = ev.EngineStarted(pid=7, host="here", confinement=Confinement(rung="landlock", detail="ABI 7"), resumed=False)


def recorded(*events: Event) -> list[Record]:
    """Events as a journal hands them out, a second apart."""
    return [
        Record(seq=seq, at=BEGAN + timedelta(seconds=seq), event=event, stream=None)
        for seq, event in enumerate(events, start=1)
    ]
