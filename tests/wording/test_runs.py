"""A run in a list of runs."""

from __future__ import annotations

from decimal import Decimal

from loki_tui.core.vocabulary import Status
from loki_tui.wording.runs import run_line
from tests.support.entries import entry


def test_a_run_shows_how_it_stands_what_it_cost_and_where_its_work_is() -> None:
    line = run_line(entry(limit=Decimal(10)), workspace=False)
    assert line.text.split() == (
        ["r1", "2026-03-01", "12:00", "completed", "10/1,000", "$4.00", "of", "$10.00", "loki/r1", "/w/prd.md"]
    )
    assert line.tone == "good"


def test_the_workspace_is_named_among_those_of_others() -> None:
    assert "  /other  " in run_line(entry(workspace="/other"), workspace=True).text
    assert "/other" not in run_line(entry(workspace="/other"), workspace=False).text


def test_a_lower_bound_looks_like_one_and_what_waits_is_said() -> None:
    line = run_line(entry(status=Status.WAITING, unpriced=1, branch=None, waiting_approvals=2), workspace=False)
    assert "$4.00+  no branch" in line.text
    assert line.text.endswith("2 approvals wanted: loki approvals")
    assert line.tone == "warn"


def test_a_run_that_cannot_be_read_says_why() -> None:
    line = run_line(entry(status=None, reason="Event 2 is\n\x1b[31mnone"), workspace=True)
    assert line.text.split("  ")[-1] == "Event 2 is \\x1b[31mnone"
    assert "unreadable" in line.text
    assert line.tone == "bad"


def test_foreign_text_stays_on_its_line() -> None:
    line = run_line(entry(prd_path="a\n\x1b[2Jb.md", workspace="/\x07w"), workspace=True)
    assert "a \\x1b[2Jb.md" in line.text
    assert "/\\x07w" in line.text
