"""`loki start --estimate`: what a run may come to, without a trace of having asked."""

from __future__ import annotations

import json

from tests.support.git import git
from tests.support.program import Program


async def test_an_estimate_needs_no_key_and_leaves_no_trace(loki: Program) -> None:
    told = await loki.without("LOKI_PROVIDER", "LOKI_CASSETTE")("start", "--estimate", "./prd.md", "--budget", "0.2")
    assert told.code == 0, told
    assert told.out.startswith("cost        $")
    assert "$0.20 does not cover even the first request" in told.out
    assert "no earlier completed run" in told.out
    assert "Nothing was started" in told.err
    assert not loki.state.exists()
    assert git(loki.workspace, "status", "--porcelain") == ""


async def test_an_estimate_goes_by_the_runs_there_were(loki: Program) -> None:
    run = await loki("start")
    assert run.code == 0, run
    told = await loki("start", "--estimate", "--json")
    assert told.code == 0, told
    row = json.loads(told.out)
    assert row["basis"].startswith("From 1 earlier completed run of this project")
    assert row["iterations"] == [1, 2]
    assert row["budget_verdict"] == "no_budget"
    assert len(loki.client().project.runs()) == 1


async def test_a_prd_that_is_not_there_is_refused_as_ever(loki: Program) -> None:
    told = await loki("start", "--estimate", "nowhere.md")
    assert told.code == 2
    assert "There is no PRD" in told.err
