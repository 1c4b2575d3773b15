"""How a browser gets its session with the dashboard's own token: a page, and what the page sends."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web
from pydantic import Field

from loki_tui.core.messages import Frozen
from loki_tui.dashboard.access import CALLER
from loki_tui.dashboard.answers import RefusalError, answer, body_of
from loki_tui.dashboard.desk import SESSIONS
from loki_tui.dashboard.endpoints import Endpoint
from loki_tui.dashboard.tokens import OwnToken

PAGES = Path(__file__).parent / "pages"


class LoginBody(Frozen):
    """What the page sends."""

    token: str = Field(max_length=1_000)


class TokenLogin:
    """Signs browsers in.

    Args:
        token: What they have to say.
    """

    def __init__(self, token: OwnToken) -> None:
        self._token = token

    def endpoints(self) -> tuple[Endpoint, ...]:
        """What this answers."""
        return (
            Endpoint("GET", "/login", self.page, None),
            Endpoint("POST", "/login", self.login, None, body=LoginBody),
        )

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page to sign in on."""
        del request
        return web.FileResponse(PAGES / "login.html")

    async def login(self, request: web.Request) -> web.Response:
        """Begin a session with the dashboard's own token."""
        caller = await self._token.caller((await body_of(request, LoginBody)).token)
        response = answer({"name": caller.name, "role": caller.role.word})
        request.app[SESSIONS].begin(response, caller)
        return response


async def logout(request: web.Request) -> web.Response:
    """End the session."""
    if request.app[SESSIONS].find(request) is None:
        raise RefusalError(409, f"{request[CALLER].name} has no session here.")
    response = answer({"ended": True})
    request.app[SESSIONS].end(request, response)
    return response
