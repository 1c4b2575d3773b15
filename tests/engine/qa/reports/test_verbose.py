"""What unittest prints of each test: names where they are sure, none where they are not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import Counts
from loki_tui.engine.qa.reports.summaries import read_summary
from loki_tui.engine.qa.reports.verbose import read_verbose

SUITE = '''\
import unittest

class A(unittest.TestCase):
    def test_plain(self): pass
    def test_told(self):
        """It does what it should."""
    def test_fails(self): self.fail("no")
    def test_breaks(self): 1 / 0
    @unittest.skip("later ... ok")
    def test_later(self): pass
    @unittest.expectedFailure
    def test_known(self): self.fail("as ever")
    @unittest.expectedFailure
    def test_mended(self): pass
'''


def run(tmp_path: Path, suite: str) -> str:
    (tmp_path / "test_a.py").write_text(suite)
    command = [sys.executable, "-m", "unittest", "-v"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False).stderr


def test_what_python_prints(tmp_path: Path) -> None:
    text = run(tmp_path, SUITE)
    summary = read_summary(text)
    assert summary is not None
    found = {each.id: each.outcome for each in read_verbose(text, summary.counts)}
    assert found == {
        "test_a.A.test_plain": "passed",
        "test_a.A.test_told": "passed",
        "test_a.A.test_fails": "failed",
        "test_a.A.test_breaks": "failed",
        "test_a.A.test_later": "skipped",
        "test_a.A.test_known": "skipped",
        "test_a.A.test_mended": "failed",
    }


def test_what_older_ones_print() -> None:
    (case,) = read_verbose("test_a (pkg.test_a.A) ... ok\n", Counts(passed=1))
    assert case.id == "pkg.test_a.A.test_a"


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("test_a (m.A.test_a) ... ok\ntest_b (m.A.test_b) ... ok\n", Counts(passed=1)),
        ("test_a (m.A.test_a) ... noise\nok\n", Counts(passed=1)),
        ("test_a (m.A.test_a) ... ok\n", Counts(failed=1)),
        ("", Counts(passed=1)),
        ("test_a ( ... ok\n" * 1000, Counts(passed=1000)),
    ],
)
def test_where_they_do_not_add_up_there_are_none(text: str, counts: Counts) -> None:
    assert read_verbose(text, counts) == ()
