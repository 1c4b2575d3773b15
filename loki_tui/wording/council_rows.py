"""A run's completion council as JSON objects: its rules, when it sits next, and every sitting."""

from __future__ import annotations

from dataclasses import dataclass

from loki_tui.core.events import CouncilConvened, RunCreated
from loki_tui.core.messages import JsonObject
from loki_tui.core.settings import Settings
from loki_tui.core.state import RunState
from loki_tui.runtime.sittings import Sitting
from loki_tui.wording.amounts import counted


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of a run's council, as the run began with them."""

    enabled: bool
    size: int
    threshold: int
    interval: int
    least: int
    """Iterations before the first sitting that nobody asked for."""
    calibration: int
    limit: int
    """Iterations without change that end the run."""


def rules_of(created: RunCreated | None) -> Rules:
    """The council's settings that a run began with."""

    def number(name: str) -> int:
        recorded = created.settings.get(name) if created else None
        value = Settings.model_fields[name].default if recorded is None else recorded
        return int(value) if isinstance(value, int) else 0

    return Rules(
        enabled=bool(number("council_enabled")),
        size=number("council_size"),
        threshold=number("council_threshold"),
        interval=number("council_check_interval"),
        least=number("council_min_iterations"),
        calibration=number("council_calibration_interval"),
        limit=number("council_stagnation_limit"),
    )


# -- when it sits next --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """When the council sits next without being asked, and why."""

    iteration: int | None
    why: str


def next_sitting(state: RunState, rules: Rules) -> Due:
    """When the council sits next: what a claim or a person brings about comes before it."""
    council = state.council
    if not rules.enabled:
        return Due(None, "never: switched off by LOKI_COUNCIL_ENABLED")
    if state.status.ended:
        return Due(None, "never: the run has ended")
    if council.convened is not None and council.decided is None:
        return Due(council.convened.iteration, "it is sitting now")
    if state.review_forced:
        return Due(state.iterations_begun, f"at the next opportunity: {state.review_forced} asked for it")
    last = council.convened.iteration if council.convened else 0
    # As the engine decides it: at every multiple of the interval. The iteration that is open counts.
    number = max(rules.least, last + 1, state.iterations_begun, 1)
    due = -(-number // max(1, rules.interval)) * max(1, rules.interval)
    every = f"every {counted(rules.interval, 'iteration')}, not before iteration {rules.least:,}"
    return Due(due, f"after iteration {due:,}: {every}; before that where the facts bear out a claim of completion")


# -- status -------------------------------------------------------------------------------------


def status_row(state: RunState, rules: Rules) -> JsonObject:
    """The same as one object."""
    due, council = next_sitting(state, rules), state.council
    return {
        "run": state.run,
        "enabled": rules.enabled,
        "size": rules.size,
        "threshold": rules.threshold,
        "check_interval": rules.interval,
        "min_iterations": rules.least,
        "calibration_interval": rules.calibration,
        "next": {"iteration": due.iteration, "why": due.why},
        "forced_by": state.review_forced or None,
        "last": None if council.convened is None else sitting_row(latest_sitting(state, council.convened)),
        "calibration": {
            member: {
                "shown": calibration.shown,
                "caught": calibration.caught,
                "rate": round(calibration.caught / calibration.shown, 3) if calibration.shown else None,
            }
            for member, calibration in state.calibrations.items()
        },
    }


def latest_sitting(state: RunState, convened: CouncilConvened) -> Sitting:
    """The sitting that a state holds."""
    return Sitting(convened, state.at, votes=list(state.council.votes), decided=state.council.decided)


def sitting_row(sitting: Sitting) -> JsonObject:
    """A sitting as one object."""
    convened, decided = sitting.convened, sitting.decided
    return {
        "sitting": convened.sitting,
        "at": sitting.at.isoformat(),
        "trigger": convened.trigger,
        "reason": convened.reason,
        "iteration": convened.iteration,
        "tree": convened.tree or None,
        "members": list(convened.members),
        "votes": [vote.model_dump(mode="json", exclude={"kind", "sitting"}) for vote in sitting.votes],
        "decided": decided is not None,
        "approved": None if decided is None else decided.approved,
        "decision": None if decided is None else decided.reason,
        "approving": None if decided is None else decided.approving,
        "needed": None if decided is None else decided.needed,
        "calibrations": [each.model_dump(mode="json", exclude={"kind", "sitting"}) for each in sitting.calibrations],
    }
