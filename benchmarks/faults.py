"""A provider that fails in mid-answer: who goes on, and who dies. Run for real, in the third turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import scenario
from benchmarks.figures import Effort, Figure
from benchmarks.trial import Contestant, run_trial

Body = dict[str, Any]

_BREAKS = {
    "connection reset": "reset",
    "malformed stream": "garble",
    "overload reported": "report",
    "clean end, but early": "end",
}
_AFTER = 6
"""Events that arrive: a sentence, the beginning of a tool call, and the first piece of its input."""
_SETTINGS = {"LOKI_RETRY_BASE_SECONDS": "0.05"}


def measure(effort: Effort) -> Iterator[Figure]:
    del effort  # It goes on, or it does not.
    for name, how in _BREAKS.items():
        broken = {"how": how, "after": _AFTER, "reply": scenario.long_write()}
        script = [*scenario.work(2), {"break": broken}, *scenario.work(5)[2:], scenario.finish()]
        ours, floor = (_finishes("ours", script), _finishes("floor", script))
        yield Figure(f"{name} in mid-stream: work finished", "runs", ours, floor, "at least", 1)


def _finishes(who: Contestant, script: Sequence[Body]) -> int:
    trial = run_trial(who, script, settings=_SETTINGS)
    return int(trial.exit_code == 0 and len(trial.arrivals) == len(script))
