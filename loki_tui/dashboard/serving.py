"""The dashboard's process: what it may listen on, and serving until it is told to leave."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from loki_tui.core.errors import UsageError
from loki_tui.core.settings import Settings
from loki_tui.dashboard import limits
from loki_tui.dashboard.composing import GOODBYE_SECONDS, Order, compose
from loki_tui.dashboard.listening import bind, is_loopback, listen
from loki_tui.dashboard.tls import Pair, Tls
from loki_tui.runtime.dashboard_token import new_token, token_in
from loki_tui.runtime.dashboards import Standing, announce, held

__all__ = ["Order", "dashboard", "require_safe", "serve"]


def keep_log_clean(logger: logging.Logger) -> None:
    """Have no broken request logged: there is no end of them, and what is in one may be somebody's token."""
    logger.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))


def require_safe(settings: Settings) -> None:
    """Refuse to serve beyond this machine without a sign-in or a token that somebody chose.

    Raises:
        UsageError: The settings ask for that.
    """
    if settings.oidc_issuer is not None and not settings.oidc_issuer.startswith("https://"):
        raise UsageError(
            f"LOKI_OIDC_ISSUER is {settings.oidc_issuer}, which anybody on the way could speak for.",
            hint="Providers are asked over https:// alone.",
        )
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
    settings, state = order.settings, order.project.state
    require_safe(settings)
    pair = Pair.of(settings)
    tls = None if pair is None else Tls(pair)
    token = _token(settings)
    async with AsyncExitStack() as stack:
        stack.enter_context(held(state))
        sock = stack.enter_context(closing(bind(settings.dashboard_host, settings.dashboard_port)))
        found = _standing(settings, sock.getsockname()[1], token)
        secure = found.url.startswith("https:")
        keep_log_clean(logger := logging.getLogger("loki.dashboard.http"))
        runner = web.AppRunner(
            compose(order, port=found.port, secure=secure, token=token, tls=tls),
            access_log=None,
            logger=logger,
            keepalive_timeout=limits.IDLE_SECONDS,
            handler_cancellation=True,
            auto_decompress=False,
            shutdown_timeout=GOODBYE_SECONDS,
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        assert runner.server is not None
        context, renew = (None, None) if tls is None else (tls.context, tls.renew)
        server = await listen(runner.server, sock, tls=context, renew=renew)
        stack.callback(server.close)
        announce(state, found)
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


def _standing(settings: Settings, port: int, token: str | None) -> Standing:
    host = settings.dashboard_host
    everywhere = host in {"0.0.0.0", "::"}
    here = "127.0.0.1" if everywhere else f"[{host}]" if ":" in host else host
    local = f"http{'s' if settings.tls_cert else ''}://{here}:{port}"
    return Standing(
        pid=os.getpid(),
        url=settings.dashboard_url.rstrip("/") if settings.dashboard_url else local,
        health=f"{local}/api/health",
        host=host,
        port=port,
        token=token,
        cert=None if settings.tls_cert is None else str(settings.tls_cert.absolute()),
    )
