"""What a receipt says, measured once more in another clone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.phase import UNIT_TESTS
from loki_tui.engine.receipt import Delivery, Facts
from loki_tui.runtime.findings import Finding
from loki_tui.runtime.remeasuring import measure_again
from loki_tui.runtime.surroundings import Surroundings
from tests.support import receipts as sample
from tests.support.git import git, repository, write
from tests.support.runs import DEFAULTS

TEST = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_it(self) -> None:\n        self.assertTrue({})\n"
PASSING, FAILING = TEST.format("True"), TEST.format("False")


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    """Work with a test that passes, delivered; what is checked out has one that does not."""
    root = repository(tmp_path / "work", {"a.py": "x = 1\n"})
    write(root, {"test_it.py": PASSING})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Work")
    names = {
        "base": git(root, "rev-parse", "HEAD^"),
        "base_tree": git(root, "rev-parse", "HEAD^^{tree}"),
        "commit": git(root, "rev-parse", "HEAD"),
        "tree": git(root, "rev-parse", "HEAD^{tree}"),
    }
    write(root, {"test_it.py": FAILING})
    git(root, "commit", "--quiet", "--all", "--message=Break it")
    return sample.delivery(**names, measured=names["tree"])


async def again(tmp_path: Path, about: Facts) -> dict[str, Finding]:
    around = Surroundings.here({**os.environ, "LOKI_DIR": str(tmp_path / "state")}, tmp_path / "work")
    found = await measure_again(around, Settings.model_validate(DEFAULTS), about)
    assert not list((tmp_path / "state" / "measuring").iterdir()), "nothing is left of it"
    return {finding.field: finding for finding in found}


async def test_what_was_delivered_is_measured_and_not_what_is_checked_out(tmp_path: Path, delivery: Delivery) -> None:
    tests = sample.unit_tests(tree=delivery.tree)
    found = await again(tmp_path, sample.facts(delivery=delivery, phases=(tests,)))
    assert found[UNIT_TESTS].status == "ok", found
    assert "1 test passes" in found[UNIT_TESTS].said


async def test_another_verdict_has_drifted(tmp_path: Path, delivery: Delivery) -> None:
    tests = sample.unit_tests(Verdict.FAILED, tree=delivery.tree)
    found = await again(tmp_path, sample.facts(delivery=delivery, phases=(tests,)))
    assert found[UNIT_TESTS].status == "drifted"
    assert "the receipt says failed; measured here it is passed" in found[UNIT_TESTS].said


async def test_what_is_not_in_the_clone_cannot_be_measured(tmp_path: Path, delivery: Delivery) -> None:
    gone = delivery.model_copy(update={"tree": "1" * 40})
    found = await again(tmp_path, sample.facts(delivery=gone, phases=(sample.unit_tests(),)))
    assert found["tests"].status == "drifted"


async def test_a_receipt_without_anything_measured_has_nothing_to_measure_again(tmp_path: Path) -> None:
    repository(tmp_path / "work", {"a": "1\n"})
    (tmp_path / "state" / "measuring").mkdir(parents=True)
    found = await again(tmp_path, sample.facts(phases=()))
    assert found["tests"].status == "unknown"
