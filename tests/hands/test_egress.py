"""The way out to some hosts: which names and addresses pass, and that there is no other way."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from loki_tui.hands.egress import PROXY_SOCKET, AllowedHosts, Egress
from tests.support.hands import NO_BWRAP, World, make_world


@pytest.mark.parametrize(
    ("patterns", "host", "named"),
    [
        (("example.com",), "example.com", True),
        (("example.com",), "www.example.com", False),
        (("example.com",), "notexample.com", False),
        (("example.com",), "example.com.evil.org", False),
        (("*.example.com",), "www.example.com", True),
        (("*.example.com",), "a.b.example.com", True),
        (("*.example.com",), "example.com", False),
        (("*.example.com",), "evilexample.com", False),
        (("192.0.2.7",), "192.0.2.7", True),
        (("192.0.2.7",), "192.0.2.70", False),
        (("::1",), "0:0:0:0:0:0:0:1", True),
        (("*.1",), "127.0.0.1", False),
    ],
)
def test_hosts_are_named_whole(patterns: tuple[str, ...], host: str, named: bool) -> None:
    assert AllowedHosts(patterns).name(host) is named


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "nonsense",
    ],
)
def test_no_name_leads_to_this_machine_or_its_neighbours(address: str) -> None:
    assert not AllowedHosts(("example.com", "*.example.com")).permit(address)


def test_public_addresses_and_those_that_are_named_pass() -> None:
    assert AllowedHosts(("example.com",)).permit("93.184.215.14")
    assert AllowedHosts(("example.com",)).permit("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    assert AllowedHosts(("10.0.0.1",)).permit("10.0.0.1")
    assert not AllowedHosts(("10.0.0.1",)).permit("10.0.0.2")
    assert AllowedHosts(("localhost",)).permit("127.0.0.1")
    assert not AllowedHosts(("localhost",)).permit("127.0.0.2")


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{self.path} for {self.headers['Host']}, {self.headers.get('Proxy-Authorization')}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def site() -> Iterator[int]:
    """A server on this machine's loopback; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
async def egress(request: pytest.FixtureRequest) -> AsyncIterator[Egress]:
    proxy = Egress(getattr(request, "param", ("localhost",)))
    await proxy.open()
    yield proxy
    await proxy.close()


