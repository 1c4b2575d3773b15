"""The gateway for programs of other makers: what it passes on, what it does not, and who pays."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from loki_tui.core.messages import TextPart, ToolCall
from loki_tui.engine.outside.ports import Access, Door
from loki_tui.models.faults import Rejection
from loki_tui.models.gateway import MessagesGateway
from loki_tui.models.inquiries import events_of
from loki_tui.models.stream import Assembly
from loki_tui.models.upstream import Upstream
from loki_tui.outside.answering import AnswerDesk
from tests.support.messages_server import Break, MessagesServer, Refuse, Reply, Script, say

BODY: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 1000,
    "stream": True,
    "messages": [{"role": "user", "content": "hello"}],
}
KEY = "not-a-key-of-anybody"


@asynccontextmanager
async def opened(
    script: Script, *, door: Door | None = None, ping_seconds: float = 10
) -> AsyncIterator[tuple[Access, AnswerDesk, MessagesServer]]:
    desk = AnswerDesk(lambda _: None)
    async with MessagesServer(script, lenient=True) as server:
        upstream = Upstream(server.url, lambda: {"x-api-key": KEY}, idle_timeout=5)
        gateway = MessagesGateway(upstream, max_output_tokens=500, ping_seconds=ping_seconds)
        async with gateway.open(desk, door=door) as access:
            yield access, desk, server


async def ask(
    access: Access, body: object = None, *, token: str | None = None, path: str = "/v1/messages", **headers: str
) -> httpx2.Response:
    sent = {"authorization": f"Bearer {access.token if token is None else token}", **headers}
    content = body if isinstance(body, bytes) else json.dumps(BODY if body is None else body).encode()
    async with httpx2.AsyncClient(timeout=20) as client:
        return await client.post(f"{access.url}{path}", content=content, headers=sent)


async def test_an_answer_is_passed_on_and_paid() -> None:
    async with opened([Reply((say("Good day."),))]) as (access, desk, server):
        answer = await ask(access, **{"anthropic-beta": "a-beta", "x-api-key": "its own", "cookie": "c"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "Good day." in answer.text
    assert answer.text.rstrip().endswith('{"type": "message_stop"}')
    (seen,) = server.requests
    assert (seen.headers["x-api-key"], seen.headers["anthropic-beta"]) == (KEY, "a-beta")
    assert "cookie" not in seen.headers
    assert access.token not in str(seen.headers)
    # No more than was set aside for is asked.
    assert seen.body["max_tokens"] == 500
    assert desk.usage.output_tokens == seen.usage["output_tokens"] > 0


REFUSED: tuple[tuple[object, Mapping[str, str], int, str], ...] = (
    (None, {"token": "another"}, 401, "not for you"),
    (None, {"path": "/v1/messages/count_tokens"}, 404, "messages alone"),
    (None, {"path": "/v1/files"}, 404, "messages alone"),
    (b"{", {}, 400, "no JSON"),
    (b"[" * 100_000, {}, 400, "no JSON"),
    (b"[]", {}, 400, "no JSON object"),
    ({**BODY, "model": ""}, {}, 400, "no model"),
    ({**BODY, "max_tokens": True}, {}, 400, "no bound"),
    ({**BODY, "max_tokens": 0}, {}, 400, "no bound"),
    ({**BODY, "speed": "fast"}, {}, 400, "speed"),
    ({**BODY, "inference_geo": "us"}, {}, 400, "inference_geo"),
    ({**BODY, "service_tier": "priority"}, {}, 400, "service_tier"),
    ({**BODY, "mcp_servers": [{"url": "x"}]}, {}, 400, "own machines"),
    ({**BODY, "tools": [{"type": "web_search_20250305", "name": "web_search"}]}, {}, 400, "web_search_20250305"),
    ({**BODY, "tools": ["x"]}, {}, 400, "the tool '?'"),
)


@pytest.mark.parametrize(("body", "how", "status", "why"), REFUSED)
async def test_what_cannot_be_bounded_is_not_passed_on(
    body: object, how: Mapping[str, str], status: int, why: str
) -> None:
    async with opened([Reply((say("never"),))]) as (access, _, server):
        answer = await ask(access, body, **how)
    assert answer.status_code == status
    assert why in answer.json()["error"]["message"]
    assert server.served == 0


async def test_a_failure_is_told_in_its_own_words_and_never_with_the_key() -> None:
    async with opened([Refuse(404, "not_found_error", f"model: nothing, {KEY}")]) as (access, _, _server):
        answer = await ask(access)
    assert answer.status_code == 404
    assert "model: nothing, [key]" in answer.json()["error"]["message"]


async def test_half_an_answer_is_none_and_what_it_cost_is_booked() -> None:
    async with opened([Break("end", after=3)]) as (access, desk, _):
        answer = await ask(access)
    assert answer.status_code == 400
    assert "ended before the message did" in answer.json()["error"]["message"]
    assert desk.usage.input_tokens > 0


async def test_a_program_hears_that_its_answer_is_still_to_come() -> None:
    slow = Reply((say("At last."),), pings=8, interval=0.05)
    async with opened([slow], ping_seconds=0.05) as (access, _, _server):
        answer = await ask(access)
    assert answer.text.startswith('event: ping\ndata: {"type": "ping"}')
    assert "At last." in answer.text


async def test_who_hangs_up_ends_the_request() -> None:
    async with opened([Break("stall", after=2)]) as (access, desk, server):
        asking = asyncio.create_task(ask(access))
        await server.asked.wait()
        asking.cancel()
        async with asyncio.timeout(5):
            await server.left.wait()
    assert desk.busy is False


async def test_a_door_is_served_as_well(tmp_path: Path) -> None:
    door = Door(tmp_path / "door", "http://127.0.0.1:47129")
    async with opened([Reply((say("Come in."),))], door=door) as (access, _, _server):
        assert access.url == door.url
        transport = httpx2.AsyncHTTPTransport(uds=str(door.socket))
        async with httpx2.AsyncClient(transport=transport) as client:
            headers = {"authorization": f"Bearer {access.token}"}
            answer = await client.post("http://door/v1/messages", json=BODY, headers=headers)
    assert "Come in." in answer.text


def test_an_answer_in_one_piece_is_the_same() -> None:
    content = [
        {"type": "text", "text": "Hm."},
        {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}},
    ]
    usage = {"input_tokens": 5, "output_tokens": 7}
    assembly = Assembly(lambda _: None)
    for event in events_of(json.dumps({"content": content, "stop_reason": "tool_use", "usage": usage}).encode()):
        assembly.feed(event)
    answer = assembly.answer()
    assert answer.parts == (TextPart(text="Hm."), ToolCall(id="t1", name="Bash", input={"command": "ls"}))
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 7)
    for nothing in (b"{", b"[]", b'{"content": 3}'):
        with pytest.raises(Rejection):
            list(events_of(nothing))
