"""Puts the application together: from settings to routes behind a door."""

from __future__ import annotations

import asyncio
import getpass
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

from loki_tui.core.settings import Settings
from loki_tui.dashboard import limits
from loki_tui.dashboard.access import Caller
from loki_tui.dashboard.claims import Expected, Verifier
from loki_tui.dashboard.control import Audit
from loki_tui.dashboard.describing import Description
from loki_tui.dashboard.desk import ERRANDS, PROBE, PROJECT, READERS, SESSIONS, STREAMS
from loki_tui.dashboard.door import Bearer, Door
from loki_tui.dashboard.endpoints import API, Endpoint
from loki_tui.dashboard.health import Probe
from loki_tui.dashboard.hosts import OwnNames
from loki_tui.dashboard.limits import RateLimit
from loki_tui.dashboard.metrics import metrics
from loki_tui.dashboard.oidc_login import OidcLogin
from loki_tui.dashboard.provider import Provider
from loki_tui.dashboard.sessions import Sessions
from loki_tui.dashboard.signing_in import PAGES, TokenLogin, logout
from loki_tui.dashboard.streams import Streams
from loki_tui.dashboard.terminals import STATIC, Terminals
from loki_tui.dashboard.tls import Tls
from loki_tui.dashboard.tokens import OwnToken
from loki_tui.runtime.client import Project

AT_ONCE = 8
"""Threads that read the journal."""
GOODBYE_SECONDS = 3.0
"""What requests and errands that are under way have to come to an end, once the dashboard is told to leave."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be served, and how."""

    project: Project
    settings: Settings
    client_secret: str | None = field(default=None, repr=False)
    """What the provider is shown of us; none where we are a public client there."""
    rates: RateLimit | None = None
    streams: int = limits.STREAMS
    stalled: float = limits.STALLED_SECONDS


def compose(order: Order, *, port: int, secure: bool, token: str | None, tls: Tls | None) -> web.Application:
    """The application.

    Args:
        order: What is to be served.
        port: Where it listens.
        secure: Whether browsers reach it by HTTPS.
        token: The dashboard's own; none where people sign in with a provider alone.
        tls: What connections are shown; none for plain HTTP.
    """
    settings = order.settings
    names = OwnNames.of(settings.dashboard_host, settings.dashboard_url)
    sessions = Sessions(port=port, secure=secure)
    own = None if token is None else OwnToken(token, name=_person())
    provider = Provider(settings.oidc_issuer, secret=order.client_secret) if settings.oidc_issuer else None
    verifier = None if provider is None else Verifier(provider, _expected(settings))
    terminals = Terminals(order.project, names)
    streams = Streams(order.project, most=order.streams, stalled=order.stalled)

    app = web.Application(client_max_size=limits.BODY_BYTES)
    app[PROJECT], app[STREAMS], app[SESSIONS] = order.project, streams, sessions
    app[READERS], app[ERRANDS] = asyncio.Semaphore(AT_ONCE), {}
    app[PROBE] = Probe(order.project, {} if tls is None else {"certificate": tls.check})

    endpoints = [*API, Endpoint("GET", "/metrics", metrics), Endpoint("POST", "/logout", logout)]
    endpoints.append(Endpoint("GET", "/api/openapi.json", Description(endpoints).answer))
    endpoints += terminals.endpoints()
    if provider is not None and verifier is not None:
        client = settings.oidc_client_id or ""
        endpoints += OidcLogin(provider, verifier, client=client, names=names, secure=secure).endpoints()
    elif own is not None:
        endpoints += TokenLogin(own).endpoints()
    for each in endpoints:
        app.router.add_route(each.method, each.path, each.handler)
    app.router.add_static("/static/terminal", STATIC)
    app.router.add_static("/static", PAGES)
    door = Door(
        names=names,
        sessions=sessions,
        bearer=_bearer(own, verifier),
        refused=Audit().refused,
        rates=order.rates,
        secure=tls is not None,
    )
    door.hang(app, {each.handler: each for each in endpoints})

    _part_well(app, streams, terminals)
    return app


def _part_well(app: web.Application, streams: Streams, terminals: Terminals) -> None:
    """End what goes on when the dashboard does."""

    async def goodbye(_: web.Application) -> None:
        await asyncio.gather(streams.close(), terminals.close())
        if app[ERRANDS]:
            await asyncio.wait(app[ERRANDS].values(), timeout=GOODBYE_SECONDS)

    async def farewell(_: web.Application) -> None:
        await terminals.farewell()

    app.on_shutdown.append(goodbye)
    app.on_cleanup.append(farewell)


def _bearer(own: OwnToken | None, verifier: Verifier | None) -> Bearer:
    """Takes either kind of token."""

    async def caller(said: str) -> Caller:
        if own is not None and (verifier is None or own.matches(said)):
            return await own.caller(said)
        assert verifier is not None
        return await verifier.caller(said)

    return caller


def _expected(settings: Settings) -> Expected:
    client = settings.oidc_client_id or ""
    return Expected(client, settings.oidc_audience or client, settings.oidc_role_claim)


def _person() -> str:
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return "someone"
