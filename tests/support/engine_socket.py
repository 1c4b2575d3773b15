"""A container engine's API on a unix socket, as far as Loki asks it: its version, its images, its containers."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@contextmanager
def engine_on(
    place: Path, *, images: Sequence[str] = (), containers: Sequence[dict[str, Any]] = ()
) -> Iterator[dict[str, str]]:
    """An engine, for as long as the context lasts.

    Returns:
        Variables that name it.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/version":
                self._tell(200, {"Version": "99.1"})
            elif url.path == "/containers/json":
                (label,) = json.loads(parse_qs(url.query)["filters"][0])["label"]
                self._tell(200, [each for each in containers if label in each["Labels"]])
            elif (name := unquote(url.path).removeprefix("/images/").removesuffix("/json")) in images:
                self._tell(200, {"Id": f"sha256:{name.encode().hex():0<64}"})
            else:
                self._tell(404, {"message": "no such thing"})

        def _tell(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def address_string(self) -> str:
            return "a socket"

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Tests say what they saw."""

    with socketserver.ThreadingUnixStreamServer(str(place), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield {"DOCKER_HOST": f"unix://{place}"}
        finally:
            server.shutdown()
            thread.join(10)
