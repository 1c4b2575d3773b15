"""Models behind the Anthropic Messages API, through Anthropic's own SDK.

The SDK does connections, authentication and the framing of events. Three things it offers are
not used, each for a reason: `messages.create` walks all of the history in Python for every
request (`loki_tui.models.wire` does not); its typed events hide pings, cost a model each and
accept a stream that ends too early (`loki_tui.models.stream` does not); its retries know neither
budget nor journal (the engine's do).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from loki_tui.core.errors import ModelFault, UsageError
from loki_tui.engine.ports import ModelAnswer, ModelRequest, OnText
from loki_tui.models.faults import Rejection, refusal_of
from loki_tui.models.sdk import wait_for_import
from loki_tui.models.stream import Assembly
from loki_tui.models.wire import CacheTtl, Encoder

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from anthropic import AsyncAnthropic
    from anthropic._streaming import ServerSentEvent

DEFAULT_BASE_URL = "https://api.anthropic.com"
_CONNECT_TIMEOUT = 10.0
"""Seconds to reach the provider."""
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_DRAIN_TIMEOUT = 0.5
"""Seconds a stream may stay open behind its end: read to the end, the connection serves the next turn."""


class AnthropicModel:
    """Answers through the Messages API.

    Args:
        api_key: The key, if that is how one signs in.
        auth_token: A bearer token instead.
        base_url: Where the API is: Anthropic, a gateway, a local server.
        cache_ttl: How long the provider is to keep prompts.
        stream_idle_timeout: Seconds of silence after which an answer counts as stalled; pings
            are no silence.

    Raises:
        UsageError: There is no key, or key or address cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        auth_token: str | None = None,
        base_url: str = DEFAULT_BASE_URL,
        cache_ttl: CacheTtl = "5m",
        stream_idle_timeout: float = 120.0,
    ) -> None:
        self._api_key = _checked_secret(api_key, "ANTHROPIC_API_KEY")
        self._auth_token = None if self._api_key else _checked_secret(auth_token, "ANTHROPIC_AUTH_TOKEN")
        if not (self._api_key or self._auth_token):
            raise UsageError(
                "There is no ANTHROPIC_API_KEY.",
                hint="Set it to your key, or see everything work without one: loki demo",
            )
        self._base_url = checked_url(base_url)
        self._idle_timeout = stream_idle_timeout
        self._encoder = Encoder(cache_ttl)
        self._client: AsyncAnthropic | None = None

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        """Put one request to the model.

        Raises:
            loki_tui.core.errors.ModelError: There is no whole answer.
        """
        client = await self._connected()
        assembly = Assembly(on_text)
        try:
            await _stream(client, self._encoder.encode(request), assembly)
            return assembly.answer()
        except Rejection as rejection:
            secrets = filter(None, (self._api_key, self._auth_token))
            raise rejection.error_of(
                request.model, usage=assembly.usage, started=assembly.started, secrets=secrets
            ) from rejection.__cause__

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _connected(self) -> AsyncAnthropic:
        if self._client is None:
            await wait_for_import()
        if self._client is None:  # still: several requests may have waited
            self._client = self._connect()
        return self._client

    def _connect(self) -> AsyncAnthropic:
        import anthropic  # noqa: PLC0415 - seconds: see `loki_tui.models.sdk`
        import httpx2  # noqa: PLC0415

        idle = self._idle_timeout
        timeout = httpx2.Timeout(connect=_CONNECT_TIMEOUT, read=idle, write=idle, pool=idle)
        # A proxy from the environment is for the way out, never for a server on this machine.
        direct = {f"all://{host}": None for host in _LOOPBACK}
        return anthropic.AsyncAnthropic(
            api_key=self._api_key,
            auth_token=self._auth_token,
            base_url=self._base_url,
            max_retries=0,
            timeout=timeout,
            open_telemetry=False,
            http_client=anthropic.DefaultAsyncHttpxClient(timeout=timeout, mounts=direct),
        )


async def _stream(client: AsyncAnthropic, body: bytes, assembly: Assembly) -> None:
    """Send a request and feed what comes back to the assembly, to the end of the message.

    However this ends, cancellation included, the connection is either free for reuse or closed.

    Raises:
        Rejection: The message did not come, or not whole.
    """
    import anthropic  # noqa: PLC0415 - imported long ago
    import httpx2  # noqa: PLC0415

    try:
        stream = await client.post(
            "/v1/messages",
            content=body,
            cast_to=anthropic.types.Message,
            stream=True,
            stream_cls=anthropic.AsyncStream[anthropic.types.RawMessageStreamEvent],
        )
        try:
            _check_type(stream.response.headers.get("content-type", ""))
            raw = anthropic.AsyncStream.raw_events(stream.response)
            async with aclosing(cast("AsyncGenerator[ServerSentEvent]", raw)) as events:
                await _read(events, assembly)
        finally:
            await stream.close()
    except anthropic.APIStatusError as error:
        raise refusal_of(error.status_code, error.response.headers, error.body) from error
    except (anthropic.APIConnectionError, httpx2.RequestError) as error:
        if not assembly.finished:
            raise break_of(error) from error
    except UnicodeDecodeError as error:
        raise Rejection(ModelFault.MALFORMED, "the stream is no text") from error


async def _read(events: AsyncIterator[ServerSentEvent], assembly: Assembly) -> None:
    async for event in events:
        if event.data:
            assembly.feed(event.data)
        if assembly.finished:
            break
    else:
        raise Rejection(ModelFault.TRUNCATED, "the stream ended before the message did")
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_TIMEOUT):
            async for _ in events:
                pass


def _check_type(content_type: str) -> None:
    """Refuse what is no stream of events: a page of a proxy, say, which would pass for an empty one."""
    if content_type and not content_type.startswith("text/event-stream"):
        raise Rejection(ModelFault.MALFORMED, f"it answered with {content_type} instead of a stream")


def break_of(error: Exception) -> Rejection:
    """The meaning of a connection that failed, and whether the request had left by then."""
    import httpx2  # noqa: PLC0415 - imported long ago

    cause = error if isinstance(error, httpx2.RequestError) else error.__cause__
    what = " ".join(filter(None, (type(cause).__name__, str(cause))))
    match cause:
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.PoolTimeout() | httpx2.ProxyError():
            return Rejection(ModelFault.CONNECTION, f"it cannot be reached, {what}", sent=False)
        case httpx2.TimeoutException():
            return Rejection(ModelFault.STALLED, "it has gone silent")
        case httpx2.DecodingError():
            return Rejection(ModelFault.MALFORMED, f"the stream cannot be decoded, {what}")
        case _:
            return Rejection(ModelFault.CONNECTION, f"the connection broke, {what}")


def _checked_secret(secret: str | None, name: str) -> str | None:
    """A secret without the line break it was pasted with."""
    secret = (secret or "").strip()
    if not (secret.isascii() and secret.isprintable()):
        raise UsageError(f"{name} has characters no key has.", hint="Copy it once more, whole and alone.")
    return secret or None


def checked_url(url: str) -> str:
    """An address that can be one.

    Raises:
        UsageError: It cannot.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"ANTHROPIC_BASE_URL is {url!r}, which is no address.", hint=f"Such as {DEFAULT_BASE_URL}")
    return url.strip()
