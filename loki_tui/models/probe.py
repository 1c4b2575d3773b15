"""Asks a provider whether a key is good, with requests that cost nothing.

The list of models is asked for; where a gateway has none, tokens are counted. Only an answer that has the form of the
API's own counts as a yes: a page of some proxy does not, and neither does a key's form.
https://platform.claude.com/docs/en/api/models-list
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, cast
from urllib.parse import urlsplit

from loki_tui.core.messages import JsonObject

Answer = Literal["valid", "refused", "unreachable", "unclear"]
"""What came of it: `unreachable` is no answer at all, `unclear` one that neither accepts nor refuses."""

VERSION = "2023-06-01"
ANSWER_BYTES = 256 * 1024
"""What is read of an answer; the list is asked for with one entry."""
TIMEOUT = 15.0
_HERE = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Probe:
    """What a provider said."""

    answer: Answer
    detail: str
    """A phrase, without the key."""
    skew: float | None = None
    """Seconds by which this machine's clock is ahead of the provider's; none where it did not tell."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: object
    """As JSON; none where it is none."""
    skew: float | None


def ask_provider(
    base_url: str, *, api_key: str = "", auth_token: str = "", model: str, timeout: float = TIMEOUT
) -> Probe:
    """Ask whether a key is good. Blocks; raises nothing.

    Args:
        base_url: Where the API is.
        api_key: The key, if that is how one signs in.
        auth_token: A bearer token instead.
        model: Used where only counting tokens is possible.
        timeout: Seconds for each of at most two requests.
    """
    import httpx2  # noqa: PLC0415 (a fifth of a second)

    key = {"x-api-key": api_key} if api_key else {"authorization": f"Bearer {auth_token}"}
    headers = {"anthropic-version": VERSION, **key}
    # As for real requests: a proxy is for the way out, never for a server on this machine.
    direct = {f"all://{host}": None for host in _HERE}
    host = urlsplit(base_url).netloc.rpartition("@")[2]
    try:
        with httpx2.Client(headers=headers, timeout=timeout, mounts=direct, base_url=base_url.rstrip("/")) as client:
            listed = _ask(client, "GET", "/v1/models?limit=1", None)
            if listed.status not in {404, 405, 501}:
                return _judged(listed, host, proof="data")
            counted: JsonObject = {"model": model, "messages": [{"role": "user", "content": "."}]}
            return _judged(_ask(client, "POST", "/v1/messages/count_tokens", counted), host, proof="input_tokens")
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
        return Probe("unreachable", f"{host} cannot be reached: {type(error).__name__}")


def _ask(client: object, method: str, path: str, body: JsonObject | None) -> _Reply:
    import httpx2  # noqa: PLC0415 - imported long ago

    with cast("httpx2.Client", client).stream(method, path, json=body) as response:
        data = b""
        for piece in response.iter_bytes():
            data += piece
            if len(data) > ANSWER_BYTES:
                break
        return _Reply(response.status_code, _parsed(data), _skew(response.headers))


def _parsed(data: bytes) -> object:
    try:
        return cast("object", json.loads(data))
    except (ValueError, RecursionError):
        return None


def _skew(headers: Mapping[str, str]) -> float | None:
    try:
        told = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return None
    return (datetime.now(UTC) - told.replace(tzinfo=told.tzinfo or UTC)).total_seconds()


def _judged(reply: _Reply, host: str, *, proof: str) -> Probe:
    """The meaning of an answer; `proof` is a field that only the API's own answer has."""
    match reply.status:
        case 200 if isinstance(reply.body, dict) and proof in reply.body:
            return Probe("valid", f"{host} accepts it", reply.skew)
        case 401 | 403:
            return Probe("refused", f"{host} refuses it (HTTP {reply.status})", reply.skew)
        case 200:
            return Probe("unclear", f"{host} answers, but not as the API does", reply.skew)
        case status:
            return Probe("unclear", f"{host} answers with HTTP {status}, which says nothing of the key", reply.skew)
