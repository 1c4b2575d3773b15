"""A web server on loopback that answers as a test says, in a thread: for callers in processes of their own."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer; anything but bytes is sent as JSON."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    hangs_up: bool = False


class WebServer(ThreadingHTTPServer):
    """Serves, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Asked], Told]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked: queue.Queue[Asked] = queue.Queue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def next(self) -> Asked:
        """The next request, once it has come."""
        return self.asked.get(timeout=30)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: WebServer

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length))
        told = self.server.answer(asked)
        self.server.asked.put(asked)
        if told.hangs_up:
            self.close_connection = True
            return
        body = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _serve  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Tests say what they saw."""


@contextmanager
def serving(answer: Callable[[Asked], Told]) -> Iterator[WebServer]:
    """A server, for as long as the context lasts."""
    with WebServer(answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)


GOOD_KEY = "sk-ant-a-key-that-is-good-0001"


def provider(asked: Asked) -> Told:
    """The Messages API as far as keys are concerned: one is good."""
    if asked.headers.get("x-api-key") != GOOD_KEY and asked.headers.get("authorization") != f"Bearer {GOOD_KEY}":
        return Told(401, {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}})
    if asked.path.startswith("/v1/models"):
        return Told(200, {"data": [{"id": "m"}], "has_more": False})
    return Told(404, {})
