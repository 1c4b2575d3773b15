"""What one stream may have of a run: its part of the money and the iterations, and which checks it is held to.

The run's own cap holds whatever is shared out here: a share only keeps one stream from using up what others need.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from typing import Final

from loki_tui.core.settings import Settings
from loki_tui.core.state import RunState, Stream
from loki_tui.engine.qa.phases import THOROUGH

KEPT_BACK: Final = Decimal("0.25")
"""Of what is left, for bringing streams together and for judging the whole."""

_STEP = Decimal("0.0001")


def share_of(run: RunState, stream: Stream) -> Decimal | None:
    """What a stream may spend, as the books stand: by how many requirements it has among those not begun yet.

    Returns:
        None where the run has no budget.
    """
    left = run.books.left
    if left is None:
        return None
    # What others may still spend of their shares is not there to be shared out again.
    promised = sum((_rest(each) for each in run.streams.values() if each.is_open), Decimal(0))
    free = max(Decimal(0), left * (1 - KEPT_BACK) - promised)
    weight = len(stream.planned.requirements)
    return (free * weight / max(weight, _weight(run))).quantize(_STEP, rounding=ROUND_DOWN)


def iterations_of(run: RunState, settings: Settings, stream: Stream) -> int:
    """How many iterations a stream may take: at least one."""
    left = settings.max_iterations - run.total_iterations
    return max(1, left * len(stream.planned.requirements) // max(1, _weight(run) + 1))


def _weight(run: RunState) -> int:
    return sum(len(each.planned.requirements) for each in _to_begin(run))


def _to_begin(run: RunState) -> Iterable[Stream]:
    return (each for each in run.streams.values() if each.started is None and each.finished is None)


def _rest(stream: Stream) -> Decimal:
    left = stream.state.books.left
    return max(Decimal(0), left) if left is not None else Decimal(0)


def settings_of_stream(settings: Settings, stream: Stream, *, seconds_gone: float) -> Settings:
    """What a stream is held to: the quick facts. What takes long, and every opinion, is about the whole.

    Args:
        settings: The run's.
        stream: Whose they are to be; it has begun.
        seconds_gone: How long the run had been going by then.
    """
    started = stream.started
    assert started is not None
    off: dict[str, object] = {phase.setting: False for phase in THOROUGH}
    duration = None if settings.max_duration is None else max(0.001, settings.max_duration - seconds_gone)
    return settings.model_copy(
        update={
            **off,
            "council_enabled": False,
            "phase_code_review": False,
            "perpetual_mode": False,
            "max_iterations": started.max_iterations or settings.max_iterations,
            "max_duration": duration,
        }
    )
