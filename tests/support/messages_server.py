"""A scripted Messages API on loopback: real HTTP, real events, real cache arithmetic, faults on order.

For tests inside their own loop, for benchmarks as a process:

    python -m tests.support.messages_server --port 8099 --script answers.jsonl

A line of such a script is an answer, `{"parts": [...]}`, or a fault, `{"refuse": {...}}` or
`{"break": {...}}`, with the fields of the classes below; the last one is repeated for ever.
Prints its address, then serves until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.support.messages_rules import (
    Body,
    PromptCache,
    complaint_about,
    extend_chain,
    links_of,
    signature_of,
    tokens_of,
)

PIECE = 400
"""Characters of text in one event."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: content blocks as the API has them; a `tool_use` may have a `raw` input that is no JSON."""

    parts: tuple[Body, ...] = ()
    stop: str | None = None
    usage: Body = field(default_factory=dict)
    """Figures that replace the true ones; a value of none leaves a figure out."""
    pings: int = 0
    """Sent after the beginning, each after `interval` seconds."""
    interval: float = 0.05


@dataclass(frozen=True, slots=True)
class Refuse:
    """An HTTP error."""

    status: int
    kind: str = "api_error"
    message: str = "scripted"
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    """Instead of the usual JSON."""


@dataclass(frozen=True, slots=True)
class Break:
    """An answer that breaks off after some events: `after=-1` is before the first byte, 0 after the head."""

    how: Literal["reset", "end", "stall", "garble", "report"]
    after: int = 2
    reply: Reply = Reply(({"type": "text", "text": "a scripted answer that does not arrive"},))
    kind: str = "overloaded_error"
    """What is reported."""


Turn = Reply | Refuse | Break
Script = Sequence[Turn] | Callable[[Body], Turn]


def say(text: str) -> Body:
    return {"type": "text", "text": text}


def think(text: str) -> Body:
    """Thinking; the server signs it."""
    return {"type": "thinking", "thinking": text, "signature": ""}


