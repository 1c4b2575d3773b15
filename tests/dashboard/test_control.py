"""The API to steer: through the journal's inbox to a real engine, with a trace of who asked."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.client import Project, RunClient
from tests.dashboard.test_reading import asked
from tests.dashboard.visiting import until, visiting
from tests.support.journaled import RUN, created, journal_of, write
from tests.support.program import Program
from tests.support.runs import make_bench
from tests.support.scripted import Held, ScriptedModel, finishes


async def test_a_run_is_paused_resumed_and_stopped_and_the_journal_says_by_whom(tmp_path: Path) -> None:
    held = Held(finishes())
    bench = make_bench(tmp_path, ScriptedModel(held))
    async with visiting(bench.around.project) as visitor, bench.going() as task:
        await held.begun.wait()
        assert (await visitor.post("/api/control/pause", {"reason": "lunch"})).status == 202
        await bench.until(lambda state: state.status is Status.PAUSED)
        (paused,) = bench.of(ev.RunPaused)
        (received,) = bench.of(ev.ControlReceived)
        assert (paused.reason, received.request, received.via) == ("lunch", "pause", "dashboard, 127.0.0.1, admin")
        assert received.by
        assert (await visitor.post("/api/control/budget", {"limit": "12.50"})).status == 202
        await bench.until(lambda state: state.books.limit == Decimal("12.50"))
        assert (await visitor.post("/api/control/resume", {"run": bench.run})).status == 202
        await bench.until(lambda state: state.status is Status.RUNNING)
        assert (await visitor.post("/api/control/stop")).status == 202
        async with asyncio.timeout(30):
            assert await task == "stopped"
    assert [event.request for event in bench.of(ev.ControlReceived)] == ["pause", "set_budget", "resume", "stop"]


async def test_what_was_refused_is_in_the_journal_and_changes_nothing(tmp_path: Path) -> None:
    held = Held(finishes())
    bench = make_bench(tmp_path, ScriptedModel(held))
    async with bench.going() as task:
        await held.begun.wait()
        note = rq.Refused(by="eve", via="dashboard, 10.0.0.8, viewer", request="stop", why="That takes more.")
        bench.around.project.post(bench.run, note)
        client = RunClient(bench.around.project, bench.run)
        client.force_review()
        await bench.until(lambda _: bool(bench.of(ev.ReviewForced)))
        (received,) = bench.of(ev.ControlReceived)
        assert (received.by, received.request, received.refused) == ("eve", "stop", "That takes more.")
        assert bench.state().status is Status.RUNNING
        client.stop("enough")
        async with asyncio.timeout(30):
            assert await task == "stopped"


async def test_a_decision_is_bound_to_what_was_shown(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki), asked()) as journal:
        async with visiting(place) as visitor:
            other = await visitor.post("/api/control/approvals/p1", {"decision": "approved", "digest": "e" * 64})
            assert other.status == 409
            missing = await visitor.post("/api/control/approvals/p2", {"decision": "approved", "digest": "d" * 64})
            assert missing.status == 404
            assert not journal.pending_requests()
            taken = await visitor.post(
                "/api/control/approvals/p1", {"decision": "denied", "digest": "d" * 64, "reason": "no"}
            )
            assert taken.status == 202
            ((number, request),) = journal.pending_requests()
            assert isinstance(request, rq.Decide)
            assert (number, request.decision, request.digest) == (taken.row["request"], "denied", "d" * 64)
            assert request.via == "dashboard, 127.0.0.1, admin"


async def test_the_council_is_called(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki)) as journal:
        async with visiting(place) as visitor:
            assert (await visitor.post("/api/control/council/force-review")).status == 202
        assert [request.kind for _, request in journal.pending_requests()] == ["force_review"]


async def test_a_council_that_is_off_is_not_called(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki, council_enabled=False)):
        async with visiting(place) as visitor:
            assert (await visitor.post("/api/control/council/force-review")).status == 409


@pytest.mark.parametrize("what", ["pause", "resume", "council/force-review"])
async def test_where_nobody_is_at_work_nothing_is_asked(loki: Program, place: Project, what: str) -> None:
    write(loki, [created(loki)])
    async with visiting(place) as visitor:
        refused = await visitor.post(f"/api/control/{what}")
        assert refused.status == 409
        assert "No engine is at work" in refused.row["error"]


async def test_a_run_whose_engine_is_gone_is_stopped_all_the_same(
    loki: Program, place: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in loki.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(loki.workspace)
    begun: list[Event] = [created(loki), ev.BranchOpened(branch="loki/r1", base=None, origin="main")]
    write(loki, begun)
    async with visiting(place) as visitor:
        assert (await visitor.get(f"/api/runs/{RUN}")).row["status"] == "crashed"
        assert (await visitor.post("/api/control/stop", {"reason": "enough"})).status == 202
        client = RunClient(place, RUN)
        await until(lambda: client.view().state.closed, "the end")
        assert client.view().state.status is Status.STOPPED
        assert "enough" in " ".join(map(str, _of(client, ev.RunStopping)))
        assert (await visitor.post("/api/control/stop", {"run": RUN})).status == 409


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("pause", {"reason": "x" * 3000}),
        ("pause", {"resaon": "a slip"}),
        ("pause", ["no", "object"]),
        ("budget", {}),
        ("budget", {"limit": "-1"}),
        ("budget", {"limit": "NaN"}),
        ("budget", {"limit": "1e400"}),
        ("approvals/p1", {"decision": "maybe", "digest": "d"}),
    ],
)
async def test_a_body_that_is_not_what_is_asked_for_is_refused(
    loki: Program, place: Project, path: str, body: Any
) -> None:
    with journal_of(loki, created(loki), asked()) as journal:
        async with visiting(place) as visitor:
            refused = await visitor.post(f"/api/control/{path}", body)
            assert refused.status == 400
            assert "openapi" in refused.row["hint"]
        assert not journal.pending_requests()


async def test_a_body_that_is_nested_without_end_is_refused(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki)):
        async with (
            visiting(place) as visitor,
            visitor.session.post(
                visitor.url("/api/control/pause"),
                data=b"[" * 60_000,
                headers={**visitor.bearer, "Content-Type": "application/json"},
            ) as response,
        ):
            assert response.status == 400


def _of(client: RunClient, kind: type[Event]) -> list[Event]:
    return [record.event for record in client.records() if isinstance(record.event, kind)]
