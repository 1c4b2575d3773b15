"""The proxy on the engine's side: the one way out for commands that may reach some hosts only.

Commands have a network namespace with nothing in it but a loopback; a forwarder there carries
what comes to it to this proxy's socket. The proxy takes `CONNECT` and plain HTTP requests,
resolves names itself, and connects where name and address are both allowed: a name that is
allowed could be made to point at this machine or at its neighbours.

A connection goes to one host that was named; what is said within it, encrypted or not, is not
looked at. An own proxy because a library would bring its extensions, caches and commands too.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import tempfile
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from urllib.parse import urlsplit

PROXY = Path("/run/loki")
"""Where hands find the directory with the proxy's socket."""
PROXY_SOCKET = "proxy"
PROXY_PORT = 47128
"""On the loopback of the hands' own namespace, so that nothing else can be in its place."""
PROXY_ADDRESS = f"http://127.0.0.1:{PROXY_PORT}"
DOOR_SOCKET = "door"
"""In the same directory: where a server of the engine's may listen, which programs reach by the address below."""
DOOR_PORT = PROXY_PORT + 1
DOOR_ADDRESS = f"http://127.0.0.1:{DOOR_PORT}"

_HEAD_BYTES = 1 << 16
_HEAD_SECONDS = 30.0
_CONNECT_SECONDS = 15.0
_CHUNK = 1 << 16
_CONNECTIONS = 200
_REMEMBERED = 50
_HOST = re.compile(r"[a-z0-9_.-]{1,253}")
_STRANGE = ("400 Bad Request", "this proxy takes CONNECT and plain http:// requests")
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as IPv6 ones, behind a translator (RFC 6052)."""
_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "proxy-authorization", "host", "upgrade", "te"})
"""Headers for a proxy, or that it sets itself."""


class _RefusedError(Exception):
    """A request that is not carried out: a status and why."""

    def __init__(self, status: str, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """Hosts by name, by address, or by the domain they are in, as the setting has them."""

    patterns: tuple[str, ...]

    def name(self, host: str) -> bool:
        """Whether a host, in lower case and without a dot at its end, is one of them."""
        if address := _address(host):
            return address in self._addresses
        return any(
            host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:])) for pattern in self.patterns
        )

    def permit(self, address: str) -> bool:
        """Whether an address that a name led to may be connected to: a public one, or one that is named itself."""
        real = _address(address)
        if real is None:
            return False
        inner = _within(real)
        return real in self._addresses or (inner.is_global and not inner.is_multicast)

    @property
    def _addresses(self) -> set[IPv4Address | IPv6Address]:
        named = {address for pattern in self.patterns if (address := _address(pattern))}
        return named | ({IPv4Address("127.0.0.1"), IPv6Address("::1")} if "localhost" in self.patterns else set())


class Egress:
    """Serves one pair of hands until it is closed.

    Args:
        hosts: The only ones that can be reached; where there are none, all that there is is a place for a door.
    """

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._hosts = AllowedHosts(hosts)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._recent: deque[str] = deque(maxlen=_REMEMBERED)
        self.directory = Path()
        """Where its socket is; nobody else can look into it."""
        self.refused = 0
        """How many requests were refused so far."""

    async def open(self) -> None:
        """Begin to serve."""
        self.directory = _private_directory()
        if self._hosts.patterns:
            socket = self.directory / PROXY_SOCKET
            self._server = await asyncio.start_unix_server(self._welcome, socket, limit=_HEAD_BYTES)

    async def close(self) -> None:
        """End every connection."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.directory != Path():
            await asyncio.to_thread(shutil.rmtree, self.directory, ignore_errors=True)

    def recent(self, count: int) -> list[str]:
        """The latest refusals, each once, in words."""
        return list(dict.fromkeys(list(self._recent)[-count:])) if count else []

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end, or say why not."""
        if len(self._tasks) > _CONNECTIONS:
            await _answer(writer, "503 Service Unavailable", "too many connections at once")
            writer.close()
            return
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            target, first = _read(head)
            upstream = await self._connect(target)
        except _RefusedError as refusal:
            await _answer(writer, refusal.status, str(refusal))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ConnectionError):
            await _answer(writer, "400 Bad Request", "that is no request")
        else:
            await _carry((reader, writer), upstream, first)
        finally:
            writer.close()

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if not self._hosts.name(target.host):
            raise self._refusal(f"{target} is not among the hosts of LOKI_NETWORK")
        addresses = await _resolve(target)
        permitted = [address for address in addresses if self._hosts.permit(address)]
        if not permitted:
            raise self._refusal(
                f"{target} leads to {addresses[0]}, which is no public address; LOKI_NETWORK has to name it itself",
            )
        for address in permitted:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CONNECT_SECONDS):
                    return await asyncio.open_connection(address, target.port)
        raise _RefusedError("502 Bad Gateway", f"{target} does not answer")

    def _refusal(self, why: str) -> _RefusedError:
        self.refused += 1
        self._recent.append(why)
        return _RefusedError("403 Forbidden", why)


def _private_directory() -> Path:
    return Path(tempfile.mkdtemp(prefix="loki-proxy-")).resolve()


async def _resolve(target: Target) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError) as error:
        raise _RefusedError("502 Bad Gateway", f"{target.host} has no address") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _read(head: bytes) -> tuple[Target, bytes | None]:
    """Where a request goes, and what is to be sent there first; none where a tunnel is wanted."""
    try:
        request, *headers = head.decode("ascii").split("\r\n")[:-2]
        method, uri, version = request.split(" ")
        if method == "CONNECT":
            return _target(f"//{uri}", default=443), None
        parts = urlsplit(uri)
        if parts.scheme != "http" or not version.startswith("HTTP/1."):
            raise _RefusedError(*_STRANGE)
        target = _target(uri, default=80)
        kept = [line for line in headers if line.partition(":")[0].strip().lower() not in _HOP]
    except (ValueError, UnicodeDecodeError) as error:
        raise _RefusedError(*_STRANGE) from error
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = target.host if target.port == 80 else str(target)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *kept]
    return target, ("\r\n".join(lines) + "\r\n\r\n").encode()


def _target(uri: str, *, default: int) -> Target:
    """Host and port of a URI; nothing that different readers could read differently.

    Raises:
        ValueError: There is more or less than that in it.
    """
    parts = urlsplit(uri)
    host = (parts.hostname or "").rstrip(".")
    if parts.username is not None or not (_HOST.fullmatch(host) or _address(host)):
        raise ValueError(uri)
    return Target(host, parts.port or default)


async def _carry(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    first: bytes | None,
) -> None:
    """Pass on what either side says until both have ended."""
    (from_client, to_client), (from_upstream, to_upstream) = client, upstream
    try:
        if first is None:
            to_client.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            to_upstream.write(first)
        await asyncio.gather(_pump(from_client, to_upstream), _pump(from_upstream, to_client))
    finally:
        to_upstream.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, RuntimeError):
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()


async def _answer(writer: asyncio.StreamWriter, status: str, why: str) -> None:
    body = f"Loki: {why}.\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with suppress(ConnectionError):
        writer.write(head.encode() + body)
        await writer.drain()


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _within(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, or itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
