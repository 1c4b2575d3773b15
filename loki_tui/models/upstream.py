"""Passes a program's request on to the Messages API, as it came, and takes the answer in whole.

Apart from `loki_tui.models.anthropic`, which makes requests of its own: this one knows no more of a request than
what it costs, and keeps the bytes of the answer, since somebody else's program is to read them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from loki_tui.core.errors import ModelFault
from loki_tui.engine.ports import ModelAnswer, OnText
from loki_tui.models.anthropic import break_of, checked_url
from loki_tui.models.faults import Rejection, refusal_of
from loki_tui.models.inquiries import events_of
from loki_tui.models.stream import Assembly

if TYPE_CHECKING:
    import httpx2

BODY_BYTES = 64_000_000
"""The largest request, and the largest answer."""
_ERROR_BYTES = 100_000
_PASSED = ("anthropic-", "x-stainless-", "x-app", "user-agent", "x-claude-code-")
"""Headers that are passed on begin like this; none of them signs in."""

Credential = Callable[[], Mapping[str, str]]
"""The headers that sign in, found anew for each request; raises `ModelError` where there are none."""


class Upstream:
    """The provider.

    Args:
        base_url: Where the API is.
        credential: Signs in.
        idle_timeout: Seconds of silence after which an answer counts as stalled.

    Raises:
        UsageError: The address is none.
    """

    def __init__(self, base_url: str, credential: Credential, *, idle_timeout: float) -> None:
        self._url = f"{checked_url(base_url).rstrip('/')}/v1/messages"
        self._credential = credential
        self._idle_timeout = idle_timeout

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Connection]:
        """Connections of their own for one program, until the context's end."""
        import httpx2  # noqa: PLC0415 - see `loki_tui.models.sdk`

        timeout = httpx2.Timeout(connect=10.0, read=self._idle_timeout, write=self._idle_timeout, pool=None)
        # A proxy from the environment is for the way out, never for a server on this machine.
        direct = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
        async with httpx2.AsyncClient(timeout=timeout, mounts=direct) as client:
            yield Connection(client, self._url, self._credential)


class Connection:
    """The provider, while it is connected.

    Args:
        client: Sends.
        url: Where requests go.
        credential: Signs in.
    """

    def __init__(self, client: httpx2.AsyncClient, url: str, credential: Credential) -> None:
        self._client = client
        self._url = url
        self._credential = credential

    async def ask(
        self, body: bytes, headers: Mapping[str, str], answer: bytearray, *, beta: bool, on_text: OnText
    ) -> ModelAnswer:
        """Put a request to the provider once.

        Args:
            body: The request.
            headers: What the program sent with it.
            answer: Takes the bytes of the answer; what a try before left is dropped.
            beta: Whether the program asked the API's beta.
            on_text: Told of text as it comes.

        Raises:
            ModelError: There is no whole answer.
        """
        signed = self._credential()
        assembly = Assembly(on_text)
        answer.clear()
        try:
            url = f"{self._url}?beta=true" if beta else self._url
            await self._exchange(url, _merged(headers, signed), body, answer, assembly)
            return assembly.answer()
        except Rejection as rejection:
            secrets = (value.removeprefix("Bearer ") for value in signed.values())
            raise rejection.error_of(
                "The model", usage=assembly.usage, started=assembly.started, secrets=secrets
            ) from rejection.__cause__

    async def _exchange(
        self, url: str, headers: Mapping[str, str], body: bytes, answer: bytearray, assembly: Assembly
    ) -> None:
        import httpx2  # noqa: PLC0415 - imported long ago

        try:
            async with self._client.stream("POST", url, headers=headers, content=body) as response:
                if response.status_code != 200:
                    raise refusal_of(response.status_code, response.headers, await _complaint(response))
                if response.headers.get("content-type", "").startswith("application/json"):
                    await _take_whole(response, answer, assembly)
                else:
                    await _take_stream(response, answer, assembly)
        except httpx2.RequestError as error:
            if not assembly.finished:
                raise break_of(error) from error
        except UnicodeDecodeError as error:
            raise Rejection(ModelFault.MALFORMED, "the stream is no text") from error


async def _take_stream(response: httpx2.Response, answer: bytearray, assembly: Assembly) -> None:
    """Events, each a line that begins with `data:`; no provider breaks one into several."""
    done = 0
    async for chunk in response.aiter_bytes():
        answer += chunk
        if len(answer) > BODY_BYTES:
            raise Rejection(ModelFault.MALFORMED, "an answer without end")
        while (end := answer.find(b"\n", done)) >= 0:
            line, done = answer[done:end], end + 1
            if line.startswith(b"data:") and (data := line[5:].strip()):
                assembly.feed(data.decode())
    if not assembly.finished:
        raise Rejection(ModelFault.TRUNCATED, "the stream ended before the message did")


async def _take_whole(response: httpx2.Response, answer: bytearray, assembly: Assembly) -> None:
    async for chunk in response.aiter_bytes():
        answer += chunk
        if len(answer) > BODY_BYTES:
            raise Rejection(ModelFault.MALFORMED, "an answer without end")
    for event in events_of(bytes(answer)):
        assembly.feed(event)


async def _complaint(response: httpx2.Response) -> object:
    said = bytearray()
    async for chunk in response.aiter_bytes():
        said += chunk
        if len(said) > _ERROR_BYTES:
            break
    try:
        found: object = json.loads(said)
    except (ValueError, RecursionError):
        return said.decode(errors="replace")
    return found


def _merged(headers: Mapping[str, str], signed: Mapping[str, str]) -> dict[str, str]:
    """Headers for the provider, with the betas of both."""
    passed = {name: value for name, value in headers.items() if name.startswith(_PASSED)}
    betas = ",".join(filter(None, (passed.get("anthropic-beta"), signed.get("anthropic-beta"))))
    beta = {"anthropic-beta": betas} if betas else {}
    return {"anthropic-version": "2023-06-01", **passed, **signed, "content-type": "application/json", **beta}
