"""What passed at the base passes now; what was broken before is nobody's fault; removed tests are named."""

from __future__ import annotations

from pathlib import Path

from loki_tui.core.vocabulary import TestCase, Verdict
from loki_tui.engine.qa.fates import name_of, trace
from loki_tui.engine.qa.phase import Measured
from loki_tui.engine.qa.regression import Regression
from loki_tui.engine.qa.testing import run_tests
from tests.support.qa import Files, scene_of

ADD = "def add(a, b):\n    return a + b\n"
HEAD = "import unittest\n\nfrom calc import add\n\n\nclass CalcTest(unittest.TestCase):\n"
ONE = "    def test_one(self):\n        self.assertEqual(add(1, 0), 1)\n"
TWO = "    def test_two(self):\n        self.assertEqual(add(1, 1), 2)\n"
BROKEN = "    def test_broken(self):\n        self.assertEqual(add(1, 1), 3)\n"
BASE = {"calc.py": ADD, "test_calc.py": f"{HEAD}{ONE}\n{TWO}"}


async def measured(tmp_path: Path, files: Files, base: Files | None, **settings: object) -> Measured:
    """The phase as a run goes through it: after the unit tests, in a checkout of its own."""
    async with scene_of(tmp_path, files, base, **settings) as scene:
        async with scene.fresh() as place:
            scene.tests = (await run_tests(place, scene.settings)).cases
        return await Regression().measure(scene)


def verdicts(found: Measured) -> dict[str, Verdict]:
    return {check.name: check.verdict for check in found.checks}


async def test_what_passed_passes(tmp_path: Path) -> None:
    here = {"calc.py": ADD + "\n\ndef sub(a, b):\n    return a - b\n", "test_calc.py": f"{HEAD}{ONE}\n{TWO}\n{BROKEN}"}
    found = await measured(tmp_path, here, BASE)
    assert found.verdict is Verdict.PASSED
    assert found.why == "all 2 tests that passed at the base pass"
    assert set(verdicts(found)) == {"base tests", "removed tests", "weakened tests", "test settings"}
    assert found.command


async def test_what_passed_fails(tmp_path: Path) -> None:
    here = {**BASE, "calc.py": "def add(a, b):\n    return 1\n"}
    found = await measured(tmp_path, here, BASE)
    assert found.verdict is Verdict.FAILED
    assert "1 fail: " in found.why
    assert "test_two" in found.why
    assert verdicts(found)["removed tests"] is Verdict.PASSED
    assert [finding.severity for finding in found.findings] == ["high"]


async def test_what_was_broken_before_is_no_regression(tmp_path: Path) -> None:
    base = {**BASE, "test_calc.py": f"{HEAD}{ONE}\n{BROKEN}"}
    found = await measured(tmp_path, {**base, "README": "new"}, base)
    assert found.verdict is Verdict.PASSED
    assert "1 test that passed" in found.why


async def test_a_broken_test_that_is_taken_away_is_listed(tmp_path: Path) -> None:
    base = {**BASE, "test_calc.py": f"{HEAD}{ONE}\n{BROKEN}"}
    found = await measured(tmp_path, {**BASE, "test_calc.py": HEAD + ONE}, base)
    assert found.verdict is Verdict.PASSED
    assert [finding.severity for finding in found.findings] == ["medium"]


async def test_a_test_that_is_gone(tmp_path: Path) -> None:
    found = await measured(tmp_path, {**BASE, "test_calc.py": HEAD + ONE}, BASE)
    assert found.verdict is Verdict.FAILED
    assert verdicts(found)["removed tests"] is Verdict.FAILED
    assert "test_two" in found.why
    assert "restore" in found.why
    assert len(found.findings) == 1


async def test_a_file_of_tests_that_is_gone(tmp_path: Path) -> None:
    base = {
        **BASE,
        "test_more.py": "import unittest\n\n\nclass More(unittest.TestCase):\n    def test_more(self):\n        pass\n",
    }
    found = await measured(tmp_path, BASE, base)
    assert found.verdict is Verdict.FAILED
    assert "test_more" in found.why


async def test_a_test_that_is_skipped(tmp_path: Path) -> None:
    here = {**BASE, "test_calc.py": f"{HEAD}{ONE}\n    @unittest.skip('later')\n{TWO}"}
    found = await measured(tmp_path, here, BASE)
    assert found.verdict is Verdict.FAILED
    assert "1 are skipped" in found.why
    assert verdicts(found)["weakened tests"] is Verdict.FAILED


