"""Judging requirements: how far each is proven, by facts about the work as it is now.

An agent says which tests prove what; whether these exist, pass, and would notice anything is measured.
No opinion is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from loki_tui.core import events as ev
from loki_tui.core.state import Judged, RunState
from loki_tui.core.vocabulary import Proof, TestCase, Verdict
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.qa.phase import TEST_STRENGTH, UNIT_TESTS
from loki_tui.engine.verifying import reported_tests

NAMED = 20
"""Tests that are journaled as what proves a requirement."""

_UNCLAIMED = "no test is named for it: name in finish_iteration's `proofs` the tests that would fail without it"
_ALL = "all tests together show nothing in particular: name those that do"

_SUFFIXES = frozenset({"py", "js", "cjs", "mjs", "ts", "tsx", "jsx", "go", "rs", "java"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """How far something is proven, and by what."""

    proof: Proof
    evidence: str
    tests: tuple[str, ...] = ()


def judge(chronicle: Chronicle) -> None:
    """Journal how far each requirement is proven, where that is not what was journaled last."""
    bench = Bench.of(chronicle)
    tree = chronicle.state.tree
    changed = [
        ev.RequirementJudged(id=name, proof=found.proof, evidence=found.evidence, tests=found.tests, tree=tree)
        for name, judged in chronicle.state.requirements.items()
        if (found := bench.judge(judged)) != Judgement(judged.proof, judged.evidence, judged.tests)
        or (found.proof is Proof.PROVEN and judged.tree != tree)
    ]
    if changed:
        chronicle.note(*changed)


class Bench:
    """The facts that requirements are judged by.

    Args:
        state: The run.
        tests: What became of each test on the work as it is; none where that is not known.
        hollow: Tests that pass though the product does nothing.
    """

    def __init__(self, state: RunState, tests: Sequence[TestCase] | None, hollow: Iterable[str] = ()) -> None:
        self._state = state
        self._tests = tests
        self._hollow = frozenset(hollow)

    @classmethod
    def of(cls, chronicle: Chronicle) -> Bench:
        """The facts of a run."""
        state = chronicle.state
        unit, strength = state.phases.get(UNIT_TESTS), state.phases.get(TEST_STRENGTH)
        tests = reported_tests(chronicle, unit) if unit and not state.stale(unit) else None
        weak = reported_tests(chronicle, strength) if strength and not state.stale(strength) else ()
        return cls(state, tests, (case.id for case in weak))

    def judge(self, judged: Judged) -> Judgement:
        """How far one requirement is proven."""
        if not judged.claimed:
            return Judgement(Proof.UNPROVEN, _UNCLAIMED)
        if self._tests is None:
            before = Proof.STALE if judged.proof in {Proof.PROVEN, Proof.STALE} else Proof.UNPROVEN
            return Judgement(before, "not measured on the work as it is now", judged.tests)
        found = [self._of(name) for name in judged.claimed]
        for proof in (Proof.FAILING, Proof.UNPROVEN):
            if wanting := [each for each in found if each.proof is proof]:
                return Judgement(proof, "; ".join(dict.fromkeys(each.evidence for each in wanting)))
        shown = tuple(dict.fromkeys(test for each in found for test in each.tests))
        return Judgement(Proof.PROVEN, "; ".join(dict.fromkeys(each.evidence for each in found)), shown[:NAMED])

    def _of(self, name: str) -> Judgement:
        """How far a claim holds: a test, several by what they have in common, or a QA phase."""
        assert self._tests is not None
        if (phase := self._state.phases.get(name)) is not None:
            if phase.phase == UNIT_TESTS and self._tests:
                return Judgement(Proof.UNPROVEN, _ALL)
            return self._of_phase(phase)
        wanted = _words(name)
        # A runner that was started in a directory of tests leaves that directory out.
        cases = [case for case, words in self._by_words if _contains(words, wanted) or _ends(name, wanted, words)]
        if not cases:
            return Judgement(Proof.UNPROVEN, f"no test of that name ran: {name}")
        if len(self._state.requirements) > 1 < len(cases) == len(self._tests):
            return Judgement(Proof.UNPROVEN, _ALL)
        for outcome, proof, said in (
            ("failed", Proof.FAILING, "fails"),
            ("skipped", Proof.UNPROVEN, "was skipped"),
        ):
            if others := [case.id for case in cases if case.outcome == outcome]:
                return Judgement(proof, f"{_listed(others)} {said}")
        if hollow := [case.id for case in cases if case.id in self._hollow]:
            return Judgement(Proof.UNPROVEN, f"{_listed(hollow)} passes although the product does nothing")
        ids = tuple(case.id for case in cases)
        return Judgement(Proof.PROVEN, f"{_listed(ids)} passes" if len(ids) == 1 else f"{_listed(ids)} pass", ids)

    def _of_phase(self, phase: ev.PhaseFinished) -> Judgement:
        if self._state.stale(phase):
            return Judgement(Proof.UNPROVEN, f"{phase.phase}: not measured on the work as it is now")
        if phase.verdict is Verdict.PASSED:
            return Judgement(Proof.PROVEN, f"{phase.phase}: {phase.why}", (phase.phase,))
        proof = Proof.FAILING if phase.verdict is Verdict.FAILED else Proof.UNPROVEN
        return Judgement(proof, f"{phase.phase}: {phase.why}")

    @cached_property
    def _by_words(self) -> list[tuple[TestCase, tuple[str, ...]]]:
        return [(case, _words(case.id)) for case in self._tests or ()]


def _words(name: str) -> tuple[str, ...]:
    """What a test's name is made of, whatever a runner puts between: directories, modules, classes, functions."""
    parts = re.split(r"(?:::|[/.>#\s\\])+", name.strip())
    return tuple(part for part in parts if part and part not in _SUFFIXES)


def _contains(words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether these stand in there side by side; parameters of a test need not be named."""
    if not wanted:
        return False
    bare = tuple(word.partition("[")[0] for word in words)
    width = len(wanted)
    return any(each[at : at + width] == wanted for each in (words, bare) for at in range(len(words) - width + 1))


def _ends(name: str, wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether a test is called as this ends, by its whole name; sentences may end in anything."""
    return " " not in name.strip() and 1 < len(words) < len(wanted) and wanted[-len(words) :] == words


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(names[:3])
    return first if len(names) <= 3 else f"{first} and {len(names) - 3} more"
