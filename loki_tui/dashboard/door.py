"""What every request goes through: names, origins, rates, sign-in, roles, times, and headers on what goes out."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Middleware

from loki_tui.core.errors import LokiError
from loki_tui.dashboard import limits
from loki_tui.dashboard.access import CALLER, Caller
from loki_tui.dashboard.answers import RefusalError, RoleError
from loki_tui.dashboard.endpoints import Endpoint, Handler
from loki_tui.dashboard.hosts import OwnNames
from loki_tui.dashboard.limits import RateLimit
from loki_tui.dashboard.refusing import refusal
from loki_tui.dashboard.sessions import Session, Sessions

log = logging.getLogger("loki.dashboard")

Bearer = Callable[[str], Awaitable[Caller]]
"""Takes what stands behind `Bearer`, and says who that is; raises a `RefusalError` where it is nobody."""

Refused = Callable[[web.Request, str], Awaitable[None]]
"""Is told of a request by somebody who was let in and may not, and why."""

_SAFE = frozenset({"GET", "HEAD"})

HEADERS = {
    "Server": "loki",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # The terminal sets styles of its own on what it draws; scripts come from files of ours alone.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


class Door:
    """Lets in who may come in.

    Args:
        names: The dashboard's own.
        sessions: Browsers that have signed in.
        bearer: Knows tokens.
        rates: Holds clients to a rate.
        refused: Told of requests that take a higher role, and why.
        secure: Whether we speak HTTPS ourselves.
    """

    def __init__(
        self,
        *,
        names: OwnNames,
        sessions: Sessions,
        bearer: Bearer,
        refused: Refused,
        rates: RateLimit | None = None,
        secure: bool,
    ) -> None:
        self.sessions = sessions
        self._names, self._bearer, self._refused, self._secure = names, bearer, refused, secure
        self._rates = rates or RateLimit()
        self._endpoints: Mapping[Handler, Endpoint] = {}

    def hang(self, app: web.Application, endpoints: Mapping[Handler, Endpoint]) -> None:
        """Put the door before an application."""
        self._endpoints = endpoints
        app.middlewares.append(self._passing())
        app.on_response_prepare.append(self._dress)

    def _passing(self) -> Middleware:
        @web.middleware
        async def passing(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await self._handle(request, handler)
            except LokiError as error:
                if isinstance(error, RoleError):
                    await self._refused(request, error.message)
                elif not isinstance(error, RefusalError):
                    log.warning("%s %s: %s", request.method, request.path, error.message)
                return refusal(error, request)
            except web.HTTPException as error:
                if error.status < 400 or not request.path.startswith("/api"):
                    raise
                missing = RefusalError(error.status, f"{error.reason}: {request.method} {request.path}.")
                return refusal(missing, request)

        return passing

    async def _handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._names.knows(request):
            raise RefusalError(421, "That is no name of this dashboard.", hint="LOKI_DASHBOARD_URL names another one.")
        self._check_origin(request)
        endpoint = self._endpoints.get(request.match_info.handler)
        if request.match_info.http_exception is not None or endpoint is None:
            self._count(request.remote or "")
            return await handler(request)
        if endpoint.lasts:
            await self._admit(request, endpoint)
            return await handler(request)
        try:
            async with asyncio.timeout(limits.HANDLER_SECONDS):
                await self._admit(request, endpoint)
                return await handler(request)
        except TimeoutError as error:
            raise RefusalError(408, "That took too long.", headers={"Connection": "close"}) from error

    def _check_origin(self, request: web.Request) -> None:
        """Turn away what a page of another site sent."""
        origin = request.headers.get("Origin")
        upgrades = "upgrade" in request.headers.get("Connection", "").lower()
        if origin is None and not upgrades:
            # Browsers that know Sec-Fetch-Site send an Origin with everything that changes something, too.
            if request.method not in _SAFE and request.headers.get("Sec-Fetch-Site", "none") not in {
                "same-origin",
                "none",
            }:
                raise RefusalError(403, "That came from a page of another site.")
            return
        if origin is None or not self._names.owns(request, origin):
            raise RefusalError(403, "That came from a page of another site.", hint="LOKI_DASHBOARD_URL names another.")

    def _count(self, client: str) -> None:
        wait = self._rates.take(client)
        if wait:
            raise RefusalError(429, "That is too much at once.", headers={"Retry-After": str(max(1, round(wait)))})

    async def _admit(self, request: web.Request, endpoint: Endpoint) -> None:
        """Find out who is asking, and whether they may.

        Raises:
            RefusalError: It is nobody we know, or they may not.
        """
        try:
            caller = await self._caller(request)
        except RefusalError:
            if endpoint.counted:
                self._count(request.remote or "")
            if endpoint.role is None:
                return
            raise
        if caller is not None:
            request[CALLER] = caller
        if endpoint.counted:
            # Who was let in has a bucket of their own: strangers at the same address, agents too, cannot empty it.
            self._count(f"caller {caller.name}" if caller else request.remote or "")
        if endpoint.role is None:
            return
        if caller is None:
            raise RefusalError(
                401, "Sign in first.", hint="`loki dashboard url` says where.", headers={"WWW-Authenticate": "Bearer"}
            )
        if caller.role < endpoint.role:
            raise RoleError(f"That takes the role {endpoint.role.word}; yours is {caller.role.word}.")

    async def _caller(self, request: web.Request) -> Caller | None:
        said = request.headers.getall("Authorization", [])
        if len(said) > 1:
            raise RefusalError(400, "There is more than one Authorization.")
        if said:
            scheme, _, token = said[0].partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise RefusalError(401, "Only Bearer is known.", headers={"WWW-Authenticate": "Bearer"})
            return await self._bearer(token.strip())
        session = self.sessions.find(request)
        if session is None:
            return None
        self._check_csrf(request, session)
        return session.caller

    def _check_csrf(self, request: web.Request, session: Session) -> None:
        """See that one of our own pages sent what would change something: a cookie comes along with anything."""
        if request.method in _SAFE:
            return
        said = request.headers.get("X-CSRF-Token", "").encode("utf-8", "replace")
        if "Origin" not in request.headers or not hmac.compare_digest(said, session.csrf.encode()):
            raise RefusalError(403, "The page did not say its X-CSRF-Token.", hint="GET /api/session has it.")

    async def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Server"] = HEADERS["Server"]
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        if self._secure:
            response.headers["Strict-Transport-Security"] = "max-age=86400"
