"""Carries what commands say to a port on their loopback to the proxy's socket outside."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

_CONNECTIONS = 200
_CHUNK = 1 << 16


def forward(port: int, path: str) -> None:
    """Listen on the loopback from now on, in threads of its own.

    Args:
        port: On 127.0.0.1.
        path: Of the socket that everything is carried to.

    Raises:
        OSError: The port cannot be had.
    """
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=_accept, args=(listener, path), name="forwarder", daemon=True).start()


def _accept(listener: socket.socket, path: str) -> None:
    room = threading.Semaphore(_CONNECTIONS)
    while True:
        client, _ = listener.accept()
        if room.acquire(blocking=False):
            threading.Thread(target=_carry, args=(client, path, room), daemon=True).start()
        else:
            client.close()


def _carry(client: socket.socket, path: str, room: threading.Semaphore) -> None:
    """Both directions, each in a thread: one that waits to write must not keep the other from being read."""
    with client, socket.socket(socket.AF_UNIX) as proxy, suppress(OSError):
        proxy.connect(path)
        back = threading.Thread(target=_pump, args=(proxy, client), daemon=True)
        back.start()
        _pump(client, proxy)
        back.join()
    room.release()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
