"""`loki verify`: a branch's standing from facts alone, without a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.engine.qa.phases import PHASES
from tests.support.git import git, repository, write
from tests.support.program import Program

CODE = "def double(x):\n    return 2 * x\n"
TEST = (
    "import unittest\n\nfrom product import double\n\n\nclass T(unittest.TestCase):\n"
    "    def test_doubles(self):\n        self.assertEqual(double(3), 6)\n"
)
GREEN = (
    "import unittest\n\n\nclass T(unittest.TestCase):\n"
    "    def test_it(self) -> None:\n        self.assertEqual(abs(-1), 1)\n"
)
SLOW_ONES = ("phase_security", "phase_api_tests", "phase_e2e_tests", "phase_performance", "phase_accessibility")


def off(*settings: str) -> dict[str, str]:
    """Variables that switch phases off."""
    return {f"LOKI_{name.upper()}": "false" for name in settings}


@pytest.fixture
def branch(tmp_path: Path) -> Program:
    """The program on a branch that adds a function and its test."""
    root = repository(tmp_path / "project", {"product.py": "", "test_base.py": GREEN})
    git(root, "switch", "--quiet", "--create", "topic")
    write(root, {"product.py": CODE, "test_product.py": TEST})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Double")
    return Program(root, Path(os.environ["HOME"]))


async def test_a_sound_branch_is_verified_against_where_it_left_the_default_branch(branch: Program) -> None:
    done = await branch("verify")
    assert done.code in {0, 1}, done  # by the tools that this machine has
    assert "compared with" in done.out
    assert "(main)" in done.out
    assert "unit tests      passed" in done.out
    assert "VERIFIED" in done.out
    assert "NOT VERIFIED" not in done.out
    if done.code == 0:
        assert "gap:" not in done.out


async def test_a_phase_that_is_switched_off_is_a_gap_that_is_named(branch: Program) -> None:
    done = await branch.with_(**off(*SLOW_ONES, "phase_regression"))("verify", "--json")
    assert done.code == 1, done
    (row,) = done.rows
    assert row["verdict"] == "concerns"
    assert "security: switched off by LOKI_PHASE_SECURITY" in row["gaps"] or "security" not in {p.name for p in PHASES}
    assert "performance: switched off by LOKI_PHASE_PERFORMANCE" in row["gaps"]
    assert row["commit"] == git(branch.workspace, "rev-parse", "HEAD")
    assert row["without"] == ["code review"]


async def test_a_red_phase_no_tests_or_no_change_block(branch: Program) -> None:
    root = branch.workspace
    write(root, {"product.py": CODE.replace("2 *", "3 *")})
    git(root, "commit", "--quiet", "--all", "--message=Wrong")
    await _blocked(branch, "1 of 2 tests fail")
    same = await branch("verify", "HEAD")
    assert same.code == 2, same
    assert "nothing differs from the base" in same.out
    git(root, "rm", "--quiet", "test_product.py", "test_base.py")
    git(root, "commit", "--quiet", "--message=Without tests")
    await _blocked(branch, "no test command found")


async def test_a_test_that_was_green_at_the_base_and_is_gone_blocks(branch: Program) -> None:
    git(branch.workspace, "rm", "--quiet", "test_base.py")
    git(branch.workspace, "commit", "--quiet", "--message=Less")
    await _blocked(branch, "regression")


async def _blocked(program: Program, why: str) -> None:
    done = await program.with_(**off(*SLOW_ONES))("verify")
    assert done.code == 2, done
    assert "NOT VERIFIED" in done.out
    assert any("blocked by" in line and why in line for line in done.out.splitlines()), done.out


async def test_uncommitted_changes_are_not_what_is_judged_and_that_is_said(branch: Program) -> None:
    write(branch.workspace, {"product.py": "raise SystemExit\n"})
    done = await branch.with_(**off(*SLOW_ONES, "phase_regression"))("verify")
    assert done.code == 1, done
    assert "1 uncommitted change in the work tree" in done.out


async def test_what_cannot_be_told_and_wrong_usage_are_3(branch: Program, tmp_path: Path) -> None:
    for arguments in (("--bogus",), ("a", "b"), ("--json=x",), ("nowhere",), ("--", "--all")):
        done = await branch("verify", *arguments)
        assert done.code == 3, (arguments, done)
    (row,) = (await branch("verify", "nowhere", "--json")).rows
    assert row["verdict"] == "error"
    wrong = await branch.with_(LOKI_BUDGET_LIMIT="lots")("verify")
    assert wrong.code == 3
    (tmp_path / "plain").mkdir()
    nowhere = await branch("verify", cwd=tmp_path / "plain")
    assert nowhere.code == 3
    assert "no git repository" in nowhere.err
    unborn = repository(tmp_path / "unborn")
    assert (await branch("verify", cwd=unborn)).code == 3
    timed_out = await branch.with_(
        **off(*SLOW_ONES, "phase_regression"), LOKI_TEST_COMMAND="sleep 30", LOKI_TEST_TIMEOUT="1s"
    )("verify")
    assert timed_out.code == 3, timed_out
    assert "NOT VERIFIED" in timed_out.out


async def test_help_says_what_the_exit_codes_mean(branch: Program) -> None:
    told = await branch("verify", "--help")
    assert told.code == 0
    assert "wrong usage" in told.out


async def test_tests_of_a_part_that_are_not_run_are_a_gap(branch: Program) -> None:
    root = branch.workspace
    write(root, {"web/package.json": "{}", "web/it.js": "", "web/it.test.js": "throw new Error()"})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Add pages, which are broken")
    done = await branch("verify", "--json")
    assert done.code == 1, done
    (row,) = done.rows
    assert any("pytest does not run" in gap or "unittest does not run" in gap for gap in row["gaps"]), row
    assert any("JavaScript in web" in gap for gap in row["gaps"])


async def test_a_clone_without_objects_of_its_own_says_so(branch: Program, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--shared", str(branch.workspace), str(tmp_path / "clone"))
    done = await branch("verify", "HEAD~1", cwd=tmp_path / "clone")
    assert done.code == 3, done
    assert "borrows objects" in done.err
    assert "no commit" not in done.err