def call(name: str, arguments: Body, *, identity: str = "toolu_1") -> Body:
    return {"type": "tool_use", "id": identity, "name": name, "input": arguments}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived."""

    headers: dict[str, str]
    body: Body
    usage: Body
    """What it was billed."""


class MessagesServer:
    """Plays a script, one turn a request; where the script is over it answers 500.

    Args:
        script: Turns in order, or a function from a request's body to its turn.
        minimum: Tokens a prefix must have to be cached.
        repeat: The last turn is played for ever.
        blind: Requests are not looked into: nothing is kept, refused or billed, and a turn costs the
            same however long its conversation is.
        lenient: Requests are not held to the rules that Loki's own keep: other programs know betas that these do not.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        minimum: int = 1024,
        repeat: bool = False,
        blind: bool = False,
        lenient: bool = False,
    ) -> None:
        self.requests: list[Seen] = []
        self.served = 0
        self.connections = 0
        self.asked = asyncio.Event()
        """Set when the first request is here."""
        self.left = asyncio.Event()
        """Set when a client closed its connection before the answer was over."""
        self._script = script
        self._repeat = repeat
        self._blind = blind
        self._lenient = lenient
        self._cache = PromptCache(minimum)
        self._server: asyncio.Server | None = None
        self._handlers: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, limit=1 << 26)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def __aenter__(self) -> MessagesServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self.connections += 1
        try:
            while await self._serve(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except asyncio.CancelledError:
            pass  # only `close` cancels, and 3.11's streams log a cancelled handler as an error
        finally:
            self._handlers.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        self.served += 1
        self.asked.set()
        if head[0].split(" ")[:2] not in (["POST", "/v1/messages"], ["POST", "/v1/messages?beta=true"]):
            return _refuse(writer, Refuse(404, "not_found_error", head[0]))
        if self._blind:
            return await self._play(self._turn({}), {"input_tokens": len(raw) // 4}, 0, reader, writer)
        body = json.loads(raw)
        links = links_of(body)
        if not self._lenient and (complaint := complaint_about(body, links)):
            return _refuse(writer, Refuse(400, "invalid_request_error", complaint))
        turn = self._turn(body)
        billed = isinstance(turn, Reply)
        usage = self._cache.bill(body["model"], links) if billed else _unbilled(links)
        self.requests.append(Seen(headers, body, usage))
        return await self._play(turn, usage, links[-1].chain, reader, writer)

    async def _play(
        self, turn: Turn, usage: Body, chain: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        match turn:
            case Refuse():
                return _refuse(writer, turn)
            case Reply():
                return await self._stream(reader, writer, turn, list(_events(turn, usage, chain)))
            case Break():
                return await self._break(reader, writer, turn, list(_events(turn.reply, usage, chain)))

    def _turn(self, body: Body) -> Turn:
        if callable(self._script):
            return self._script(body)
        number = min(self.served, len(self._script)) if self._repeat else self.served
        if number > len(self._script):
            return Refuse(500, message="the script is over")
        return self._script[number - 1]

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: Reply, events: list[bytes]
    ) -> bool:
        if turn.pings:
            writer.write(_HEAD + _chunk(events.pop(0)))
            for _ in range(turn.pings):
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(), turn.interval)
                    return False
                writer.write(_chunk(_event({"type": "ping"})))
            writer.write(_chunk(b"".join(events)) + _END)
        else:
            writer.write(_HEAD + _chunk(b"".join(events)) + _END)
        await writer.drain()
        return True

    async def _break(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: Break, events: list[bytes]
    ) -> bool:
        if turn.after >= 0:
            writer.write(_HEAD)
        if sent := b"".join(events[: max(turn.after, 0)]):
            writer.write(_chunk(sent))
        match turn.how:
            case "reset":
                await writer.drain()
                # With no time to linger, a close is a reset.
                raw: socket.socket = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            case "stall":
                await reader.read()
                self.left.set()
                return False
            case "garble":
                writer.write(_chunk(b'event: content_block_delta\ndata: {"type": "content_bl\n\n') + _END)
            case "report":
                error = {"type": "error", "error": {"type": turn.kind, "message": "scripted"}}
                writer.write(_chunk(_event(error)) + _END)
            case "end":
                writer.write(_END)
        return True


_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Request-Id: req_scripted\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_END = b"0\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(data: Body) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def _refuse(writer: asyncio.StreamWriter, turn: Refuse) -> bool:
    body = turn.body
    if body is None:
        body = json.dumps({"type": "error", "error": {"type": turn.kind, "message": turn.message}})
    lines = [f"HTTP/1.1 {turn.status} Scripted", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in turn.headers.items()]
    lines += [f"Content-Length: {len(body.encode())}", "", body]
    writer.write("\r\n".join(lines).encode())
    return True


def _unbilled(links: list[Any]) -> Body:
    return {"input_tokens": sum(link.tokens for link in links), "output_tokens": 1}


def _events(reply: Reply, usage: Body, chain: int) -> Iterator[bytes]:
    """The events of an answer, in order."""
    start = {name: value for name, value in (usage | reply.usage).items() if value is not None}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": []}
    yield _event({"type": "message_start", "message": {**message, "stop_reason": None, "usage": start}})
    output = 1
    for index, part in enumerate(reply.parts):
        signature = signature_of(chain)
        chain = extend_chain(chain, "assistant", _as_replayed(part, signature))
        output += tokens_of(part)
        yield _event({"type": "content_block_start", "index": index, "content_block": _begun(part)})
        for delta in _deltas(part, signature):
            yield _event({"type": "content_block_delta", "index": index, "delta": delta})
        yield _event({"type": "content_block_stop", "index": index})
    usage["output_tokens"] = output
    called = any(part["type"] == "tool_use" for part in reply.parts)
    stop = reply.stop or ("tool_use" if called else "end_turn")
    figures = {"output_tokens": output} | {
        name: value for name, value in reply.usage.items() if name == "output_tokens" and value is not None
    }
    yield _event({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": figures})
    yield _event({"type": "message_stop"})


def _as_replayed(part: Body, signature: str) -> Body:
    return {**part, "signature": signature} if part["type"] == "thinking" else part


def _begun(part: Body) -> Body:
    match part["type"]:
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case "tool_use":
            return {"type": "tool_use", "id": part["id"], "name": part["name"], "input": {}}
        case _:
            return part


def _deltas(part: Body, signature: str) -> Iterator[Body]:
    match part["type"]:
        case "text":
            for piece in _pieces(part["text"]):
                yield {"type": "text_delta", "text": piece}
        case "thinking":
            for piece in _pieces(part["thinking"]):
                yield {"type": "thinking_delta", "thinking": piece}
            yield {"type": "signature_delta", "signature": signature}
        case "tool_use":
            for piece in _pieces(part.get("raw") or json.dumps(part["input"])):
                yield {"type": "input_json_delta", "partial_json": piece}


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), PIECE):
        yield text[start : start + PIECE]


def read_script(path: Path) -> list[Turn]:
    """The turns of a script file."""
    turns: list[Turn] = []
    for line in filter(str.strip, path.read_text().split("\n")):
        match json.loads(line):
            case {"refuse": fields}:
                turns.append(Refuse(**fields))
            case {"break": fields}:
                turns.append(Break(**fields))
            case fields:
                turns.append(Reply(**{**fields, "parts": tuple(fields["parts"])}))
    return turns


async def _main() -> None:
    parser = argparse.ArgumentParser(description="A scripted Messages API on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--script", type=Path, required=True)
    parser.add_argument("--blind", action="store_true", help="do not look into requests: for timing")
    arguments = parser.parse_args()
    server = MessagesServer(read_script(arguments.script), repeat=True, blind=arguments.blind)
    await server.start(arguments.port)
    print(server.url, flush=True)  # noqa: T201 - the caller reads it
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
