"""`loki qa`: the phases on repositories of every kind, without a run and without a model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.engine.qa.phases import PHASES
from tests.support.git import git, repository, write
from tests.support.program import Program

GREEN = (
    "import unittest\n\n\nclass T(unittest.TestCase):\n"
    "    def test_it(self) -> None:\n        self.assertEqual(abs(-1), 1)\n"
)
RED = GREEN.replace("self.assertEqual(abs(-1), 1)", "self.fail('secret-of-mine')")

OTHERS_OFF = {f"LOKI_{phase.setting.upper()}": "false" for phase in PHASES if phase.setting not in {"phase_unit_tests"}}


@pytest.fixture
def bare(tmp_path: Path) -> Program:
    """The program in a committed project, with neither a provider nor a key."""
    return Program(repository(tmp_path / "project", {"test_it.py": GREEN}), Path(os.environ["HOME"]))


async def test_every_phase_is_listed_with_what_it_would_run_and_nothing_is_run(bare: Program) -> None:
    write(bare.workspace, {"test_it.py": "from pathlib import Path\n\nPath('ran').touch()\n", "calc.py": "A = 1\n"})
    listed = await bare.with_(LOKI_PHASE_REGRESSION="false")("qa", "list", "--json")
    assert listed.code == 0, listed
    rows = {row["phase"]: row for row in listed.rows}
    assert list(rows) == [phase.name for phase in PHASES]
    assert rows["unit tests"]["on"]
    assert "unittest" in rows["unit tests"]["command"]
    assert rows["test strength"]["command"] == rows["unit tests"]["command"]
    assert rows["test strength"]["why"] == "on a product that does nothing"
    assert (rows["regression"]["on"], rows["regression"]["setting"]) == (False, "LOKI_PHASE_REGRESSION")
    assert all(row["command"] or row["why"] for row in rows.values())
    shown = await bare("qa", "list")
    assert shown.code == 0
    assert [line[:14].strip() for line in shown.out.splitlines()] == [phase.name for phase in PHASES]
    assert not list(bare.workspace.rglob("ran"))
    assert not list((next(bare.state.iterdir()) / "measuring").iterdir())


async def test_green_is_0_and_red_is_1_and_the_findings_are_shown_without_secrets(bare: Program) -> None:
    named = await bare("qa", "run", "unit-tests")
    assert named.code == 0, named
    assert "unit tests      passed: 1 test passes" in named.out
    assert "… unit tests" in named.err
    write(bare.workspace, {"test_it.py": RED})
    red = await bare.with_(MY_API_KEY="secret-of-mine")("qa", "run", "UNIT")
    assert red.code == 1, red
    assert "unit tests      failed: 1 of 1 tests fail" in red.out
    assert "secret-of-mine" not in red.out
    (row,) = (await bare("qa", "run", "unit", "--json")).rows
    assert (row["verdict"], row["tests"]["failed"]) == ("failed", 1)
    assert row["subject"]["measured"] == "the work tree"


async def test_what_could_not_be_measured_is_3_and_never_success(bare: Program) -> None:
    write(bare.workspace, {"test_it.py": "import unittest\n"})
    empty = await bare("qa", "run", "unit tests")
    assert empty.code == 3, empty
    off = await bare.with_(LOKI_PHASE_UNIT_TESTS="false")("qa", "run", "unit tests")
    assert off.code == 3
    assert "switched off by LOKI_PHASE_UNIT_TESTS" in off.out
    nothing = await bare.with_(LOKI_PHASE_UNIT_TESTS="false", **OTHERS_OFF)("qa", "run")
    assert nothing.code == 3
    assert "none" in nothing.err


async def test_a_phase_that_there_is_not_is_refused_with_the_nearest_name(bare: Program) -> None:
    wrong = await bare("qa", "run", "unti tests")
    assert wrong.code == 2
    assert "did you mean 'unit tests'?" in wrong.err
    assert wrong.out == ""
    assert not bare.state.exists()
    assert (await bare("qa", "run", "--base", "nowhere", "unit tests")).code == 2
    assert (await bare.with_(LOKI_PHASE_UNIT_TEST="false")("qa", "list")).code == 2


async def test_a_directory_of_no_ecosystem_and_no_repository_is_measured_and_is_no_success(
    bare: Program, tmp_path: Path
) -> None:
    write(tmp_path / "plain", {"notes \n.txt": "hello\n"})
    plain = await bare("qa", "run", "unit tests", cwd=tmp_path / "plain")
    assert plain.code == 3, plain
    assert "no test command found" in plain.out
    assert "this is no git repository" in plain.out
    unborn = repository(tmp_path / "unborn")
    listed = await bare("qa", "list", cwd=unborn)
    assert listed.code == 0, listed
    assert "nothing to run" in listed.out


async def test_a_base_can_be_named(bare: Program) -> None:
    write(bare.workspace, {"other.py": "x = 1\n"})
    git(bare.workspace, "add", "--all")
    git(bare.workspace, "commit", "--quiet", "--message=Two")
    done = await bare("qa", "run", "unit tests", "--base", "HEAD~1", "--json")
    assert done.code == 0, done
    (row,) = done.rows
    assert row["subject"]["base"]["commit"] == git(bare.workspace, "rev-parse", "HEAD~1")
    assert row["subject"]["changed"] == 1
