"""A requirement is proven by tests that exist, pass, and would notice; by nothing that anybody says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core import events as ev
from loki_tui.core.fold import fold
from loki_tui.core.state import Judged, RunState
from loki_tui.core.vocabulary import Proof, Requirement, TestCase, Verdict
from loki_tui.engine.judging import Bench, Judgement
from tests.support.life import created, iteration, records, taken

CASES = (
    TestCase(id="tests/test_store.py::StoreTest::test_it_saves", outcome="passed"),
    TestCase(id="tests/test_store.py::StoreTest::test_it_loads", outcome="passed"),
    TestCase(id="tests/test_store.py::test_many[1-x]", outcome="passed"),
    TestCase(id="tests/test_find.py::test_it_finds", outcome="failed"),
    TestCase(id="tests/test_find.py::test_later", outcome="skipped"),
    TestCase(id="shop > cart > adds a thing", outcome="passed"),
)


def state_of(*events: ev.Event) -> RunState:
    return fold(records([created(), taken(0, "t0"), *iteration(1, "t1"), *events]))


def phase(name: str, verdict: Verdict, tree: str = "t1") -> ev.PhaseFinished:
    return ev.PhaseFinished(phase=name, verdict=verdict, why="so it is", checkpoint="c1", tree=tree)


def judged(*claimed: str, proof: Proof = Proof.UNPROVEN) -> Judged:
    return Judged(Requirement(id="R1", title="It works"), proof, claimed=claimed)


def bench(*events: ev.Event, hollow: tuple[str, ...] = ()) -> Bench:
    return Bench(state_of(phase("unit tests", Verdict.FAILED), *events), CASES, hollow)


@pytest.mark.parametrize(
    "name",
    [
        "tests/test_store.py::StoreTest::test_it_saves",
        "tests.test_store.StoreTest.test_it_saves",
        "test_it_saves",
        "StoreTest::test_it_saves",
        "tests/test_store.py",
        "tests/test_store.py::StoreTest",
        "test_many",
        "test_many[1-x]",
        "shop > cart > adds a thing",
        "cart adds a thing",
        "package/tests/test_store.py::StoreTest::test_it_saves",
    ],
)
def test_passing_tests_prove_it_by_any_of_their_names(name: str) -> None:
    found = bench().judge(judged(name))
    assert found.proof is Proof.PROVEN, found
    assert set(found.tests) <= {case.id for case in CASES}
    assert found.tests


@pytest.mark.parametrize(
    ("claimed", "proof", "why"),
    [
        ((), Proof.UNPROVEN, "no test is named for it"),
        (("test_of_nothing",), Proof.UNPROVEN, "no test of that name ran: test_of_nothing"),
        (("I saw that it works on the shop, the cart adds a thing",), Proof.UNPROVEN, "no test of that name ran"),
        (("test_it_save",), Proof.UNPROVEN, "no test of that name ran"),
        (("",), Proof.UNPROVEN, "no test of that name ran"),
        (("::",), Proof.UNPROVEN, "no test of that name ran"),
        (("test_it_saves", "test_it_finds"), Proof.FAILING, "tests/test_find.py::test_it_finds fails"),
        (("test_later",), Proof.UNPROVEN, "was skipped"),
        (("test_it_saves", "test_of_nothing"), Proof.UNPROVEN, "test_of_nothing"),
        (("tests",), Proof.FAILING, "test_it_finds fails"),
        (("unit tests",), Proof.UNPROVEN, "name those that do"),
        (("accessibility",), Proof.UNPROVEN, "no test of that name ran"),
    ],
)
def test_anything_else_does_not(claimed: tuple[str, ...], proof: Proof, why: str) -> None:
    found = bench().judge(judged(*claimed))
    assert found.proof is proof
    assert why in found.evidence
    assert found.tests == ()


@pytest.mark.parametrize("name", ["tests", "tests/test_store.py"])
def test_a_name_that_all_tests_have_in_common_proves_one_requirement_and_not_one_of_several(name: str) -> None:
    two = ev.RequirementsPlanned(requirements=(Requirement(id="R1", title="A"), Requirement(id="R2", title="B")))
    passed = phase("unit tests", Verdict.PASSED)
    assert Bench(state_of(passed), CASES[:3]).judge(judged(name)).proof is Proof.PROVEN
    found = Bench(state_of(passed, two), CASES[:3]).judge(judged(name))
    assert found == Judgement(Proof.UNPROVEN, "all tests together show nothing in particular: name those that do")
    assert Bench(state_of(passed, two), CASES[:1]).judge(judged("test_it_saves")).proof is Proof.PROVEN


def test_a_test_that_would_not_notice_proves_nothing() -> None:
    weak = "tests/test_store.py::StoreTest::test_it_saves"
    found = bench(hollow=(weak,)).judge(judged("test_it_saves", "test_it_loads"))
    assert found == Judgement(Proof.UNPROVEN, f"{weak} passes although the product does nothing")


@pytest.mark.parametrize(
    ("verdict", "tree", "proof"),
    [
        (Verdict.PASSED, "t1", Proof.PROVEN),
        (Verdict.PASSED, "t0", Proof.UNPROVEN),
        (Verdict.FAILED, "t1", Proof.FAILING),
        (Verdict.NOT_RUN, "t1", Proof.UNPROVEN),
        (Verdict.NOT_APPLICABLE, "t1", Proof.UNPROVEN),
        (Verdict.ERROR, "t1", Proof.UNPROVEN),
    ],
)
def test_a_phase_proves_it_where_it_passed_on_the_work_as_it_is(verdict: Verdict, tree: str, proof: Proof) -> None:
    assert bench(phase("accessibility", verdict, tree)).judge(judged("accessibility")).proof is proof


@pytest.mark.parametrize(
    ("before", "now"),
    [(Proof.PROVEN, Proof.STALE), (Proof.STALE, Proof.STALE), (Proof.FAILING, Proof.UNPROVEN)],
)
def test_without_a_measurement_nothing_is_known(before: Proof, now: Proof) -> None:
    assert Bench(state_of(), None).judge(judged("test_it_saves", proof=before)).proof is now


def test_a_runner_that_names_no_test_proves_by_all_of_them_together() -> None:
    state = state_of(phase("unit tests", Verdict.PASSED))
    assert Bench(state, ()).judge(judged("unit tests")).proof is Proof.PROVEN
    assert Bench(state, ()).judge(judged("test_it_saves")).proof is Proof.UNPROVEN


@given(st.text(max_size=60))
def test_no_name_makes_it_fail_or_proves_what_did_not_pass(name: str) -> None:
    found = bench().judge(judged(name))
    if found.proof is Proof.PROVEN:
        passed = {case.id for case in CASES if case.outcome == "passed"}
        assert set(found.tests) <= passed
