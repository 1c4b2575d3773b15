"""JSON lines between the engine and the hands: framing, requests, results, and reading of inputs.

One line each way is one message. Requests carry an id and are answered in any order; a
running operation may send output under its id before its result.
"""

from __future__ import annotations

import json
import os
import threading
from typing import NamedTuple

Message = dict[str, object]


class ProtocolError(Exception):
    """A line from the engine is not what was agreed on."""


class OperationError(Exception):
    """An operation cannot be done; the text is what the model is told."""


class Request(NamedTuple):
    """Something the engine asks for."""

    id: int
    op: str
    input: Message
    stream: bool = False
    """Whether output is wanted while it comes."""


class Result(NamedTuple):
    """What came of an operation; the fields of `engine.ports.ActionResult`."""

    ok: bool
    output: str
    exit_code: int | None = None
    diff: str = ""
    seconds: float = 0.0
    timed_out: bool = False
    path: str = ""
    seal: str = ""


class Channel:
    """The two pipes to the engine.

    They are moved off the standard descriptors, so that nothing which prints or reads by
    accident can break the framing.
    """

    def __init__(self) -> None:
        self._source = os.dup(0)
        self._sink = os.dup(1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        self._buffer = bytearray()
        self._lock = threading.Lock()

    def receive(self) -> Message | None:
        """The next message; none when the engine is gone.

        Raises:
            ProtocolError: The line is no JSON object.
        """
        while (end := self._buffer.find(b"\n")) < 0:
            chunk = os.read(self._source, 1 << 16)
            if not chunk:
                return None
            self._buffer += chunk
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        try:
            message = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"no JSON: {error}") from error
        if not isinstance(message, dict):
            raise ProtocolError("no object")
        return message

    def send(self, message: Message) -> None:
        """Send one message, whole, from any thread; dropped when the engine is gone."""
        line = memoryview(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        with self._lock:
            try:
                while line:
                    line = line[os.write(self._sink, line) :]
            except BrokenPipeError:
                return


def read_request(message: Message) -> Request:
    """The request in a message.

    Raises:
        ProtocolError: It is none.
    """
    number, op, given = message.get("id"), message.get("op"), message.get("input", {})
    if not isinstance(number, int) or not isinstance(op, str) or not isinstance(given, dict):
        raise ProtocolError("a request needs an id, an op and an input")
    return Request(number, op, given, stream=message.get("stream") is True)


def nested(given: Message, name: str) -> Message:
    """An object of an operation's input.

    Raises:
        OperationError: It is missing, or none.
    """
    value = given.get(name)
    if not isinstance(value, dict):
        raise OperationError(f"`{name}` must be an object.")
    return value


def text(given: Message, name: str, default: str | None = None) -> str:
    """A string of an operation's input.

    Raises:
        OperationError: It is missing without a default, or no string.
    """
    value = given.get(name)
    if value is None:
        value = default
    if not isinstance(value, str):
        raise OperationError(f"`{name}` must be a string.")
    return value


def whole(given: Message, name: str, default: int) -> int:
    """A whole number above 0 of an operation's input.

    Raises:
        OperationError: It is something else.
    """
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise OperationError(f"`{name}` must be a whole number above 0.")
    return value


def seconds(given: Message, name: str, default: float) -> float:
    """A span of time of an operation's input.

    Raises:
        OperationError: It is no positive number.
    """
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e7:
        raise OperationError(f"`{name}` must be a number of seconds above 0.")
    return float(value)


def yes(given: Message, name: str) -> bool:
    """A yes or no of an operation's input; no where it is missing.

    Raises:
        OperationError: It is something else.
    """
    value = given.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise OperationError(f"`{name}` must be true or false.")
    return value
