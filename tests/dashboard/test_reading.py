"""The API to read, over a real socket on a real journal."""

from __future__ import annotations

import pytest

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Risk
from loki_tui.runtime.client import Project
from tests.dashboard.visiting import visiting
from tests.support.journaled import RUN, checkpoint, created, iteration, journal_of, planned, write
from tests.support.program import Program


def asked(name: str = "p1") -> ev.ApprovalRequested:
    return ev.ApprovalRequested(
        approval=name, subject="action", digest="d" * 64, title="run make", detail="make", risk=Risk.RUN,
        reason="staged", call="call_1",
    )  # fmt: skip


async def test_a_project_without_a_run_is_healthy_and_has_none(place: Project) -> None:
    async with visiting(place) as visitor:
        health = await visitor.stranger().get("/api/health")
        assert (health.status, health.row["status"]) == (200, "ok")
        assert health.row["checks"]["journal"] == {"ok": True, "state": "empty"}
        assert (await visitor.get("/api/runs")).row["runs"] == []
        missing = await visitor.get("/api/runs/current")
        assert missing.status == 404
        assert "There is no run" in missing.row["error"]


async def test_only_health_is_told_to_a_stranger_and_without_reasons(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki)):
        async with visiting(place) as visitor:
            stranger = visitor.stranger()
            for path in ("/api/runs", f"/api/runs/{RUN}", "/metrics", "/api/openapi.json", f"/api/runs/{RUN}/events"):
                refused = await stranger.get(path)
                assert refused.status == 401, path
                assert refused.headers["WWW-Authenticate"].startswith("Bearer")
            assert "why" not in (await stranger.get("/health")).body.decode()
            assert "why" in (await visitor.get("/health")).body.decode()
            assert (await stranger.get("/health", Authorization="Bearer wrong")).status == 200
            assert (await stranger.get("/api/runs", Authorization="Bearer wrong")).status == 401


async def test_a_run_is_told_as_loki_status_tells_it(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki), planned("It works"), checkpoint(1, "t0"), *iteration(1, "t1")):
        async with visiting(place) as visitor:
            told = await visitor.get(f"/api/runs/{RUN}")
            status = await loki.status()
            differs = {name for name, value in told.row.items() if status[name] != value}
            assert differs <= {"elapsed_seconds"}
            (row,) = (await visitor.get("/api/runs")).row["runs"]
            assert (row["run"], row["status"], row["at_work"]) == (RUN, "running", True)
            (wanted,) = (await visitor.get("/api/runs/current/requirements")).row["requirements"]
            assert (wanted["id"], wanted["state"]) == ("R1", "unproven")
            assert (await visitor.get(f"/api/runs/{RUN}/cost")).row["spent"] == "0"
            assert (await visitor.get(f"/api/runs/{RUN}/council")).row["sittings"] == []


async def test_events_come_in_pages(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki), *(ev.Warned(message=f"number {number}") for number in range(10))):
        async with visiting(place) as visitor:
            page = (await visitor.get(f"/api/runs/{RUN}/events?after=3&limit=2")).row
            assert [event["seq"] for event in page["events"]] == [4, 5]
            assert page["events"][0]["message"] == "number 2"
            assert page["last_seq"] == 11


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=1001", "after=99999999999999999999", "after=1e3"])
async def test_what_is_no_number_is_refused(loki: Program, place: Project, query: str) -> None:
    with journal_of(loki, created(loki)):
        async with visiting(place) as visitor:
            assert (await visitor.get(f"/api/runs/{RUN}/events?{query}")).status == 400


async def test_what_waits_is_told_with_its_digest(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki), asked()):
        async with visiting(place) as visitor:
            (waiting,) = (await visitor.get(f"/api/runs/{RUN}/approvals")).row["approvals"]
            assert (waiting["approval"], waiting["digest"], waiting["title"]) == ("p1", "d" * 64, "run make")


async def test_a_receipt_that_is_not_there_is_not_found(loki: Program, place: Project) -> None:
    write(loki, [created(loki)])
    async with visiting(place) as visitor:
        missing = await visitor.get(f"/api/runs/{RUN}/receipt")
        assert missing.status == 404
        assert "has no receipt" in missing.row["error"]


async def test_a_receipt_is_given_as_it_is(loki: Program, place: Project) -> None:
    assert (await loki("start", "--headless", "prd.md")).code == 0
    shown = await loki("receipt", "show", "--json")
    async with visiting(place) as visitor:
        given = await visitor.get("/api/runs/current/receipt")
        assert given.body.decode().rstrip("\n") == shown.out.rstrip("\n")


async def test_figures_are_told_to_prometheus(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki), planned("It works"), asked()):
        async with visiting(place) as visitor:
            told = await visitor.get("/metrics")
            lines = told.body.decode().splitlines()
            assert told.headers["Content-Type"].startswith("text/plain")
            assert f'loki_run_status{{loki_run_status="running",run="{RUN}"}} 1.0' in lines
            assert f'loki_run_waiting_approvals{{run="{RUN}"}} 1.0' in lines
            assert f'loki_run_requirements{{proof="unproven",run="{RUN}"}} 1.0' in lines
            assert 'loki_healthy{check="journal"} 1.0' in lines


async def test_the_document_describes_all_that_can_be_asked(place: Project) -> None:
    async with visiting(place) as visitor:
        document = (await visitor.get("/api/openapi.json")).row
        assert document["openapi"] == "3.1.0"
        paths = document["paths"]
        for path, methods in paths.items():
            for method in methods:
                asked_for = path.replace("{run}", "none").replace("{approval}", "none")
                assert (
                    (await visitor(method.upper(), asked_for, body={})).status not in {404, 405}
                    or "{" in path
                    or (method == "post")
                ), path
        stop = paths["/api/control/stop"]["post"]
        assert stop["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/StopBody"}
        assert "StopBody" in document["components"]["schemas"]
        assert paths["/api/health"]["get"]["security"] == []
