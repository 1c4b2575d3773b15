"""What follows from the facts of a receipt, and from nothing else.

Pure, so that whoever holds a receipt comes to the same headline as whoever made it. No opinion is read here:
what a reviewer or the council thinks makes no headline better.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loki_tui.core.vocabulary import Proof, Verdict
from loki_tui.engine.qa.elsewhere import ELSEWHERE
from loki_tui.engine.qa.phase import UNIT_TESTS
from loki_tui.engine.receipt import Delivery, Facts, PhaseFact, RequirementFact

Headline = Literal["VERIFIED", "VERIFIED WITH GAPS", "NOT VERIFIED"]

UNMEASURED = frozenset({Verdict.NOT_RUN})
"""Verdicts that leave a gap: nothing was found, since nothing was looked at. What does not apply leaves none."""

_NAMED = 10
"""Paths that a gap names."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the facts amount to."""

    headline: Headline
    gaps: tuple[str, ...] = ()
    """What nobody measured, one line each; whether or not something speaks against the work."""
    against: tuple[str, ...] = ()
    """What speaks against it, one line each."""


def headline(facts: Facts) -> Conclusion:
    """What the facts amount to. What is not known never counts for the work."""
    findings = [
        *_of_delivery(facts.delivery),
        *_of_unit_tests(facts),
        *(found for fact in facts.phases if fact.name != UNIT_TESTS for found in _of_phase(fact, facts)),
        *_of_requirements(facts),
    ]
    if facts.outcome != "completed":
        findings.append(_against(f"the run ended as {facts.outcome}: {facts.reason}"))
    gaps = tuple(dict.fromkeys(found.text for found in findings if found.is_gap))
    against = tuple(dict.fromkeys(found.text for found in findings if not found.is_gap))
    if against:
        return Conclusion("NOT VERIFIED", gaps, against)
    return Conclusion("VERIFIED WITH GAPS" if gaps else "VERIFIED", gaps)


@dataclass(frozen=True, slots=True)
class _Found:
    text: str
    is_gap: bool


def _gap(text: str) -> _Found:
    return _Found(text, is_gap=True)


def _against(text: str) -> _Found:
    return _Found(text, is_gap=False)


def _of_delivery(delivery: Delivery) -> Iterator[_Found]:
    if not delivery.commit:
        yield _against("nothing was delivered: the branch has no commit of its own")
        return
    if delivery.unknown or not delivery.tree or not delivery.diff:
        why = delivery.unknown or "git did not say"
        yield _against(f"what was delivered is not known: {why}")
        return
    if not delivery.changed or delivery.tree == delivery.base_tree:
        yield _against("nothing was changed: what was delivered is what there was before")
    if delivery.base and not delivery.descends:
        yield _against(f"the delivered commit did not grow from {delivery.base[:10]}, which it is compared with")
    yield from _of_differences(delivery)


def _of_differences(delivery: Delivery) -> Iterator[_Found]:
    if not delivery.measured:
        yield _against("nothing was saved that could have been measured")
    elif delivery.tree == delivery.measured:
        return
    elif delivery.differing:
        rest = ", and more" if delivery.more_differ or len(delivery.differing) > _NAMED else ""
        named = ", ".join(delivery.differing[:_NAMED])
        yield _gap(f"what was delivered is not all of what was measured; it differs in {named}{rest}")
    else:
        yield _gap("what was delivered was not compared with what was measured")


def _of_unit_tests(facts: Facts) -> Iterator[_Found]:
    fact = next((phase for phase in facts.phases if phase.name == UNIT_TESTS), None)
    if fact is None:
        yield _against(f"{UNIT_TESTS}: never measured")
    elif fact.verdict is not Verdict.PASSED:
        yield _against(f"{UNIT_TESTS}: {_said(fact)}")
    elif not _fresh(fact.tree, facts):
        yield _against(f"{UNIT_TESTS}: not measured on the work as it was delivered")
    else:
        yield from (_gap(f"{UNIT_TESTS}: {check.why}") for check in fact.checks if check.name == ELSEWHERE)


def _of_phase(fact: PhaseFact, facts: Facts) -> Iterator[_Found]:
    if fact.verdict in {Verdict.FAILED, Verdict.ERROR}:
        later = "" if _fresh(fact.tree, facts) else " (and not measured since the work changed)"
        yield _against(f"{fact.name}: {_said(fact)}{later}")
    elif fact.verdict in UNMEASURED:
        yield _gap(f"{fact.name}: {_said(fact)}")
    elif not _fresh(fact.tree, facts):
        yield _gap(f"{fact.name}: stale, measured on the work as it was before")


def _said(fact: PhaseFact) -> str:
    word = fact.verdict.value.replace("_", " ")
    return f"{word}: {fact.why}" if fact.why else word


def _fresh(tree: str, facts: Facts) -> bool:
    return bool(tree) and tree == facts.delivery.measured


def _of_requirements(facts: Facts) -> Iterator[_Found]:
    if not facts.requirements:
        yield _against("there is no list of requirements")
    phases = {fact.name for fact in facts.phases}
    for requirement in facts.requirements:
        yield from _of_requirement(requirement, facts, phases)
    if not facts.planned and facts.requirements:
        yield _gap("the PRD was not taken apart: it stands as one requirement")


def _of_requirement(requirement: RequirementFact, facts: Facts, phases: set[str]) -> Iterator[_Found]:
    name = f"{requirement.id} ({requirement.title})"
    if requirement.proof is not Proof.PROVEN:
        why = f": {requirement.evidence}" if requirement.evidence else ""
        yield _against(f"{name} is {requirement.proof.value}{why}")
    elif not _fresh(requirement.tree, facts):
        yield _against(f"{name} was proven on other work than was delivered")
    elif not requirement.tests:
        yield _against(f"{name} is said to be proven, but nothing is named that shows it")
    elif phases.issuperset(requirement.tests):
        yield _gap(f"{name} is proven by no test, only by {', '.join(requirement.tests)}")
