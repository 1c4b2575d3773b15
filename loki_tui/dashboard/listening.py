"""Sockets: bound before anything else is done, and not more of them open than can be looked after."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from ipaddress import ip_address

from aiohttp import web

from loki_tui.core.errors import UsageError
from loki_tui.dashboard import limits


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and nothing else."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def bind(host: str, port: int) -> socket.socket:
    """Take a port.

    Args:
        host: An address, or a name of this machine.
        port: 0 for any that is free.

    Raises:
        UsageError: It cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=512)
    except socket.gaierror as error:
        raise UsageError(
            f"{host} is no address of this machine: {error.strerror}.", hint="LOKI_DASHBOARD_HOST"
        ) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} on {host} is taken by another program, maybe another project's dashboard.",
                hint="Choose another with LOKI_DASHBOARD_PORT or --port.",
            ) from error
        raise UsageError(f"{host} port {port} cannot be listened on: {error.strerror}.") from error


class _TurnedAway(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


async def listen(
    server: web.Server,
    sock: socket.socket,
    *,
    tls: ssl.SSLContext | None = None,
    renew: Callable[[], None] | None = None,
) -> asyncio.Server:
    """Take connections.

    Args:
        server: Answers them.
        sock: Bound already.
        tls: For HTTPS.
        renew: Called before each connection, to look whether the certificate has changed.
    """

    def take() -> asyncio.Protocol:
        if renew is not None:
            renew()
        if len(server.connections) >= limits.CONNECTIONS:
            return _TurnedAway()
        return server()

    return await asyncio.get_running_loop().create_server(
        take, sock=sock, ssl=tls, ssl_handshake_timeout=limits.IDLE_SECONDS if tls else None
    )