async def test_a_test_that_asserts_nothing(tmp_path: Path) -> None:
    found = await measured(
        tmp_path,
        {**BASE, "test_calc.py": f"{HEAD}{ONE}\n{TWO.replace('self.assertEqual(add(1, 1), 2)', 'pass')}"},
        BASE,
    )
    assert found.verdict is Verdict.FAILED
    assert verdicts(found)["base tests"] is Verdict.PASSED
    assert "no longer asserts" in found.why


async def test_a_value_that_was_edited_is_listed(tmp_path: Path) -> None:
    here = {
        "calc.py": "def add(a, b):\n    return a + b + 0\n",
        "test_calc.py": BASE["test_calc.py"].replace("(1, 1), 2", "(1, 1), 1 + 1"),
    }
    found = await measured(tmp_path, here, BASE)
    assert found.verdict is Verdict.PASSED
    assert found.why.endswith("1 change to tests or their settings to look at")
    assert [finding.severity for finding in found.findings] == ["medium"]


async def test_a_moved_and_a_renamed_test_are_there(tmp_path: Path) -> None:
    here = {
        "calc.py": ADD,
        "test_sums.py": HEAD + ONE.replace("test_one", "test_one_and_nothing"),
        "test_calc.py": HEAD + TWO,
    }
    found = await measured(tmp_path, here, BASE)
    assert found.verdict is Verdict.PASSED, found.why


async def test_no_base(tmp_path: Path) -> None:
    found = await measured(tmp_path, BASE, None)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "no base" in found.why


async def test_a_base_without_tests(tmp_path: Path) -> None:
    found = await measured(tmp_path, BASE, {"calc.py": ADD})
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert found.why.startswith("the base has no tests")


async def test_nothing_changed(tmp_path: Path) -> None:
    assert (await measured(tmp_path, BASE, BASE)).verdict is Verdict.NOT_APPLICABLE


async def test_a_base_that_cannot_be_run(tmp_path: Path) -> None:
    # What would be run in place of the runner: no test of the base is.
    async with scene_of(tmp_path, BASE, {**BASE, "unittest.py": ""}) as scene:
        found = await Regression().measure(scene)
        again = await Regression().measure(scene)
    assert found.verdict is again.verdict is Verdict.NOT_RUN
    assert "nothing to compare with" in found.why
    assert again.why == found.why
    assert found.command
    assert not again.command, "it stays as it is"


async def test_settings_of_this_run_in_the_workspace(tmp_path: Path) -> None:
    found = await measured(tmp_path, {**BASE, ".loki.toml": 'test_command = "true"\n'}, BASE)
    assert found.verdict is Verdict.FAILED
    assert verdicts(found)["test settings"] is Verdict.FAILED
    assert ".loki.toml" in found.why


async def test_the_base_is_measured_once(tmp_path: Path) -> None:
    async with scene_of(tmp_path, {**BASE, "README": "new"}, BASE) as scene:
        first = await Regression().measure(scene)
        assert scene.known_base.tests is not None
        assert scene.tests is not None  # nobody had run them: then this does
        second = await Regression().measure(scene)
    assert first.verdict is second.verdict is Verdict.PASSED
    assert first.command
    assert not second.command


def case(identity: str, outcome: str = "passed") -> TestCase:
    return TestCase.model_validate({"id": identity, "outcome": outcome})


def test_names() -> None:
    assert name_of("tests/test_a.py::TestA::test_b[1-2]") == "test_b"
    assert name_of("tests.test_a.TestA.test_b") == "test_b"
    assert name_of("src/a.test.ts > suite > adds [1.5] up") == "adds"
    assert name_of("") == ""


def test_fates() -> None:
    base = [
        case("a.py::test_1"),
        case("a.py::test_2"),
        case("a.py::test_3", "failed"),
        case("t/a.py::test_4"),
        case("a.py::test_5[1-2]"),
    ]
    here = [case("a.py::test_1"), case("a.py::test_2", "skipped"), case("u/a.py::test_4"), case("a.py::test_5[1-3]")]
    fates = trace(base, here)
    assert fates.passing == 3
    assert [each.id for each in fates.skipped] == ["a.py::test_2"]
    assert not fates.gone
    assert trace(base[:1], []).gone == (base[0],)
    assert trace(base[:1], [], frozenset({"test_1"})).passing == 1
    # A test that was there before is no other one that was moved.
    assert trace([case("x/a.py::test_b"), case("y/a.py::test_b")], [case("y/a.py::test_b")]).gone
    # A test that got parameters.
    assert trace([case("a.py::t")], [case("a.py::t[1]"), case("a.py::t[2]")]).passing == 1
    # Fewer cases of a test than there were.
    assert len(trace([case("a.py::t[1]"), case("a.py::t[2]")], [case("a.py::t[3]")]).gone) == 1
