"""Streams of a parallel run over the API: told, and asked for by name."""

from __future__ import annotations

import pytest

from loki_tui.core import requests as rq
from loki_tui.runtime.client import Project
from tests.dashboard.visiting import visiting
from tests.support import abreast, scenes

RUN = "r1"


async def test_streams_are_told_with_what_is_brought_together(place: Project) -> None:
    with scenes.at_work(place, RUN, abreast.abreast()):
        async with visiting(place) as visitor:
            told = (await visitor.get(f"/api/runs/{RUN}/streams")).row
            rows = {row["name"]: row for row in told["streams"]}
            assert rows["search"]["status"] == "running"
            assert (rows["search"]["share"], rows["search"]["requirements"]) == ("1.50", ["R3"])
            assert (rows["offline"]["status"], rows["offline"]["after"]) == ("queued", ["search", "export"])
            assert told["integration"]["stream"] == "locks"
            assert told["limited"] == {"agents": 2, "by": ["cpu", "rate limit"]}
            (waiting,) = (await visitor.get(f"/api/runs/{RUN}/approvals")).row["approvals"]
            assert waiting["stream"] == "export"


async def test_a_run_that_is_not_parallel_has_none(place: Project) -> None:
    with scenes.at_work(place, RUN, scenes.empty()):
        async with visiting(place) as visitor:
            told = (await visitor.get(f"/api/runs/{RUN}/streams")).row
            assert (told["streams"], told["integration"], told["limited"]) == ([], None, None)


async def test_what_is_asked_of_one_stream_is_asked_of_no_other(place: Project) -> None:
    with scenes.at_work(place, RUN, abreast.abreast()) as journal:
        async with visiting(place) as visitor:
            for what, body in (("pause", {}), ("resume", {}), ("stop", {}), ("budget", {"limit": "3"})):
                assert (await visitor.post(f"/api/control/{what}", {"stream": "search", **body})).status == 202
            asked = [request for _, request in journal.pending_requests()]
            assert [each.kind for each in asked] == ["pause", "resume", "stop", "set_budget"]
            assert all(isinstance(each, rq.Aimed) and each.stream == "search" for each in asked)


@pytest.mark.parametrize(("stream", "status"), [("mail", 404), ("store", 409), ("offline", 409)])
async def test_a_stream_that_cannot_hear_is_refused_and_the_run_not_stopped_in_its_place(
    place: Project, stream: str, status: int
) -> None:
    with scenes.at_work(place, RUN, abreast.abreast()) as journal:
        async with visiting(place) as visitor:
            for what in ("pause", "stop"):
                assert (await visitor.post(f"/api/control/{what}", {"stream": stream})).status == status
            assert not journal.pending_requests()


async def test_a_stream_of_a_run_without_an_engine_is_not_stopped_by_ending_the_run(place: Project) -> None:
    scenes.write(place, RUN, abreast.abreast())
    async with visiting(place) as visitor:
        assert (await visitor.post("/api/control/stop", {"stream": "search"})).status == 409
