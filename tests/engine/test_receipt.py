"""What follows from facts, how a receipt is made, and that a run leaves one whatever becomes of it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core import events as ev
from loki_tui.core.errors import RepositoryError
from loki_tui.core.messages import JsonObject
from loki_tui.core.vocabulary import CODE_REVIEW, Check, Proof, Verdict
from loki_tui.engine.engine import Engine
from loki_tui.engine.headline import headline
from loki_tui.engine.ports import OpenedBranch, Repository
from loki_tui.engine.qa.elsewhere import ELSEWHERE
from loki_tui.engine.qa.phase import ACCESSIBILITY, API_TESTS, PERFORMANCE, REGRESSION, SECURITY, UNIT_TESTS
from loki_tui.engine.receipt import Evidence, Facts, Opinions, Receipt, Sitting, Vote
from loki_tui.engine.sealing import canonical, digest_of, seal
from loki_tui.guard.redact import Redactor
from loki_tui.store.blobs import BlobStore
from tests.support import receipts as sample
from tests.support.git import git
from tests.support.runs import Bench, make_bench
from tests.support.scripted import ScriptedModel, call, finishes, says

OLD = "0" * 40
UNRUN = Check(
    name=ELSEWHERE,
    verdict=Verdict.NOT_RUN,
    why="what was changed has tests that pytest does not run: Go in svc",
)


def test_nothing_missing_is_verified() -> None:
    assert headline(sample.facts()).headline == "VERIFIED"
    assert headline(sample.facts()).gaps == ()


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"phases": ()}, "unit tests: never measured"),
        ({"phases": (sample.unit_tests(Verdict.FAILED, "1 of 42 tests fails"),)}, "unit tests: failed: 1 of 42"),
        ({"phases": (sample.unit_tests(Verdict.NOT_RUN, "switched off"),)}, "unit tests: not run: switched off"),
        ({"phases": (sample.unit_tests(Verdict.NOT_APPLICABLE, "no tests"),)}, "unit tests: not applicable: no tests"),
        ({"phases": (sample.unit_tests(Verdict.ERROR, "it hung"),)}, "unit tests: error: it hung"),
        ({"phases": (sample.unit_tests(tree=OLD),)}, "unit tests: not measured on the work as it was delivered"),
        ({"phases": (sample.unit_tests(tree=""),)}, "unit tests: not measured on the work as it was delivered"),
        ({"phases": (sample.unit_tests(), sample.phase(SECURITY, Verdict.FAILED, "a key"))}, "security: failed: a key"),
        (
            {"phases": (sample.unit_tests(), sample.phase(SECURITY, Verdict.FAILED, "a key", tree=OLD))},
            "security: failed: a key (and not measured since the work changed)",
        ),
        ({"requirements": ()}, "there is no list of requirements"),
        ({"requirements": (sample.requirement(proof=Proof.UNPROVEN),)}, "is unproven"),
        ({"requirements": (sample.requirement(proof=Proof.STALE),)}, "is stale"),
        (
            {"requirements": (sample.requirement(proof=Proof.FAILING, evidence="test_x fails"),)},
            "failing: test_x fails",
        ),
        ({"requirements": (sample.requirement(tree=OLD),)}, "proven on other work than was delivered"),
        ({"requirements": (sample.requirement(tests=()),)}, "nothing is named that shows it"),
        ({"delivery": sample.delivery(commit="")}, "nothing was delivered"),
        ({"delivery": sample.delivery(unknown="git is not there")}, "not known: git is not there"),
        ({"delivery": sample.delivery(tree="")}, "what was delivered is not known"),
        ({"delivery": sample.delivery(diff="")}, "what was delivered is not known"),
        ({"delivery": sample.delivery(changed=0)}, "nothing was changed"),
        ({"delivery": sample.delivery(base_tree=sample.TREE)}, "nothing was changed"),
        ({"delivery": sample.delivery(descends=False)}, "did not grow from 202e241194"),
        ({"delivery": sample.delivery(descends=None)}, "did not grow from 202e241194"),
        ({"delivery": sample.delivery(measured="")}, "nothing was saved that could have been measured"),
        ({"outcome": "exhausted", "reason": "no budget is left"}, "the run ended as exhausted: no budget is left"),
    ],
)
def test_what_is_red_or_unknown_is_not_verified(about: dict[str, object], said: str) -> None:
    concluded = headline(sample.facts(**about))
    assert concluded.headline == "NOT VERIFIED"
    assert any(said in line for line in concluded.against), concluded.against


@pytest.mark.parametrize(
    ("about", "said"),
    [
        (
            {"phases": (sample.unit_tests(), sample.phase(PERFORMANCE, Verdict.NOT_RUN, "no base"))},
            "performance: not run: no base",
        ),
        (
            {"phases": (sample.unit_tests(), sample.phase(ACCESSIBILITY, tree=OLD))},
            "accessibility: stale, measured on the work as it was before",
        ),
        (
            {
                "phases": (sample.unit_tests(), sample.phase(REGRESSION)),
                "requirements": (sample.requirement(tests=(REGRESSION, UNIT_TESTS)),),
            },
            "is proven by no test, only by regression, unit tests",
        ),
        ({"planned": False}, "the PRD was not taken apart"),
        (
            {"phases": (sample.unit_tests().model_copy(update={"checks": (UNRUN,)}),)},
            "unit tests: what was changed has tests that pytest does not run: Go in svc",
        ),
    ],
)
def test_what_nobody_measured_is_a_gap_with_a_name(about: dict[str, object], said: str) -> None:
    concluded = headline(sample.facts(**about))
    assert concluded.headline == "VERIFIED WITH GAPS"
    (gap,) = concluded.gaps
    assert said in gap


def test_what_there_is_nothing_of_leaves_no_gap() -> None:
    pages = sample.phase(API_TESTS, Verdict.NOT_APPLICABLE, "no OpenAPI document")
    assert headline(sample.facts(phases=(sample.unit_tests(), pages))).headline == "VERIFIED"


def test_files_that_were_not_measured_as_they_were_delivered_are_named() -> None:
    paths = tuple(f"mine-{number}" for number in range(12))
    apart = sample.delivery(tree="1" * 40, differing=paths)
    concluded = headline(sample.facts(delivery=apart))
    assert concluded.headline == "VERIFIED WITH GAPS"
    assert concluded.gaps == (
        f"what was delivered is not all of what was measured; it differs in {', '.join(paths[:10])}, and more",
    )
    unnamed = headline(sample.facts(delivery=sample.delivery(tree="1" * 40)))
    assert unnamed.gaps == ("what was delivered was not compared with what was measured",)


def test_gaps_are_named_beside_what_speaks_against_it() -> None:
    concluded = headline(sample.mixed())
    assert concluded.headline == "NOT VERIFIED"
    assert len(concluded.against) == 2
    assert len(concluded.gaps) == 2


VERDICTS = st.sampled_from(Verdict)
TREES = st.sampled_from(["", OLD, sample.TREE])
PHASES = st.builds(sample.phase, st.sampled_from([UNIT_TESTS, SECURITY, API_TESTS]), VERDICTS, tree=TREES)
REQUIREMENTS = st.builds(
    sample.requirement,
    proof=st.sampled_from(Proof),
    tree=TREES,
    tests=st.sampled_from([(), ("a::b",), (SECURITY,)]),
)
FACTS = st.builds(
    sample.facts,
    phases=st.lists(PHASES, max_size=4, unique_by=lambda fact: fact.name).map(tuple),
    requirements=st.lists(REQUIREMENTS, max_size=3).map(tuple),
    outcome=st.sampled_from(["completed", "exhausted", "stopped"]),
    planned=st.booleans(),
)


@given(FACTS)
def test_nothing_is_verified_without_tests_that_passed_on_what_was_delivered(about: Facts) -> None:
    concluded = headline(about)
    tested = [fact for fact in about.phases if fact.name == UNIT_TESTS]
    green = any(fact.verdict is Verdict.PASSED and fact.tree == sample.TREE for fact in tested)
    proven = all(fact.proof is Proof.PROVEN and fact.tree == sample.TREE for fact in about.requirements)
    red = any(fact.verdict in {Verdict.FAILED, Verdict.ERROR} for fact in about.phases)
    if concluded.headline != "NOT VERIFIED":
        assert green
        assert proven
        assert about.requirements
        assert not red
    if concluded.headline == "VERIFIED":
        fine = {Verdict.PASSED, Verdict.NOT_APPLICABLE}
        assert all(fact.verdict in fine and fact.tree == sample.TREE for fact in about.phases)
        assert about.outcome == "completed"
    assert (concluded.headline == "NOT VERIFIED") == bool(concluded.against)


def test_opinions_are_no_part_of_what_a_headline_is_made_of() -> None:
    applause = Sitting(
        number=9,
        approved=True,
        approving=9,
        needed=5,
        votes=tuple(Vote(member=f"member-{number}", verdict="approve") for number in range(9)),
    )
    red = sample.facts(phases=(sample.unit_tests(Verdict.FAILED, "41 of 42 tests fail"),))
    praised = sample.receipt(red, opinions=Opinions(council=applause))
    assert praised.headline == "NOT VERIFIED"
    assert set(Facts.model_fields).isdisjoint(Receipt.model_fields["opinions"].annotation.model_fields)  # type: ignore[union-attr]


# -- its form -----------------------------------------------------------------------------------


def test_a_sealed_receipt_is_one_line_that_carries_its_digest() -> None:
    data = seal(sample.receipt())
    assert data.count(b"\n") == 1
    assert data.isascii()
    value: JsonObject = json.loads(data)
    assert value["digest"] == digest_of(value)
    rest = {name: item for name, item in value.items() if name != "digest"}
    plain = json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()
    assert value["digest"] == hashlib.sha256(plain).hexdigest(), "as anybody would make it"
    again = Receipt.model_validate(value)
    assert again.model_dump(mode="json") == value
    assert seal(again) == data
    assert canonical(value) + b"\n" == data


# -- a run leaves one ---------------------------------------------------------------------------


def writes(content: str = "x = 1\n") -> ScriptedModel:
    return ScriptedModel(says(call("write_file", path="new.py", content=content)), finishes("Write it"))


def receipt_of(bench: Bench) -> Receipt:
    written = bench.of(ev.ReceiptWritten)[-1]
    data = BlobStore(bench.around.project.state.blobs).get(written.digest)
    receipt = Receipt.model_validate_json(data)
    assert written.headline == receipt.headline == headline(receipt.facts).headline
    return receipt


async def test_a_run_leaves_a_receipt_of_what_git_has(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, writes(), max_iterations=1)
    outcome = await bench.go()
    assert bench.kinds()[-2:] == ["receipt_written", "run_closed"]
    receipt = receipt_of(bench)
    delivery, state = receipt.facts.delivery, bench.state()
    assert receipt.facts.outcome == outcome
    assert delivery.commit == git(bench.workspace, "rev-parse", "loki/r1")
    assert delivery.tree == git(bench.workspace, "rev-parse", "loki/r1^{tree}") == delivery.measured == state.tree
    assert delivery.base == git(bench.workspace, "rev-parse", "main")
    assert (delivery.changed, delivery.descends, delivery.differing) == (1, True, ())
    tests = next(fact for fact in receipt.facts.phases if fact.name == UNIT_TESTS)
    assert (tests.verdict, tests.exit_code) == (Verdict.PASSED, 0)
    assert CODE_REVIEW not in {fact.name for fact in receipt.facts.phases}
    assert receipt.effort.cost.spent == state.books.spent
    records = bench.events()
    assert isinstance(records[receipt.journal.events], ev.ReceiptWritten), "it covers all up to itself"
    assert str(tmp_path) not in receipt.source.name


async def test_uncommitted_work_of_the_person_is_named_as_not_delivered(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, writes(), max_iterations=1)
    (bench.workspace / "my notes.txt").write_text("mine\n")
    (bench.workspace / "drafts").mkdir()
    (bench.workspace / "drafts" / "é.txt").write_text("mine\n")
    await bench.go()
    delivery = receipt_of(bench).facts.delivery
    assert delivery.differing == ("drafts/", "my notes.txt")
    assert delivery.tree != delivery.measured


async def test_what_tools_derive_is_neither_measured_nor_delivered(tmp_path: Path) -> None:
    derives = (
        "mkdir -p pkg/__pycache__ .pytest_cache && touch pkg/__pycache__/x.pyc old.pyc .pytest_cache/v && echo > x.py"
    )
    model = ScriptedModel(says(call("shell", command=derives)), finishes(claims_done=True))
    bench = make_bench(tmp_path, model, max_iterations=1)
    (bench.workspace / "kept.pyc").write_text("the project's own")
    git(bench.workspace, "add", "-f", "kept.pyc")
    git(bench.workspace, "commit", "-qm", "Track what others derive")
    await bench.go()
    delivery = receipt_of(bench).facts.delivery
    assert delivery.tree == delivery.measured
    names = git(bench.workspace, "ls-tree", "-r", "--name-only", "loki/r1").split()
    assert names == ["README.md", "kept.pyc", "test_it.py", "x.py"]


async def test_what_stays_with_the_person_completes_nothing(tmp_path: Path) -> None:
    ignores = Path(os.environ["HOME"]) / ".config" / "git" / "ignore"
    ignores.parent.mkdir(parents=True)
    ignores.write_text("*.log\n")
    model = ScriptedModel(says(call("write_file", path="new.log", content="x\n")), finishes(claims_done=True))
    bench = make_bench(tmp_path, model, max_iterations=1)
    assert await bench.go() == "exhausted"
    assert "nothing was delivered: the branch has no commit of its own" in receipt_of(bench).against


async def test_a_run_that_delivers_nothing_says_so(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(finishes(claims_done=False)), max_iterations=1)
    assert await bench.go() == "exhausted"
    receipt = receipt_of(bench)
    assert receipt.headline == "NOT VERIFIED"
    assert "nothing was delivered: the branch has no commit of its own" in receipt.against


class Mute:
    """A repository that takes work, and says nothing of it. Implements `loki_tui.engine.ports.Repository`."""

    def __init__(self, inner: Repository) -> None:
        self._inner = inner

    async def open_branch(self, branch: str, *, again: bool = False) -> OpenedBranch:
        return await self._inner.open_branch(branch, again=again)

    async def commit(self, branch: str, *, subject: str, body: str) -> str | None:
        return await self._inner.commit(branch, subject=subject, body=body)

    async def evidence(self, base: str | None, commit: str, *, measured: str) -> Evidence:
        raise RepositoryError(f"git has lost {commit[:4]}, {base and base[:4]} and {measured[:4]}")

    def take_warnings(self) -> list[str]:
        return self._inner.take_warnings()


async def test_what_a_repository_cannot_tell_of_ends_a_run_and_completes_none(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, writes(), max_iterations=1)
    async with bench.engine():
        assert bench.world is not None
        await Engine(replace(bench.world, repository=Mute(bench.world.repository)), bench.settings).run()
    assert bench.kinds()[-2:] == ["receipt_written", "run_closed"]
    closed, receipt = bench.state().closed, receipt_of(bench)
    assert closed is not None
    assert closed.outcome == "failed"
    assert closed.reason.startswith("not verified: what was delivered is not known: git has lost")
    assert receipt.headline == "NOT VERIFIED"
    assert any("what was delivered is not known: git has lost" in line for line in receipt.against)
    assert receipt.facts.delivery.commit == git(bench.workspace, "rev-parse", "loki/r1")


async def test_a_receipt_is_not_written_again_where_it_would_say_the_same(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, writes(), max_iterations=1)
    await bench.go()
    closed = bench.state().closed
    assert closed is not None
    async with bench.engine() as engine:
        # As an engine would that was killed between the receipt and the end.
        await bench.clock.sleep(60)
        await engine._receipts.write(outcome=closed.outcome, reason=closed.reason)
        assert len(bench.of(ev.ReceiptWritten)) == 1
        await engine._receipts.write(outcome="stopped", reason="a person stopped it")
    assert len(bench.of(ev.ReceiptWritten)) == 2
    assert receipt_of(bench).facts.outcome == "stopped"


async def test_a_receipt_that_cannot_be_kept_keeps_no_run_from_its_end(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, writes(), max_iterations=1)
    async with bench.engine():
        assert bench.world is not None
        # A secret that is a part of every receipt: there is no way to seal one without it.
        greedy = Redactor({"CANARY": ',"journal":{"digest":'})
        await Engine(replace(bench.world, redactor=greedy), bench.settings).run()
    assert bench.kinds()[-2:] == ["warned", "run_closed"]
    assert any("no receipt of this run" in warning for warning in bench.state().warnings)


async def test_a_receipt_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "hunter2-canary-9f8e7d"
    monkeypatch.setenv("CANARY_TOKEN", canary)
    model = writes(f'KEY = "{canary}"\n')
    model.turns[next(iter(model.turns))] = [
        says(
            call(
                "submit_plan",
                requirements=[{"id": "R1", "title": f"It takes {canary}", "criteria": [f"and {canary}"]}],
            )
        )
    ]
    bench = make_bench(tmp_path, model, max_iterations=1)
    (bench.workspace / "test_more.py").write_text(
        f"import unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.fail('{canary}')\n"
    )
    await bench.go()
    written = bench.of(ev.ReceiptWritten)[-1]
    data = BlobStore(bench.around.project.state.blobs).get(written.digest)
    assert canary.encode() not in data
    assert b"[redacted:CANARY_TOKEN]" in data
    value: JsonObject = json.loads(data)
    assert value["digest"] == digest_of(value), "what was taken out was taken out before it was sealed"
    receipt_of(bench)
