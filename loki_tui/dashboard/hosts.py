"""Which names and origins are the dashboard's own: a page of another site must not reach it through a browser."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web


@dataclass(frozen=True, slots=True)
class OwnNames:
    """What the dashboard is called."""

    names: frozenset[str]
    """Host names, in lower case."""
    url: str | None
    """How people reach it, where that was set."""

    @classmethod
    def of(cls, host: str, url: str | None) -> OwnNames:
        """The names of a dashboard that listens on a host, and is reached by an address."""
        own = {"localhost", platform.node().lower(), host.lower()}
        if url is not None:
            own.add((urlsplit(url).hostname or "").lower())
        return cls(frozenset(own - {""}), url)

    def knows(self, request: web.Request) -> bool:
        """Whether a request names us as its host.

        A foreign name that leads here is how a page rebinds DNS. An address needs no name server, so any will do.
        """
        try:
            host = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
        except ValueError:
            return False
        if host in self.names:
            return True
        try:
            ip_address(host)
        except ValueError:
            return False
        return True

    def owns(self, request: web.Request, origin: str) -> bool:
        """Whether an origin is that of our own pages, as this request's browser got them."""
        own = {f"{request.scheme}://{request.host}".lower()}
        if self.url is not None:
            split = urlsplit(self.url)
            own.add(f"{split.scheme}://{split.netloc}".lower())
        return origin.lower() in own

    def base(self, request: web.Request) -> str:
        """Where this request's browser finds us, without a slash at the end."""
        return (self.url or f"{request.scheme}://{request.host}").rstrip("/")
