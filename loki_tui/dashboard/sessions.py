"""Browsers that have signed in: a session each, known by a cookie that no script can read."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from loki_tui.dashboard.access import Caller

LASTS = 8 * 3600
"""Seconds after which a person signs in again."""
MOST = 1_000
"""Sessions at once; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that has signed in."""

    caller: Caller
    csrf: str
    """What its requests that change something have to say: only a page of ours can know it."""
    expires: float
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is, so that what was opened in it can end with it."""


class Sessions:
    """All of them; in memory alone, so a dashboard that is started again asks everybody to sign in again.

    Args:
        port: The dashboard's: cookies do not tell two ports of a host apart.
        secure: Whether browsers reach it by HTTPS.
        clock: Seconds from some moment.
    """

    def __init__(self, *, port: int, secure: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.cookie = f"{'__Host-' if secure else ''}loki-{port}"
        self._secure, self._clock = secure, clock
        self._open: OrderedDict[str, Session] = OrderedDict()

    def begin(self, response: web.Response, caller: Caller) -> Session:
        """Let a browser in; its cookie goes out with the response."""
        name = secrets.token_urlsafe(32)
        session = Session(caller, secrets.token_urlsafe(32), self._clock() + LASTS)
        self._open[name] = session
        while len(self._open) > MOST:
            self._open.popitem(last=False)[1].over.set()
        # Lax: a sign-in comes back from another site, and a Strict cookie would not be sent on the way on from there.
        response.set_cookie(
            self.cookie, name, max_age=LASTS, path="/", httponly=True, secure=self._secure, samesite="Lax"
        )
        return session

    def find(self, request: web.Request) -> Session | None:
        """The session that a request belongs to; none where it has none that still lasts."""
        name = request.cookies.get(self.cookie, "")
        session = self._open.get(name)
        if session is not None and session.expires <= self._clock():
            self._forget(name)
            return None
        return session

    def end(self, request: web.Request, response: web.Response) -> None:
        """Have a browser forget its session, and forget it here."""
        self._forget(request.cookies.get(self.cookie, ""))
        response.del_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def _forget(self, name: str) -> None:
        if (session := self._open.pop(name, None)) is not None:
            session.over.set()
