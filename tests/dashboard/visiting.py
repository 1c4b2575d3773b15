"""A dashboard that is up in the test's own process, and somebody who visits it over a real socket."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from multidict import CIMultiDictProxy

from loki_tui.core.settings import Settings
from loki_tui.dashboard import limits
from loki_tui.dashboard.limits import RateLimit
from loki_tui.dashboard.serving import Order, dashboard
from loki_tui.runtime.client import Project
from loki_tui.runtime.dashboards import Standing

PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    body: bytes
    headers: CIMultiDictProxy[str]

    def cookie(self, name: str) -> str:
        """The cookie that was set whose name begins so, as a browser sends it back."""
        (found,) = (each for each in self.headers.getall("Set-Cookie") if each.startswith(name) and '=""' not in each)
        return found.partition(";")[0]

    @property
    def row(self) -> dict[str, Any]:
        """As one object."""
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a token, or without."""

    session: aiohttp.ClientSession
    standing: Standing
    token: str | None

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def url(self, path: str) -> str:
        return f"{self.standing.health.removesuffix('/api/health')}{path}"

    async def __call__(self, method: str, path: str, *, body: Any = None, **headers: str) -> Said:
        """Ask something; header names have `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with (
            asyncio.timeout(PATIENCE),
            self.session.request(
                method, self.url(path), json=body, headers={**self.bearer, **named}, allow_redirects=False
            ) as response,
        ):
            return Said(response.status, await response.read(), response.headers)

    async def get(self, path: str, **headers: str) -> Said:
        return await self("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Said:
        return await self("POST", path, body={} if body is None else body, **headers)

    def stranger(self) -> Visitor:
        """The same without a token."""
        return Visitor(self.session, self.standing, None)

    @asynccontextmanager
    async def stream(self, path: str, **headers: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer that goes on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(self.url(path), headers={**self.bearer, **named}) as response:
            yield response


def settings_for(**values: object) -> Settings:
    """Settings of a dashboard on a port that the machine chooses."""
    # Port 0 is no setting that a person can make.
    return Settings.model_validate(values).model_copy(update={"dashboard_port": 0})


@asynccontextmanager
async def visiting(
    project: Project,
    *,
    settings: Settings | None = None,
    rates: RateLimit | None = None,
    streams: int = limits.STREAMS,
    stalled: float = limits.STALLED_SECONDS,
    trust: ssl.SSLContext | None = None,
    client_secret: str | None = None,
) -> AsyncIterator[Visitor]:
    """A dashboard, and somebody with its token."""
    order = Order(project, settings or settings_for(), client_secret, rates=rates, streams=streams, stalled=stalled)
    connector = aiohttp.TCPConnector(ssl=trust or True, limit=0)
    async with (
        dashboard(order) as standing,
        aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        yield Visitor(session, standing, standing.token)


async def next_event(response: aiohttp.ClientResponse) -> tuple[dict[str, str], dict[str, Any]]:
    """The next event of a stream: its fields, and its data as an object; comments are passed over."""
    fields: dict[str, str] = {}
    async with asyncio.timeout(PATIENCE):
        while True:
            line = (await response.content.readline()).decode()
            assert line, "the stream ended"
            if line == "\n":
                if "data" in fields:
                    return fields, json.loads(fields["data"])
                fields = {}
                continue
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                fields[name] = value


async def until(condition: Any, what: str) -> None:
    """Wait for something that happens elsewhere on this loop, or in a thread or another process."""
    ticking = asyncio.Event()
    async with asyncio.timeout(PATIENCE):
        while not condition():
            ticking.clear()
            asyncio.get_running_loop().call_later(0.02, ticking.set)
            await ticking.wait()
    assert condition(), what
