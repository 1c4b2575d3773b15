"""How a browser signs in with the provider: the authorization-code flow with PKCE.

A sign-in that was begun is known by its state, belongs to the browser that began it (by a cookie), and is
good for one answer within ten minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from loki_tui.dashboard.access import CALLER
from loki_tui.dashboard.answers import RefusalError
from loki_tui.dashboard.claims import Verifier
from loki_tui.dashboard.desk import SESSIONS
from loki_tui.dashboard.endpoints import Endpoint
from loki_tui.dashboard.hosts import OwnNames
from loki_tui.dashboard.provider import Provider

LASTS = 600
"""Seconds a person has to sign in."""
MOST = 10_000
"""Sign-ins that are under way; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in that was begun."""

    browser: str
    """What the browser's cookie must say."""
    nonce: str
    verifier: str
    redirect: str
    expires: float


class OidcLogin:
    """Signs browsers in.

    Args:
        provider: Where people say who they are.
        verifier: Verifies what it hands out.
        client: Our name there.
        names: The dashboard's own.
        secure: Whether browsers reach us by HTTPS.
        clock: Seconds from some moment.
    """

    def __init__(
        self,
        provider: Provider,
        verifier: Verifier,
        *,
        client: str,
        names: OwnNames,
        secure: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider, self._verifier, self._client = provider, verifier, client
        self._names, self._secure, self._clock = names, secure, clock
        self._cookie = f"{'__Host-' if secure else ''}loki-sign-in"
        self._pending: OrderedDict[str, Pending] = OrderedDict()

    def endpoints(self) -> tuple[Endpoint, ...]:
        """What this answers."""
        return (Endpoint("GET", "/login", self.begin, None), Endpoint("GET", "/callback", self.finish, None))

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Send a browser to the provider."""
        found = await self._provider.discovered()
        state = secrets.token_urlsafe(32)
        pending = Pending(
            browser=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            redirect=f"{self._names.base(request)}/callback",
            expires=self._clock() + LASTS,
        )
        self._pending[state] = pending
        while len(self._pending) > MOST:
            self._pending.popitem(last=False)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(pending.verifier.encode()).digest()).rstrip(b"=").decode()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client,
                "redirect_uri": pending.redirect,
                "scope": "openid profile email",
                "state": state,
                "nonce": pending.nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        joint = "&" if "?" in found.authorization_endpoint else "?"
        response = web.Response(status=302, headers={"Location": f"{found.authorization_endpoint}{joint}{query}"})
        response.set_cookie(
            self._cookie, pending.browser, max_age=LASTS, path="/", httponly=True, secure=self._secure, samesite="Lax"
        )
        return response

    async def finish(self, request: web.Request) -> web.StreamResponse:
        """Take a browser back from the provider, and let it in."""
        pending = self._taken(request)
        if (issuer := request.query.get("iss")) is not None and issuer != self._provider.issuer:
            raise RefusalError(401, "The answer is from another provider.", hint="Sign in again: /login")
        code = request.query.get("code", "")
        if not code or len(code) > 4_000:
            raise RefusalError(401, "The provider let nobody in.", hint="Sign in again: /login")
        tokens = await self._provider.redeem(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": pending.redirect,
                "code_verifier": pending.verifier,
            },
            client=self._client,
        )
        said = tokens.get("id_token")
        if not isinstance(said, str):
            raise RefusalError(401, "The provider did not say who that is.", hint="Sign in again: /login")
        claims = await self._verifier.claims(said, audience=self._client)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), pending.nonce.encode()):
            raise RefusalError(401, "The provider's answer belongs to another sign-in.", hint="Sign in again: /login")
        granted = tokens.get("scope")
        caller = self._verifier.caller_of(claims, granted=granted if isinstance(granted, str) else "")
        request[CALLER] = caller
        response = web.Response(status=302, headers={"Location": "/"})
        response.del_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")
        request.app[SESSIONS].begin(response, caller)
        return response

    def _taken(self, request: web.Request) -> Pending:
        """The sign-in that an answer is for; it takes no other one.

        Raises:
            RefusalError: There is none, or another browser began it.
        """
        pending = self._pending.pop(request.query.get("state", ""), None)
        browser = request.cookies.get(self._cookie, "")
        if (
            pending is None
            or pending.expires <= self._clock()
            or not hmac.compare_digest(browser.encode("utf-8", "replace"), pending.browser.encode())
        ):
            raise RefusalError(401, "This browser has no such sign-in under way.", hint="Sign in again: /login")
        return pending
