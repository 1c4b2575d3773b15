"""What a dashboard turns away: other sites' pages, other names, too much, too big, too slow."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest
from aiohttp import WSCloseCode, WSServerHandshakeError

from loki_tui.dashboard import limits
from loki_tui.dashboard.limits import RateLimit
from loki_tui.runtime.client import Project
from tests.dashboard.visiting import PATIENCE, Said, Visitor, settings_for, visiting
from tests.support.journaled import created, journal_of
from tests.support.program import Program

JSON = {"Content_Type": "application/json"}


async def signed_in(visitor: Visitor) -> tuple[Visitor, dict[str, str]]:
    """Sign in as a page of the dashboard's own would; what its requests then carry."""
    origin = visitor.url("")
    stranger = visitor.stranger()
    answer = await stranger.post("/login", {"token": visitor.token}, Origin=origin)
    assert answer.status == 200
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "Path=/"))
    carried = {"Cookie": cookie.partition(";")[0], "Origin": origin}
    session = (await stranger.get("/api/session", **carried)).row
    return stranger, {**carried, "X_CSRF_Token": session["csrf"]}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:57374", "127.0.0.1.evil.example", "", "[", "localhost.evil"]
)
async def test_a_foreign_name_that_leads_here_is_turned_away(place: Project, host: str) -> None:
    async with visiting(place) as visitor:
        assert (await visitor.get("/api/runs", Host=host)).status in {400, 421}
        assert (await visitor.get("/api/health", Host=host)).status in {400, 421}


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:80", "10.1.2.3", "loki.example.com"]
)
async def test_own_names_and_addresses_are_let_in(place: Project, host: str) -> None:
    async with visiting(place, settings=settings_for(dashboard_url="https://loki.example.com")) as visitor:
        assert (await visitor.get("/api/runs", Host=host)).status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "file://"]
)
async def test_a_page_of_another_site_changes_nothing(loki: Program, place: Project, origin: str) -> None:
    with journal_of(loki, created(loki)) as journal:
        async with visiting(place) as visitor:
            stranger, carried = await signed_in(visitor)
            assert (await stranger.post("/api/control/stop", **{**carried, "Origin": origin})).status == 403
            assert (await visitor.post("/api/control/stop", Origin=origin)).status == 403
            assert (await stranger.post("/login", {"token": visitor.token}, Origin=origin)).status == 403
        assert not journal.pending_requests()


async def test_a_session_must_say_its_csrf_token(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki)) as journal:
        async with visiting(place) as visitor:
            stranger, carried = await signed_in(visitor)
            without = {name: value for name, value in carried.items() if name != "X_CSRF_Token"}
            assert (await stranger.post("/api/control/pause", **without)).status == 403
            assert (await stranger.post("/api/control/pause", **{**carried, "X_CSRF_Token": "wrong"})).status == 403
            without = {name: value for name, value in carried.items() if name != "Origin"}
            assert (await stranger.post("/api/control/pause", **without)).status == 403
            assert not journal.pending_requests()
            assert (await stranger.post("/api/control/pause", **carried)).status == 202
            assert len(journal.pending_requests()) == 1


async def test_what_a_form_of_another_site_can_send_is_no_body(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki)):
        async with (
            visiting(place) as visitor,
            visitor.session.post(
                visitor.url("/api/control/stop"),
                data=b'{"reason": "x"}',
                headers={**visitor.bearer, "Content-Type": "text/plain"},
            ) as response,
        ):
            assert response.status == 415


async def test_a_session_ends_when_it_is_ended(place: Project) -> None:
    async with visiting(place) as visitor:
        stranger, carried = await signed_in(visitor)
        assert (await stranger.get("/api/runs", **carried)).status == 200
        assert (await stranger.post("/logout", **carried)).status == 200
        assert (await stranger.get("/api/runs", **carried)).status == 401


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
async def test_a_line_to_the_application_is_for_our_own_pages(place: Project, origin: str | None) -> None:
    async with visiting(place) as visitor:
        _, carried = await signed_in(visitor)
        headers = {"Cookie": carried["Cookie"], **({"Origin": origin} if origin else {})}
        with pytest.raises(WSServerHandshakeError) as refused:
            await visitor.session.ws_connect(visitor.url("/ws"), headers=headers)
        assert refused.value.status == 403


async def test_an_open_application_ends_with_its_session(place: Project) -> None:
    async with visiting(place) as visitor:
        stranger, carried = await signed_in(visitor)
        headers = {"Cookie": carried["Cookie"], "Origin": visitor.url("")}
        async with visitor.session.ws_connect(visitor.url("/ws"), headers=headers) as line:
            await line.receive(PATIENCE)
            assert not line.closed
            assert (await stranger.post("/logout", **carried)).status == 200
            async with asyncio.timeout(PATIENCE):
                async for _ in line:
                    pass
            assert line.close_code == WSCloseCode.POLICY_VIOLATION


