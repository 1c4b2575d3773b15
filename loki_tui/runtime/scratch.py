"""Room for a command that measures without a run: below the project's state, where no agent can write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loki_tui.hands.held import clear_unheld, make_held
from loki_tui.store.files import PRIVATE, writing
from loki_tui.store.paths import StateDirectory


@contextmanager
def scratch(state: StateDirectory) -> Iterator[Path]:
    """A private directory, gone with the context's end; what commands that were killed left of theirs goes first.

    Raises:
        UsageError: The state directory cannot be written, or belongs to another workspace.
        JournalError: The disk is full.
    """
    state.prepare()
    place = state.root / "measuring"
    with writing(place):
        place.mkdir(mode=PRIVATE, exist_ok=True)
        clear_unheld(place)
        room = make_held(place)
    try:
        yield room.path
    finally:
        room.remove()
