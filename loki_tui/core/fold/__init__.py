"""The one reducer: events in, `RunState` out. Every face, the engine and resume use it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from loki_tui.core.events import Record
from loki_tui.core.fold import life, parallel, proof, work
from loki_tui.core.fold.parallel import apply_in_stream
from loki_tui.core.fold.reducer import apply_event
from loki_tui.core.state import RunState

VERSION: Final = 6
"""Of the fold and of the shape of its state: states that another one journaled are not taken up."""

RULES: Final = (life, work, proof, parallel)
"""The modules whose rules are registered."""


def fold(records: Iterable[Record], *, run: str = "") -> RunState:
    """The state after all of these records."""
    state = RunState(run=run)
    for record in records:
        apply(state, record)
    return state


def apply(state: RunState, record: Record) -> None:
    """Take one more record into a state."""
    state.seq = record.seq
    state.at = record.at
    if record.stream is None:
        apply_event(record.event, state)
    else:
        apply_in_stream(record.event, state, record.stream)
