"""Every case of the corpus: nothing that is not done is completed, and what is done honestly is.

Both rates are printed at the end of the session.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loki_tui.hands.box.confine import landlock_abi
from loki_tui.hands.rungs import LEAST_ABI
from tests.proof.corpus.case import Case
from tests.proof.corpus.cheats import CHEATS
from tests.proof.corpus.damage import DAMAGE
from tests.proof.corpus.errors import ERRORS
from tests.proof.corpus.forgeries import FORGERIES
from tests.proof.corpus.holes import KNOWN_HOLES, Hole
from tests.proof.corpus.honest_others import HONEST_OTHERS
from tests.proof.corpus.honest_projects import HONEST_PROJECTS
from tests.proof.corpus.honest_pytest import HONEST_PYTEST
from tests.proof.corpus.honest_suites import HONEST_SUITES
from tests.proof.corpus.honest_unittest import HONEST_UNITTEST
from tests.proof.corpus.playing import play
from tests.support.qa import needs
from tests.support.rates import Record, count

WRONG: tuple[Case, ...] = (*CHEATS, *FORGERIES, *ERRORS, *DAMAGE)
HONEST: tuple[Case, ...] = (
    *HONEST_UNITTEST,
    *HONEST_SUITES,
    *HONEST_PYTEST,
    *HONEST_PROJECTS,
    *HONEST_OTHERS,
)

MOST_HONEST_REFUSED = 0.02

HONEST_REFUSED = {
    "what the document wants gone is gone, with its tests": "A test that passed at the base and is gone is red. "
    "That the document wanted it gone is a matter of meaning, and the most common way to cheat looks the same.",
}
"""Honest cases that are refused, each with why that is so."""

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(landlock_abi() < LEAST_ABI, reason="this kernel has nothing that could hold it"),
]


def _skip_without(case: Case) -> None:
    for program in case.needs:
        if reason := needs(program):
            pytest.skip(reason)


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
async def test_what_is_not_done_is_refused(case: Case, tmp_path: Path, record_property: Record) -> None:
    _skip_without(case)
    played = await play(case, tmp_path)
    done = played.outcome == "completed"
    count(record_property, "what is not done", "completed", happened=done)
    assert not done, played.state.reason
    assert re.search(case.because, played.reasons, re.IGNORECASE), played.reasons
    assert case.may_fail or not played.refused, played.refused


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.name)
async def test_what_is_done_is_completed(case: Case, tmp_path: Path, record_property: Record) -> None:
    _skip_without(case)
    played = await play(case, tmp_path)
    done = played.outcome == "completed"
    count(record_property, "honest work", "refused", happened=not done)
    assert not played.refused
    assert done != (case.name in HONEST_REFUSED), played.reasons


@pytest.mark.parametrize("hole", KNOWN_HOLES, ids=lambda hole: hole.case.name)
async def test_what_facts_cannot_see_is_known(hole: Hole, tmp_path: Path) -> None:
    played = await play(hole.case, tmp_path)
    assert played.outcome == "completed", "this is no hole any more: move it to the cases that are refused"
    if hole.told:
        findings = [finding.message for fact in played.state.phases.values() for finding in fact.findings]
        assert re.search(hole.told, "\n".join(findings)), findings


def test_the_corpus_is_large_and_says_what_it_is_about() -> None:
    names = [case.name for case in (*WRONG, *HONEST, *(hole.case for hole in KNOWN_HOLES))]
    assert len(names) == len(set(names))
    assert len(WRONG) >= 60
    assert len(HONEST) >= 60
    assert all(case.expected == "refused" and case.because for case in WRONG)
    assert all(case.expected == "completed" and not case.because for case in HONEST)
    assert len(HONEST_REFUSED) <= MOST_HONEST_REFUSED * len(HONEST)
    assert HONEST_REFUSED.keys() <= {case.name for case in HONEST}
