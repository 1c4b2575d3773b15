"""The Messages API on loopback for an agent's own program: every request is paid before it is passed on.

The program gets an address and a token that opens nothing but this; the key is added on the way, outside of the
hands. An answer is taken in whole before it is passed on, so that what is paid and what the program sees are the
same, and a failure can be tried again without the program. Meanwhile it hears pings, as the protocol has them.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from loki_tui.core.errors import LokiError, ModelError, ModelFault
from loki_tui.engine.outside.ports import Access, Desk, Door
from loki_tui.engine.ports import ModelAnswer, OnText
from loki_tui.models.inquiries import BadInquiryError, read_inquiry
from loki_tui.models.upstream import BODY_BYTES, Connection, Upstream

_CLOSING = 1.0
_STREAM = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}


class MessagesGateway:
    """Serves programs; implements `engine.outside.ports.Gateway`.

    Args:
        upstream: Answers.
        max_output_tokens: What is set aside for; more output is not asked for, whatever a program says.
        ping_seconds: How often a program hears that its answer is still to come.
    """

    def __init__(self, upstream: Upstream, *, max_output_tokens: int, ping_seconds: float = 10.0) -> None:
        self._upstream = upstream
        self._ping_seconds = ping_seconds
        self._max_output_tokens = max_output_tokens

    @asynccontextmanager
    async def open(self, desk: Desk, *, door: Door | None) -> AsyncIterator[Access]:
        """Serve a program; see `engine.outside.ports.Gateway`."""
        token = secrets.token_urlsafe(32)
        async with self._upstream.connected() as connection:

            async def serve(request: web.BaseRequest) -> web.StreamResponse:
                given = request.headers.get("authorization", "").removeprefix("Bearer ")
                if not hmac.compare_digest(given.encode(), token.encode()):
                    return _error(401, "authentication_error", "this is not for you")
                if request.method != "POST" or request.path != "/v1/messages":
                    return _error(404, "not_found_error", "Loki passes on messages alone")
                return await self._serve(request, desk, connection)

            # Whoever hangs up is not waited for: what was asked is broken off, and booked so.
            server = web.Server(serve, handler_cancellation=True, access_log=None)
            runner = web.ServerRunner(server, shutdown_timeout=_CLOSING)
            await runner.setup()
            try:
                yield Access(await _listen(runner, door), token)
            finally:
                await runner.cleanup()

    async def _serve(self, request: web.BaseRequest, desk: Desk, connection: Connection) -> web.StreamResponse:
        raw = await _body(request)
        if raw is None:
            return _error(413, "request_too_large", "the request is larger than anybody reads")
        try:
            inquiry, body, streamed = read_inquiry(raw, max_output_tokens=self._max_output_tokens)
        except BadInquiryError as error:
            return _error(400, "invalid_request_error", error.message)
        answer = bytearray()

        async def send(on_text: OnText) -> ModelAnswer:
            beta = request.query_string == "beta=true"
            headers = {name.lower(): value for name, value in request.headers.items()}
            return await connection.ask(body, headers, answer, beta=beta, on_text=on_text)

        asked = asyncio.ensure_future(desk.inquire(inquiry, send))
        held: web.StreamResponse | None = None
        try:
            held = await _hold(request, asked, every=self._ping_seconds) if streamed else None
            await asked
        except LokiError as error:
            status, kind = _kind(error)
            if held is None:
                return _error(status, kind, error.message)
            await held.write(f"event: error\ndata: {json.dumps(_said(kind, error.message))}\n\n".encode())
            return held
        finally:
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
        if held is None:
            kind = _STREAM["content-type"] if streamed else "application/json"
            return web.Response(body=bytes(answer), headers={"content-type": kind})
        await held.write(bytes(answer))
        return held


async def _listen(runner: web.ServerRunner, door: Door | None) -> str:
    """Begin to serve; where that is reached."""
    if door is None:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"
    await web.UnixSite(runner, door.socket).start()
    door.socket.chmod(0o666)  # whoever the hands are; nobody else can look into its directory
    return door.url


async def _hold(request: web.BaseRequest, asked: asyncio.Future[None], *, every: float) -> web.StreamResponse | None:
    """Wait for an answer, and let the program hear meanwhile that it comes, if that takes long."""
    held = None
    while not (await asyncio.wait([asked], timeout=every))[0]:
        if held is None:
            held = web.StreamResponse(headers=_STREAM)
            await held.prepare(request)
        await held.write(b'event: ping\ndata: {"type": "ping"}\n\n')
    return held


async def _body(request: web.BaseRequest) -> bytes | None:
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > BODY_BYTES:
            return None
    return bytes(raw)


def _kind(error: LokiError) -> tuple[int, str]:
    """What the program is told of a failure: nothing that it would try again, since that has been done."""
    match error:
        case ModelError(fault=ModelFault.UNKNOWN_MODEL):
            return 404, "not_found_error"
        case _:
            return 400, "invalid_request_error"


def _said(kind: str, message: str) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response(_said(kind, message), status=status)
