"""How many tests ran, read from what the runners really print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.vocabulary import Counts
from loki_tui.engine.qa.reports.summaries import read_summary

UNITTEST = """\
test_it (test_it.T.test_it) ... ok

----------------------------------------------------------------------
Ran 6 tests in 0.003s

"""

PYTEST = """\
............F.s.                                                         [100%]
=========================== short test summary info ============================
FAILED test_p.py::test_b - assert 0
"""

CARGO = """\
running 2 tests
test t::a ... ok
test t::c ... ignored

test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests cc

running 1 test
test src/lib.rs - f (line 1) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
"""

GO = """\
?   \texample.com/a/cmd\t[no test files]
ok  \texample.com/a/b\t0.003s
ok  \texample.com/a/c\t(cached)
ok  \texample.com/a/d\t0.002s [no tests to run]
--- FAIL: TestE (0.00s)
FAIL
FAIL\texample.com/a/e\t0.004s
FAIL
"""

NODE_TAP = """\
1..4
# tests 4
# suites 0
# pass 1
# fail 1
# cancelled 0
# skipped 1
# todo 1
# duration_ms 532.289605
"""

JEST = """\
Test Suites: 1 failed, 1 passed, 2 total
Tests:       1 failed, 1 skipped, 2 passed, 4 total
Snapshots:   0 total
Time:        0.512 s
Ran all test suites.
"""

VITEST = """\
 ✓ src/a.test.ts (2 tests) 3ms

 Test Files  1 failed | 1 passed (2)
      Tests  1 failed | 2 passed | 1 skipped (4)
   Start at  10:11:12
   Duration  312ms
"""

MOCHA = """\
  thing
    ✔ works
    1) fails

  1 passing (4ms)
  2 pending
  1 failing

  1) thing
"""

MAVEN = """\
[INFO] Running com.example.ATest
[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.036 s -- in com.example.ATest
[INFO] Results:
[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 1
[INFO] Running com.example.BTest
[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.011 s <<< FAILURE! -- in com.example.BTest
[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0
"""


@pytest.mark.parametrize(
    ("output", "counts"),
    [
        (UNITTEST + "OK\n", Counts(passed=6)),
        (UNITTEST + "OK (skipped=2)\n", Counts(passed=4, skipped=2)),
        (UNITTEST + "OK (expected failures=2)\n", Counts(passed=6)),
        (
            UNITTEST + "FAILED (failures=1, errors=1, skipped=1, expected failures=1)\n",
            Counts(passed=3, failed=2, skipped=1),
        ),
        ("\n---\nRan 0 tests in 0.000s\n\nOK\n", Counts()),
        ("\n---\nRan 0 tests in 0.000s\n\nNO TESTS RAN\n", Counts()),
        (PYTEST + "1 failed, 14 passed, 1 skipped in 2.75s\n", Counts(passed=14, failed=1, skipped=1)),
        (
            PYTEST
            + "= 1 failed, 2 passed, 1 skipped, 1 xfailed, 1 xpassed, 1 warning, 1 error in 61.95s (0:01:01) =\n",
            Counts(passed=4, failed=2, skipped=1),
        ),
        ("=============================== 1 error in 4.99s ===============================\n", Counts(failed=1)),
        ("1 passed, 6 deselected in 2.94s\n", Counts(passed=1)),
        ("7 deselected in 3.10s\n", Counts()),
        ("no tests ran in 4.12s\n", Counts()),
        ("============================ no tests ran in 2.96s =============================\n", Counts()),
        (CARGO, Counts(passed=2, skipped=1)),
        ("running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n", Counts()),
        (GO, Counts(passed=2, failed=1)),
        (NODE_TAP, Counts(passed=1, failed=1, skipped=1)),
        (NODE_TAP.replace("#", "ℹ"), Counts(passed=1, failed=1, skipped=1)),  # noqa: RUF001
        (JEST, Counts(passed=2, failed=1, skipped=1)),
        (VITEST, Counts(passed=2, failed=1, skipped=1)),
        (MOCHA, Counts(passed=1, failed=1, skipped=2)),
        ("\n  0 passing (1ms)\n", Counts()),
        (MAVEN, Counts(passed=3, failed=1, skipped=1)),
    ],
)
def test_counts(output: str, counts: Counts) -> None:
    summary = read_summary(output)
    assert summary is not None
    assert summary.counts == counts


@pytest.mark.parametrize(
    "output",
    [
        "",
        "all good\n",
        "3 passed the exam in style\n",
        "I saw 3 failed attempts, and 4 passed.\n",
        "ok then\n",
        "ok  \texample.com/a/d\t0.002s [no tests to run]\n",
        "No tests found, exiting with code 0\n",
    ],
)
def test_what_no_runner_prints_is_unknown(output: str) -> None:
    assert read_summary(output) is None


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        ("pass", Counts(passed=1)),
        ("self.fail()", Counts(failed=1)),
        ("1 / 0", Counts(failed=1)),
        ("self.skipTest('no')", Counts(skipped=1)),
    ],
)
def test_unittest_of_this_python(tmp_path: Path, body: str, counts: Counts) -> None:
    text = f"import unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        {body}\n"
    (tmp_path / "test_it.py").write_text(text)
    ran = subprocess.run(
        [sys.executable, "-m", "unittest", "-v"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert read_summary(ran.stdout + ran.stderr) == ("unittest", counts)


@pytest.mark.parametrize(
    ("output", "runner"), [(PYTEST + "1 passed in 2.75s\n", "pytest"), (CARGO, "cargo"), (GO, "go"), (MOCHA, "mocha")]
)
def test_whose_summary_it_is(output: str, runner: str) -> None:
    summary = read_summary(output)
    assert summary is not None
    assert summary.runner == runner


@given(st.text())
def test_nothing_breaks_it(output: str) -> None:
    read_summary(output)
