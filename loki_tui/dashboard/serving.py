"""The dashboard's process: from settings to a server that answers, until it is told to leave."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import web

from loki_tui.core.errors import UsageError
from loki_tui.core.settings import Settings
from loki_tui.dashboard import limits
from loki_tui.dashboard.desk import PROBE, PROJECT, READERS, SESSIONS, STREAMS
from loki_tui.dashboard.door import Door
from loki_tui.dashboard.endpoints import API, Endpoint
from loki_tui.dashboard.health import Probe
from loki_tui.dashboard.hosts import OwnNames
from loki_tui.dashboard.limits import RateLimit
from loki_tui.dashboard.listening import bind, is_loopback, listen
from loki_tui.dashboard.place import Standing, announce, held
from loki_tui.dashboard.sessions import Sessions
from loki_tui.dashboard.signing_in import PAGES, TokenLogin
from loki_tui.dashboard.streams import Streams
from loki_tui.dashboard.tokens import OwnToken, new_token, token_in
from loki_tui.store.project import Project

AT_ONCE = 8
"""Threads that read the journal."""
GOODBYE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be served, and how."""

    project: Project
    settings: Settings
    rates: RateLimit | None = None
    streams: int = limits.STREAMS
    stalled: float = limits.STALLED_SECONDS


def require_safe(settings: Settings) -> None:
    """Refuse to serve beyond this machine without a sign-in or a token that somebody chose.

    Raises:
        UsageError: The settings ask for that.
    """
    if is_loopback(settings.dashboard_host) or settings.oidc_issuer or settings.dashboard_token_file:
        return
    raise UsageError(
        f"The dashboard would be open beyond this machine: LOKI_DASHBOARD_HOST is {settings.dashboard_host}.",
        hint="Set LOKI_OIDC_ISSUER and LOKI_OIDC_CLIENT_ID, or LOKI_DASHBOARD_TOKEN_FILE, or keep to 127.0.0.1.",
    )


@asynccontextmanager
async def dashboard(order: Order) -> AsyncIterator[Standing]:
    """A dashboard that is up while this lasts.

    Raises:
        LokiError: It cannot be: a setting, the port, the certificate, or another dashboard is in the way.
    """
    settings, project = order.settings, order.project
    require_safe(settings)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(held(project.state))
        sock = stack.enter_context(contextlib.closing(bind(settings.dashboard_host, settings.dashboard_port)))
        token = _token(settings)
        found = _standing(settings, sock, token)
        door = _door(settings, found, token)
        app = _application(order, door, token)
        runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=limits.IDLE_SECONDS,
            handler_cancellation=True,
            auto_decompress=False,
            shutdown_timeout=GOODBYE_SECONDS,
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        assert runner.server is not None
        server = await listen(runner.server, sock)
        stack.callback(server.close)
        announce(project.state, found)
        yield found


async def serve(order: Order, ready: Callable[[Standing], None]) -> None:
    """Serve until this process is told to leave.

    Args:
        order: What is to be served.
        ready: Called once it is up.

    Raises:
        LokiError: See `dashboard`.
    """
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, over.set)
    async with dashboard(order) as found:
        ready(found)
        await over.wait()


def _token(settings: Settings) -> str | None:
    if settings.dashboard_token_file is not None:
        return token_in(settings.dashboard_token_file)
    return None if settings.oidc_issuer else new_token()


def _standing(settings: Settings, sock: socket.socket, token: str | None) -> Standing:
    port = sock.getsockname()[1]
    host = settings.dashboard_host
    everywhere = host in {"0.0.0.0", "::"}
    here = "127.0.0.1" if everywhere else f"[{host}]" if ":" in host else host
    local = f"http://{here}:{port}"
    return Standing(
        pid=os.getpid(),
        url=settings.dashboard_url.rstrip("/") if settings.dashboard_url else local,
        health=f"{local}/api/health",
        host=host,
        port=port,
        token=token,
    )


def _door(settings: Settings, found: Standing, token: str | None) -> Door:
    secure = found.url.startswith("https:")
    sessions = Sessions(port=found.port, secure=secure)
    if token is None:
        raise UsageError("There is no way to sign in.")
    own = OwnToken(token, name=_person())
    return Door(
        names=OwnNames.of(settings.dashboard_host, settings.dashboard_url),
        sessions=sessions,
        bearer=own.caller,
        secure=secure,
    )


def _application(order: Order, door: Door, token: str | None) -> web.Application:
    app = web.Application(client_max_size=limits.BODY_BYTES)
    streams = Streams(order.project, most=order.streams, stalled=order.stalled)
    app[PROJECT], app[STREAMS], app[READERS] = order.project, streams, asyncio.Semaphore(AT_ONCE)
    app[PROBE] = Probe(order.project)
    app[SESSIONS] = door.sessions
    endpoints: list[Endpoint] = list(API)
    if token is not None:
        endpoints += TokenLogin(OwnToken(token, name=_person())).endpoints()
    for each in endpoints:
        app.router.add_route(each.method, each.path, each.handler)
    app.router.add_static("/static", PAGES, follow_symlinks=False)
    door.hang(app, {each.handler: each for each in endpoints})

    async def goodbye(_: web.Application) -> None:
        await streams.close()

    app.on_shutdown.append(goodbye)
    return app


def _person() -> str:
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return "someone"
