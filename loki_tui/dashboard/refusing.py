"""What a refusal looks like: an object for programs, a page for who came with a browser."""

from __future__ import annotations

from html import escape
from string import Template

from aiohttp import web

from loki_tui.core.errors import LokiError
from loki_tui.core.terminal import one_line
from loki_tui.dashboard.answers import error_answer
from loki_tui.dashboard.signing_in import PAGES

_PAGE = Template((PAGES / "refused.html").read_text(encoding="utf-8"))


def refusal(error: LokiError, request: web.Request) -> web.Response:
    """An error as a response to a request."""
    answer = error_answer(error)
    if request.path.startswith("/api") or "text/html" not in request.headers.get("Accept", ""):
        return answer
    page = _PAGE.substitute(message=escape(one_line(error.message)), hint=escape(one_line(error.hint)))
    headers = {name: value for name, value in answer.headers.items() if name not in {"Content-Type", "Content-Length"}}
    return web.Response(text=page, status=answer.status, headers=headers, content_type="text/html")
