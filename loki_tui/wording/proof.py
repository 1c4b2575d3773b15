"""What was measured and judged, in words that every face has for it. Unknown and stale never sound like success."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from loki_tui.core.events import CouncilConvened, CouncilDecided, PhaseFinished, ReviewSubmitted
from loki_tui.core.state import Calibration, Judged, RunState
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Check, Finding, Proof, Verdict
from loki_tui.wording.amounts import counted, in_seconds

PHASES: Final[Mapping[str, str]] = {
    "unit tests": "phase_unit_tests",
    "regression": "phase_regression",
    "test strength": "phase_test_strength",
    "security": "phase_security",
    "API tests": "phase_api_tests",
    "E2E tests": "phase_e2e_tests",
    "accessibility": "phase_accessibility",
    "performance": "phase_performance",
    "code review": "phase_code_review",
}
"""QA phases in the order in which they are shown, each with the setting that switches it."""

DEFAULTS: Final[Mapping[str, int]] = {
    **dict.fromkeys(PHASES.values(), True),
    "council_enabled": True,
    "council_check_interval": 5,
    "council_min_iterations": 3,
    "council_stagnation_limit": 5,
    "perpetual_mode": False,
}
"""What holds where a run's settings do not say otherwise.

Repeated here, since the settings take as long to load as all the panes together.
"""

CHARS, LONG_CHARS = 300, 1_200
"""Characters of a foreign text that are looked at for a row, and for several: as many as there is room for.

To clean and measure one costs 0.5 µs a character, and there may be hundreds of them.
"""

STREAK = 2
"""Iterations without progress from which that is a warning."""


def given(state: RunState, name: str) -> int:
    """A setting as the run was begun with it."""
    value = state.created.settings.get(name) if state.created is not None else None
    return value if isinstance(value, int) else DEFAULTS[name]


def short(text: str, chars: int = CHARS) -> str:
    """The beginning of a foreign text, as one harmless line."""
    return one_line(text) if len(text) <= chars else f"{one_line(text[:chars])}…"


# -- phases -------------------------------------------------------------------------------------


def measured(state: RunState) -> list[PhaseFinished]:
    """What was measured, in the order in which phases are shown; those of unknown names last."""
    known = [state.phases[name] for name in PHASES if name in state.phases]
    return [*known, *(fact for name, fact in state.phases.items() if name not in PHASES)]


def unmeasured(state: RunState) -> list[str]:
    """The phases that are on and were never measured."""
    return [name for name, setting in PHASES.items() if name not in state.phases and given(state, setting)]


def switched_off(state: RunState) -> list[str]:
    """The phases that are off."""
    return [name for name, setting in PHASES.items() if not given(state, setting)]


def verdict_text(state: RunState, fact: PhaseFinished) -> str:
    """What a phase found, and whether that still holds."""
    word = fact.verdict.replace("_", " ")
    # The files it covers have changed since: nobody knows what it would say now.
    return f"stale, was {word}" if state.stale(fact) else word


def again_text(state: RunState, phase: str) -> str:
    """That a phase goes on failing in the same way; empty where it does not."""
    times = state.repeated.get(phase, 0)
    return f"the same {times:,} times in a row" if times >= STREAK else ""


def check_text(check: Check) -> str:
    """What one tool of a phase found."""
    code = "" if check.exit_code is None else f" (exit {check.exit_code}, {in_seconds(check.seconds)})"
    return f"{short(check.name)} {check.verdict.replace('_', ' ')}: {short(check.why)}{code}"


def place_text(finding: Finding) -> str:
    """Where a finding is; empty where that is not said."""
    return f"{short(finding.file)}{f':{finding.line}' if finding.line is not None else ''}" if finding.file else ""


def finding_text(finding: Finding) -> str:
    """How grave a finding is, where it is, and what it is."""
    place = place_text(finding)
    return f"{finding.severity}{f' {place}' if place else ''}: {short(finding.message)}"


def found_text(fact: PhaseFinished | ReviewSubmitted) -> str:
    """How many findings there are, the graver ones counted apart; empty where there are none."""
    grave = sum(finding.severity in {"critical", "high"} for finding in fact.findings)
    if not fact.findings:
        return ""
    return f"{counted(len(fact.findings), 'finding')}{f', {grave:,} of them grave' if grave else ''}"


def review_text(state: RunState, review: ReviewSubmitted) -> str:
    """What a reviewer came to, and whether that is about the work as it is."""
    if review.void:
        return f"gave no usable review: {short(review.void)}"
    verdict = "passes it" if review.verdict == "pass" else "fails it"
    return f"{verdict}, as it was before it changed" if stale_review(state, review) else verdict


def stale_review(state: RunState, review: ReviewSubmitted) -> bool:
    """Whether a review is about other files than there are now, or nobody knows which."""
    return review.tree != state.tree


# -- requirements -------------------------------------------------------------------------------


def shown_by(judged: Judged) -> str:
    """What shows a requirement, or is said to; empty where nothing was named."""
    if judged.tests:
        return f"shown by {named_text(judged.tests)}"
    return f"the agent names {named_text(judged.claimed)}" if judged.claimed else ""


def named_text(names: Sequence[str]) -> str:
    """Some names in a line, as many as one may have room for."""
    return short(", ".join(name[:CHARS] for name in names[:CHARS]))


def evidence_text(judged: Judged, chars: int = CHARS) -> str:
    """What a requirement's proof rests on, or what is missing, in a line; empty before anything is known."""
    evidence = short(judged.evidence, chars) or shown_by(judged)
    if judged.proof is Proof.STALE:
        return f"the files have changed since; it was {evidence or 'proven'}"
    return evidence


