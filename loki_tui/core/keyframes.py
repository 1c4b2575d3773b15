"""States in the journal: a run as it was right after one event, so that nobody has to fold from the first one.

A keyframe only saves time. Whoever finds one of another version, or one that makes no sense, passes it
over and folds from further back.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Final

from pydantic import TypeAdapter, ValidationError

from loki_tui.core.fold import VERSION
from loki_tui.core.state import RunState

EVERY: Final = 250
"""Events between two keyframes: at most so many are folded to reach any moment of a run."""

PASSING: Final = 200
"""Most keyframes that are held in memory: a megabyte or two."""

_LEVEL: Final = 1
"""Of compression: a fifth of the size for a third of the time that the JSON itself takes."""


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A state as it is journaled."""

    seq: int
    """The last event in it."""
    version: int
    """`loki_tui.core.fold.VERSION` of who made it."""
    body: bytes
    """The state as JSON, compressed."""


def keyframe_of(state: RunState) -> Keyframe:
    """A state, to be journaled."""
    return Keyframe(state.seq, VERSION, zlib.compress(_states().dump_json(state), _LEVEL))


def state_in(keyframe: Keyframe, *, run: str) -> RunState | None:
    """The state that was journaled; none where it is of another version, damaged, or another run's."""
    if keyframe.version != VERSION:
        return None
    try:
        state = _states().validate_json(zlib.decompress(keyframe.body))
    except (zlib.error, ValidationError):
        return None
    if (state.run, state.seq) != (run, keyframe.seq):
        return None
    _bound(state)
    return state


def _bound(state: RunState) -> None:
    """Have what forgets its oldest go on doing so: JSON knows lists, not how long they may become."""
    fresh = RunState()
    for name in (each.name for each in fields(RunState)):
        if isinstance(bounded := getattr(fresh, name), deque):
            setattr(state, name, deque(getattr(state, name), maxlen=bounded.maxlen))
    for stream in state.streams.values():
        _bound(stream.state)


def nearest_state(keyframes: Iterable[Keyframe], *, run: str, after: int = 0) -> RunState | None:
    """The first of these states that can be used; none where there is none.

    Args:
        keyframes: Latest first.
        run: Whose.
        after: What is not later than this is of no use.
    """
    for keyframe in keyframes:
        if keyframe.seq <= after:
            return None
        if (state := state_in(keyframe, run=run)) is not None:
            return state
    return None


class PassingKeyframes:
    """A few keyframes in memory, for whoever looks through a journal that has none it can use.

    They lie the further apart the longer the journal is, so that there are never many.
    """

    def __init__(self) -> None:
        self._kept: list[Keyframe] = []
        self._apart = EVERY * 4

    def until(self, seq: int) -> Iterator[Keyframe]:
        """Those with no event after this one in them, latest first."""
        return (keyframe for keyframe in reversed(self._kept) if keyframe.seq <= seq)

    def offer(self, state: RunState) -> None:
        """Keep a state if it is far enough from the last one."""
        if state.seq < (self._kept[-1].seq if self._kept else 0) + self._apart:
            return
        self._kept.append(keyframe_of(state))
        if len(self._kept) > PASSING:
            del self._kept[::2]
            self._apart *= 2


@cache
def _states() -> TypeAdapter[RunState]:
    # Built when first used: it takes some 40 ms, and most commands need no state.
    return TypeAdapter(RunState)
