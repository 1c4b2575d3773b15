"""What programs are told of runs and estimates."""

from __future__ import annotations

import json
from decimal import Decimal

from loki_tui.core.settings import Settings
from loki_tui.runtime.estimate import estimate
from loki_tui.runtime.prd import Prd
from loki_tui.store.lock import Holder
from loki_tui.wording.rows import estimate_row, run_row
from tests.support.entries import entry


def test_a_run_is_json_with_exact_money() -> None:
    row = json.loads(json.dumps(run_row(entry(limit=Decimal("10.50"), engine=Holder(pid=7, run="r1")))))
    assert row["run"] == "r1"
    assert row["created_at"] == "2026-03-01T12:00:00+00:00"
    assert (row["status"], row["outcome"], row["at_work"], row["pid"]) == ("completed", "completed", True, 7)
    assert (row["spent"], row["budget"], row["branch"]) == ("4", "10.50", "loki/r1")
    assert (row["prd"], row["workspace"]) == ("/w/prd.md", "/w")


def test_a_run_that_cannot_be_read_has_no_status() -> None:
    assert run_row(entry(status=None, outcome=None, engine=None))["status"] is None


def test_an_estimate_is_json_with_its_unknowns() -> None:
    prd = Prd(entry().workspace / "prd.md", "# A thing\n")
    row = json.loads(json.dumps(estimate_row(estimate(prd, Settings(model="mine"), []))))
    assert row["cost"] == [None, None]
    assert row["iterations"][0] >= 1
    assert row["budget_verdict"] == "no_budget"