async def test_a_line_to_the_application_takes_a_session(place: Project) -> None:
    async with visiting(place) as visitor:
        with pytest.raises(WSServerHandshakeError) as refused:
            await visitor.session.ws_connect(visitor.url("/ws"), headers={"Origin": visitor.url("")})
        assert refused.value.status == 401


async def test_every_answer_has_its_headers(place: Project) -> None:
    async with visiting(place) as visitor:
        for path in ("/api/runs", "/login", "/api/nothing", "/static/login.js", "/health"):
            headers = (await visitor.get(path)).headers
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
            assert headers["Referrer-Policy"] == "no-referrer", path
            assert headers["Server"] == "loki", path
            assert "Access-Control-Allow-Origin" not in headers, path
        assert (await visitor.get("/api/runs")).headers["Cache-Control"] == "no-store"


async def test_too_much_is_refused_but_stopping_never_is(loki: Program, place: Project) -> None:
    with journal_of(loki, created(loki)) as journal:
        async with visiting(place, rates=RateLimit(burst=5, rate=0.001)) as visitor:
            answers = [await visitor.get("/api/runs") for _ in range(7)]
            assert [answer.status for answer in answers] == [200] * 5 + [429] * 2
            assert int(answers[-1].headers["Retry-After"]) > 0
            assert (await visitor.post("/api/control/resume")).status == 429
            assert (await visitor.get("/health")).status == 200
            assert (await visitor.post("/api/control/stop")).status == 202
        assert [request.kind for _, request in journal.pending_requests()] == ["stop"]


async def test_strangers_at_the_same_address_do_not_hold_back_who_was_let_in(place: Project) -> None:
    async with visiting(place, rates=RateLimit(burst=5, rate=0.001)) as visitor:
        stranger = visitor.stranger()
        answers = [await stranger.get("/api/runs", Authorization="Bearer wrong") for _ in range(4)]
        answers += [await stranger.get("/api/nothing") for _ in range(3)]
        assert [answer.status for answer in answers] == [401] * 4 + [404] + [429] * 2
        assert (await stranger.get("/login")).status == 429
        assert (await visitor.get("/api/runs")).status == 200


def test_a_bucket_fills_up_again_and_old_clients_are_forgotten() -> None:
    now = [0.0]
    rates = RateLimit(burst=2, rate=1, clock=lambda: now[0])
    assert [rates.take("a"), rates.take("a")] == [0, 0]
    assert rates.take("a") == 1
    now[0] = 1.0
    assert rates.take("a") == 0
    assert rates.take("a") > 0
    for number in range(limits.CLIENTS):
        rates.take(str(number))
    assert rates.take("a") == 0


async def test_a_gigabyte_is_not_read(place: Project) -> None:
    sent = 0
    async with visiting(place) as visitor:
        reader, writer = await asyncio.open_connection("127.0.0.1", visitor.standing.port)
        head = (
            f"POST /api/control/stop HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {visitor.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {2**30}\r\n\r\n"
        )
        writer.write(head.encode())
        with suppress(ConnectionError):
            while sent < 2**30 and not reader.at_eof():
                writer.write(bytes(2**16))
                await writer.drain()
                sent += 2**16
                if sent >= 2**22:
                    break
        answer = await asyncio.wait_for(reader.readline(), 20)
        assert answer.split()[1] == b"413"
        writer.close()


async def test_who_says_nothing_and_who_says_it_slowly_are_hung_up_on(
    place: Project,
) -> None:
    async with visiting(place) as visitor:
        silent, closing = await asyncio.open_connection("127.0.0.1", visitor.standing.port)
        slow, slowly = await asyncio.open_connection("127.0.0.1", visitor.standing.port)
        slowly.write(b"GET /health HTTP/1.1\r\nHost: local")
        await slowly.drain()
        async with asyncio.timeout(limits.IDLE_SECONDS + 10):
            assert await silent.read() == b""
            assert await slow.read() == b""
        closing.close()
        slowly.close()


async def test_a_body_that_does_not_come_is_not_waited_for(place: Project) -> None:
    async with visiting(place) as visitor:
        reader, writer = await asyncio.open_connection("127.0.0.1", visitor.standing.port)
        writer.write(
            f"POST /api/control/stop HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {visitor.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{".encode()
        )
        async with asyncio.timeout(limits.HANDLER_SECONDS + 10):
            assert (await reader.readline()).split()[1] == b"408"
        writer.close()


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "bearer wrong", f"Bearer {'x' * 7000}", "Bearer \u00e9"],
)
async def test_what_is_no_token_lets_nobody_in(place: Project, authorization: str) -> None:
    async with visiting(place) as visitor:
        answer: Said = await visitor.stranger().get("/api/runs", Authorization=authorization)
        assert answer.status == 401
        assert json.loads(answer.body)["error"]


async def test_a_megabyte_of_a_token_is_not_looked_at(place: Project) -> None:
    async with visiting(place) as visitor:
        answer = await visitor.stranger().get("/api/runs", Authorization=f"Bearer {'x' * 2**20}")
        assert answer.status == 400
