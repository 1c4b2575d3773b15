"""Webhooks: notices as HTTP requests, to anybody who takes JSON, to Slack and to Discord.

An address is a secret: who knows it can write there. So it stands in no setting, no event and no message; channels are
known by their kind and their host.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import ValidationError

from loki_tui.core.errors import UsageError
from loki_tui.core.messages import JsonObject
from loki_tui.core.notices import Delivery, Notice
from loki_tui.core.secret_names import WEBHOOK_VARIABLES
from loki_tui.engine.telling import NotDeliveredError
from loki_tui.runtime.keys import find_key

if TYPE_CHECKING:
    from httpx2 import AsyncClient

ATTEMPT_SECONDS = 10.0
MOST_CHANNELS = 10
DISCORD_CHARS = 1900
"""A message has 2,000 at most."""

REMEMBERED = 200
"""Deliveries that are kept beside the journal."""

_AGAIN = frozenset({408, 425, 429})
_HERE = ("localhost", "127.0.0.1", "[::1]")
_KINDS = dict(zip(WEBHOOK_VARIABLES, ("webhook", "slack", "discord"), strict=True))


@dataclass(frozen=True, slots=True)
class Channel:
    """One address."""

    name: str
    kind: str
    host: str
    url: str = field(repr=False)


def channels_of(environ: Mapping[str, str]) -> list[Channel]:
    """The webhooks that a person set up: addresses, with spaces between several of a kind.

    Raises:
        UsageError: One is no address, a file cannot be read, or there are too many.
    """
    found = list(_channels(environ))
    if len(found) > MOST_CHANNELS:
        raise UsageError(f"{len(found)} webhooks are set up.", hint=f"{MOST_CHANNELS} at most are told.")
    return found


def _channels(environ: Mapping[str, str]) -> Iterator[Channel]:
    for variable, kind in _KINDS.items():
        key = find_key(environ, variable)
        for number, url in enumerate(key.value.split() if key else (), 1):
            if not (host := _host(url)):
                raise UsageError(
                    f"Address {number} in {variable} is no address of a webhook.",
                    hint="It begins with https://. It is not shown, since it is a secret.",
                )
            yield Channel(f"{kind} {host}" + (f" ({number})" if number > 1 else ""), kind, host, url)


def _host(url: str) -> str:
    """The host of an address, with its port; empty where it is none."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    return parts.netloc.rpartition("@")[2] if usable else ""


class Webhooks:
    """Implements `loki_tui.engine.telling.Messenger`.

    Args:
        channels: Whom to tell.
        record: Where deliveries are kept; none where they are not.
    """

    def __init__(self, channels: list[Channel], *, record: Path | None = None) -> None:
        self._channels = {channel.name: channel for channel in channels}
        self._record = record
        self._client: AsyncClient | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self._channels)

    async def send(self, channel: str, notice: Notice) -> None:
        """Try once.

        Raises:
            NotDeliveredError: It did not arrive.
        """
        httpx2 = await asyncio.to_thread(importlib.import_module, "httpx2")
        to = self._channels[channel]
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                # Only the head of an answer is read: what a stranger's server has to say is of no interest.
                async with self._connected().stream("POST", to.url, json=payload(to.kind, notice)) as response:
                    status, after = response.status_code, response.headers.get("retry-after")
        except TimeoutError as error:
            raise NotDeliveredError(f"{to.host} did not answer in {ATTEMPT_SECONDS:g} s", again=True) from error
        except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
            raise NotDeliveredError("its address cannot be used", again=False) from error
        except (httpx2.HTTPError, OSError) as error:
            raise NotDeliveredError(f"{to.host} cannot be reached ({type(error).__name__})", again=True) from error
        if not 200 <= status < 300:
            again = status in _AGAIN or status >= 500
            raise NotDeliveredError(f"{to.host} answered with HTTP {status}", again=again, after=_seconds(after))

    def remember(self, delivery: Delivery) -> None:
        """Keep what became of a notice, the latest few hundred."""
        if self._record is None:
            return
        kept = [*remembered(self._record), delivery][-REMEMBERED:]
        fresh = self._record.with_suffix(".new")
        try:
            fresh.touch(mode=0o600)
            fresh.write_text("".join(f"{each.model_dump_json()}\n" for each in kept), encoding="utf-8")
            fresh.replace(self._record)
        except OSError:  # the journal has it, or says why nothing can be written
            return

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    def _connected(self) -> AsyncClient:
        import httpx2  # noqa: PLC0415 (imported on a thread by now)

        if self._client is None:
            direct = {f"all://{host}": None for host in _HERE}
            self._client = httpx2.AsyncClient(timeout=ATTEMPT_SECONDS, mounts=direct, headers={"user-agent": "loki"})
        return self._client


def messenger_of(environ: Mapping[str, str], *, record: Path | None) -> Webhooks | None:
    """Who tells a person that is elsewhere; none where nobody is to be told.

    Raises:
        UsageError: What is set up cannot be used.
    """
    channels = channels_of(environ)
    return Webhooks(channels, record=record) if channels else None


def remembered(record: Path) -> list[Delivery]:
    """The deliveries that are kept in a file; lines that are none are passed over."""
    found: deque[Delivery] = deque(maxlen=REMEMBERED)
    try:
        lines = record.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            found.append(Delivery.model_validate_json(line))
        except ValidationError:
            continue
    return list(found)


def untold(record: Path) -> list[str]:
    """Who was not told of the end of a run, and why; nothing can be journaled of that any more."""
    latest = {each.channel: each for each in remembered(record)}
    ends = {"completed", "failed"}
    return [
        f"{each.channel} was NOT told: {each.error}" for each in latest.values() if not each.ok and each.about in ends
    ]


def payload(kind: str, notice: Notice) -> JsonObject:
    """A notice as a kind of channel takes it; nothing in it is markup or calls people by name."""
    project = f" in {notice.project}" if notice.project else ""
    budget = f" of {notice.limit}" if notice.limit else ""
    money = f"\nSpent: {notice.spent}{budget}." if notice.spent else ""
    match kind:
        case "slack":
            text = f"{notice.title}{project}\n{notice.text}{money}"
            for sign, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
                text = text.replace(sign, safe)
            return {"blocks": [{"type": "section", "text": {"type": "plain_text", "text": text[:2900]}}], "text": text}
        case "discord":
            text = f"{notice.title}{project}\n{notice.text}{money}"
            return {"content": text[:DISCORD_CHARS], "allowed_mentions": {"parse": []}, "username": "Loki"}
        case _:
            told: JsonObject = json.loads(notice.model_dump_json())
            return {"source": "loki", "version": 1, **told}


def _seconds(after: str | None) -> float | None:
    """What a `Retry-After` asks for: a number of seconds; a date is not waited for."""
    try:
        return float(after) if after is not None else None
    except ValueError:
        return None