# -- the council --------------------------------------------------------------------------------

_TRIGGERS = {
    "claim": "at a claim of completion",
    "interval": "since it was time again",
    "forced": "since a person asked for it",
}


def convened_text(convened: CouncilConvened) -> str:
    """When the council was called together, and what for."""
    after = f"after iteration {convened.iteration:,}, " if convened.iteration else ""
    return f"{after}{_TRIGGERS[convened.trigger]}"


def judged_text(state: RunState) -> tuple[str, bool]:
    """Which state of the work the council's latest sitting is about.

    Returns:
        In words; and whether that is the work as it is now.
    """
    council = state.council
    tree = council.decided.tree if council.decided is not None else ""
    tree = tree or (council.convened.tree if council.convened is not None else "")
    if not tree:
        return "on a state of the work that was not recorded", False
    if tree == state.tree:
        return f"on the work as it is now (tree {short(tree)[:10]})", True
    return f"on the work as it was, which has changed since (tree {short(tree)[:10]})", False


def tally_text(decided: CouncilDecided) -> str:
    """How many votes counted for it and how many it takes; empty where that was not recorded, or is in the reason."""
    if not decided.needed or decided.reason.startswith(f"{decided.approving} of "):
        return ""
    return f"{decided.approving:,} approve, {decided.needed:,} needed"


def calibration_text(calibration: Calibration | None) -> str:
    """How often a member saw a defect that was planted; empty where it was never tried."""
    if calibration is None or not calibration.shown:
        return ""
    return f"caught {calibration.caught:,} of {counted(calibration.shown, 'planted defect')}"


def next_sitting(state: RunState) -> str:
    """When the council sits next, or why it does not; empty in a run that is over."""
    if state.closed is not None:
        return ""
    if not given(state, "council_enabled"):
        return "The council is off (LOKI_COUNCIL_ENABLED)."
    if state.review_forced:
        return f"{short(state.review_forced)} asked for it: it sits {forced_when(state)}."
    upcoming = _next_interval(state)
    most = state.created.max_iterations if state.created is not None else upcoming
    soon = upcoming <= most
    claim = "" if given(state, "perpetual_mode") else "where completion is claimed and the facts bear it out"
    ways = [f"next after iteration {upcoming:,}" if soon else "", f"sooner {claim}" if soon and claim else claim]
    return f"It sits {', '.join([*(way for way in ways if way), 'or where you ask for it'])}."


def forced_when(state: RunState) -> str:
    """When the council sits that somebody asks for now."""
    if state.iteration is not None:
        return "after this iteration"
    return "next" if state.iterations_begun else "after the first iteration"


def _next_interval(state: RunState) -> int:
    """The next iteration after which the council sits unasked."""
    every, first = max(1, given(state, "council_check_interval")), given(state, "council_min_iterations")
    last = state.council.convened.iteration if state.council.convened is not None else 0
    # The one that is open counts, and so does one that is still to be decided on.
    number = max(first, last + 1, state.iterations_begun, 1)
    return -(-number // every) * every


# -- convergence --------------------------------------------------------------------------------


def proven_text(state: RunState) -> str:
    """How many requirements are proven; empty before there is a plan."""
    return f"{state.proven:,} of {len(state.requirements):,} proven" if state.requirements else ""


def streak_text(state: RunState) -> str:
    """That the work does not come closer to its end, in a few words; empty where it does."""
    if state.unchanged_iterations >= STREAK:
        return f"no change for {state.unchanged_iterations:,} iterations"
    if state.unproductive_iterations >= STREAK and state.proven < len(state.requirements):
        return f"nothing new proven for {state.unproductive_iterations:,} iterations"
    return ""


def streak_in_words(state: RunState) -> str:
    """The same with what comes of it; empty where the work comes closer to its end."""
    limit = given(state, "council_stagnation_limit")
    if state.unchanged_iterations >= STREAK:
        return f"{streak_text(state)}; the run ends as stagnated at {limit:,}"
    said = streak_text(state)
    return f"{said}; the run ends as stagnated at {2 * limit:,}" if said else ""


def failing_again(state: RunState) -> Iterator[str]:
    """The phases that fail in the same way as before."""
    for fact in measured(state):
        if (again := again_text(state, fact.phase)) and fact.verdict in {Verdict.FAILED, Verdict.ERROR}:
            yield f"{short(fact.phase)}, {again}: {short(fact.why)}"
