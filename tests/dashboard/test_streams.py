"""Events as they come: once each, in order, from any number on, to many at once, and to nobody who takes nothing."""

from __future__ import annotations

import asyncio
import socket

import pytest

from loki_tui.core import events as ev
from loki_tui.dashboard.streams import KEPT_EVENTS
from loki_tui.runtime.client import Project
from tests.dashboard.visiting import next_event, until, visiting
from tests.support.journaled import RUN, created, journal_of
from tests.support.program import Program

STREAM = f"/api/runs/{RUN}/events/stream"


def warned(number: int, *, size: int = 0) -> ev.Warned:
    return ev.Warned(message=f"number {number} {'x' * size}")


async def test_what_was_comes_first_and_then_what_happens(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki), warned(1)) as journal:
        async with visiting(place) as visitor, visitor.stream(STREAM) as response:
            assert response.headers["Content-Type"] == "text/event-stream"
            assert [(await next_event(response))[0]["id"] for _ in range(2)] == ["1", "2"]
            journal.append(warned(2))
            fields, event = await next_event(response)
            assert (fields["id"], event["kind"], event["message"], event["seq"]) == ("3", "warned", "number 2 ", 3)


async def test_a_stream_goes_on_where_it_broke_off(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki), *(warned(number) for number in range(1, 700))) as journal:
        async with visiting(place) as visitor:
            async with visitor.stream(STREAM, Last_Event_ID="650") as response:
                journal.append(warned(700))
                got = [int((await next_event(response))[0]["id"]) for _ in range(51)]
            assert got == list(range(651, 702))
            async with visitor.stream(f"{STREAM}?after=10", Last_Event_ID="690") as response:
                assert (await next_event(response))[0]["id"] == "691"


async def test_what_is_not_kept_ready_comes_from_the_journal(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki)) as journal:
        async with visiting(place) as visitor, visitor.stream(STREAM) as first:
            assert (await next_event(first))[0]["id"] == "1"
            journal.append(*(warned(number) for number in range(KEPT_EVENTS + 500)))
            for _ in range(KEPT_EVENTS + 499):
                await next_event(first)
            last, _event = await next_event(first)
            assert last["id"] == str(KEPT_EVENTS + 501)
            async with visitor.stream(STREAM) as second:
                got = [int((await next_event(second))[0]["id"]) for _ in range(KEPT_EVENTS + 501)]
            assert got == list(range(1, KEPT_EVENTS + 502))


async def test_a_stream_ends_with_its_run(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki), ev.RunClosed(outcome="stopped", reason="enough")):
        async with visiting(place) as visitor, visitor.stream(STREAM) as response:
            text = (await response.text()).split("\n\n")
    assert text[-2] == "event: end\ndata: {}"


@pytest.mark.parametrize("last", ["-1", "x", "99", "9" * 400])
async def test_a_number_that_is_none_is_refused(loki: Program, place: Project, last: str) -> None:
    with journal_of(loki, created(loki)):
        async with visiting(place) as visitor:
            assert (await visitor.get(STREAM, Last_Event_ID=last)).status == 400


async def test_five_hundred_streams_are_not_all_served_and_control_still_is(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki)) as journal:
        async with visiting(place) as visitor:
            answers = await asyncio.gather(
                *(visitor.session.get(visitor.url(STREAM), headers=visitor.bearer) for _ in range(290))
            )
            answers += await asyncio.gather(
                *(visitor.session.get(visitor.url(STREAM), headers=visitor.bearer) for _ in range(210))
            )
            counts = {status: sum(answer.status == status for answer in answers) for status in (200, 429, 503)}
            assert counts[200] == 256
            assert counts[429] + counts[503] == 244
            assert (await visitor.post("/api/control/stop")).status == 202
            for answer in answers:
                answer.close()
            assert [request.kind for _, request in journal.pending_requests()] == ["stop"]


async def test_who_takes_nothing_is_cut_off_and_the_others_go_on(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki)) as journal:
        async with visiting(place, stalled=0.5) as visitor, visitor.stream(STREAM) as reading:
            deaf = socket.create_connection(("127.0.0.1", visitor.standing.port))
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.sendall(
                f"GET {STREAM} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {visitor.token}\r\n\r\n".encode()
            )
            assert (await next_event(reading))[0]["id"] == "1"
            for number in range(100):
                journal.append(*(warned(number, size=20_000) for _ in range(3)))
                assert (await next_event(reading))[1]["kind"] == "warned"
                await next_event(reading)
                await next_event(reading)
            dropped = b"loki_dashboard_streams_dropped 1.0"
            found = b""
            async with asyncio.timeout(30):
                while dropped not in found:
                    found = (await visitor.get("/metrics")).body
            deaf.close()
            assert b"loki_dashboard_streams 1.0" in found


async def test_a_dashboard_that_leaves_ends_its_streams(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki)):
        async with visiting(place) as visitor:
            response = await visitor.session.get(visitor.url(STREAM), headers=visitor.bearer)
            assert (await next_event(response))[0]["id"] == "1"
            ended = asyncio.ensure_future(response.read())
        async with asyncio.timeout(10):
            await asyncio.gather(ended, return_exceptions=True)
    await until(ended.done, "the stream's end")