async def say(egress: Egress, request: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(egress.directory / PROXY_SOCKET)
    writer.write(request)
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_tunnel_carries_both_ways(egress: Egress, site: int) -> None:
    request = f"CONNECT localhost:{site} HTTP/1.1\r\nHost: x\r\n\r\nGET /a HTTP/1.0\r\nHost: y\r\n\r\n"
    answer = await say(egress, request.encode())
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.0 200")
    assert answer.endswith(b"/a for y, None\n")


async def test_a_plain_request_goes_on_as_one_to_its_host_alone(egress: Egress, site: int) -> None:
    request = (
        f"GET http://LocalHost:{site}/a?b#c HTTP/1.1\r\nHost: elsewhere\r\nProxy-Authorization: secret\r\n"
        "Proxy-Connection: keep-alive\r\n\r\n"
    )
    assert (await say(egress, request.encode())).endswith(f"/a?b for localhost:{site}, None\n".encode())


@pytest.mark.parametrize("egress", [("example.com",), ("*.localhost",), ("127.0.0.2",)], indirect=True)
async def test_another_host_is_refused_and_remembered(egress: Egress, site: int) -> None:
    for request in (f"CONNECT localhost:{site} HTTP/1.1\r\n\r\n", f"GET http://localhost:{site}/ HTTP/1.1\r\n\r\n"):
        answer = await say(egress, request.encode())
        assert answer.startswith(b"HTTP/1.1 403 Forbidden")
        assert b"is not among the hosts of LOKI_NETWORK" in answer
    assert egress.refused == 2
    assert egress.recent(2) == [f"localhost:{site} is not among the hosts of LOKI_NETWORK"]
    assert egress.recent(0) == []


async def test_a_name_that_leads_here_is_refused(site: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else says where a name leads."""
    proxy = Egress(("inside.example.com",))
    await proxy.open()
    loop = asyncio.get_running_loop()

    async def lead_here(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", site))]

    monkeypatch.setattr(loop, "getaddrinfo", lead_here)
    answer = await say(proxy, f"CONNECT inside.example.com:{site} HTTP/1.1\r\n\r\n".encode())
    assert b"leads to 127.0.0.1, which is no public address" in answer
    await proxy.close()


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET ftp://localhost/ HTTP/1.1\r\n\r\n",
        b"GET https://localhost/ HTTP/1.1\r\n\r\n",
        b"CONNECT localhost:99999 HTTP/1.1\r\n\r\n",
        b"CONNECT localhost:x HTTP/1.1\r\n\r\n",
        b"CONNECT evil@localhost:80 HTTP/1.1\r\n\r\n",
        b"CONNECT local\\host:80 HTTP/1.1\r\n\r\n",
        b"CONNECT \xff:80 HTTP/1.1\r\n\r\n",
        b"CONNECT a b:80 HTTP/1.1\r\n\r\n",
        b"GET http://localhost%2eevil/ HTTP/1.1\r\n\r\n",
        b"GET http://localhost/ HTTP/2\r\n\r\n",
        b"CONNECT localhost:80 HTTP/1.1\r\n" + b"X: " + b"x" * 100_000,
    ],
)
async def test_odd_requests_are_answered(egress: Egress, request_: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(egress.directory / PROXY_SOCKET)
    writer.write(request_)
    if not request_.endswith(b"\r\n\r\n"):
        writer.write_eof()
    async with asyncio.timeout(20):
        assert b" 400 " in await reader.read(100)
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_closing_ends_every_connection(site: int) -> None:
    proxy = Egress(("localhost",))
    await proxy.open()
    reader, writer = await asyncio.open_unix_connection(proxy.directory / PROXY_SOCKET)
    writer.write(f"CONNECT localhost:{site} HTTP/1.1\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    await proxy.close()
    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()
    assert not proxy.directory.exists()


needs_bwrap = pytest.mark.skipif(bool(NO_BWRAP), reason=f"no bubblewrap here: {NO_BWRAP}")

FETCH = "/usr/bin/python3 -c 'import urllib.request as u; print(u.urlopen(\"http://{host}:{port}/hello\").read())'"
PASS_BY = (
    "/usr/bin/python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 3)' || "
    "curl --noproxy '*' -sS -m 3 http://127.0.0.1:{port}/"
)


@pytest.fixture(params=[pytest.param("bwrap", marks=needs_bwrap), pytest.param("docker", marks=pytest.mark.docker)])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """On the rungs that can hold commands to hosts."""
    return make_world(tmp_path, request.param)


async def test_commands_reach_the_hosts_that_are_named_and_no_others(world: World, site: int) -> None:
    hands = await world.workspaces(network=("localhost.example", "127.0.0.1")).open_agent()
    assert hands.confinement.network == ("localhost.example", "127.0.0.1")
    assert "network to 2 hosts only" in hands.confinement.detail
    command = f"no_proxy= NO_PROXY= {FETCH.format(host='127.0.0.1', port=site)}"
    reached = await hands.perform("shell", {"command": command})
    assert "/hello for 127.0.0.1" in reached.output
    other = await hands.perform("shell", {"command": FETCH.format(host="example.com", port=80)})
    assert not other.ok
    assert "[example.com:80 is not among the hosts of LOKI_NETWORK]" in other.output
    around = await hands.perform("shell", {"command": PASS_BY.format(port=site)})
    assert not around.ok
    await hands.close()


async def test_a_large_body_passes_both_ways(world: World, site: int) -> None:
    hands = await world.workspaces(network=("127.0.0.1",)).open_agent()
    send = (
        '/usr/bin/python3 -c \'import http.client as h; c = h.HTTPConnection("127.0.0.1", 47128);'
        f'c.request("POST", "http://127.0.0.1:{site}/", b"x" * 3000000); print(len(c.getresponse().read()))\''
    )
    assert (await hands.perform("shell", {"command": send})).output == "3000000\n"
    await hands.close()


@pytest.mark.parametrize("network", [("off",), ("127.0.0.1",)])
async def test_servers_of_tests_have_a_loopback_of_their_own(world: World, network: tuple[str, ...]) -> None:
    hands = await world.workspaces(network=network).open_agent()
    serve = (
        '/usr/bin/python3 -c \'import socket, threading; s = socket.create_server(("127.0.0.1", 8080));'
        'c = socket.create_connection(("localhost", 8080)); print("up")\''
    )
    assert (await hands.perform("shell", {"command": serve})).output == "up\n"
    await hands.close()


async def test_tools_with_unix_sockets_work_within(world: World) -> None:
    hands = await world.workspaces(network=("off",)).open_agent()
    program = "import multiprocessing as m\nif __name__ == '__main__':\n    print(m.Manager().list([1]))"
    await hands.perform("write_file", {"path": "src/m.py", "content": program})
    result = await hands.perform("shell", {"command": "/usr/bin/python3 src/m.py"})
    assert result.output == "[1]\n"
    await hands.close()
