"""What the API answers with: JSON, errors with a remedy included."""

from __future__ import annotations

import json
from typing import TypeVar

from aiohttp import web
from pydantic import ValidationError

from loki_tui.core.errors import JournalError, LokiError, UsageError
from loki_tui.core.messages import Frozen, JsonObject
from loki_tui.core.terminal import one_line

Body = TypeVar("Body", bound=Frozen)


class RefusalError(LokiError):
    """A request that is not granted.

    Args:
        status: HTTP's number for it.
        message: What is wrong.
        hint: What to do about it.
        headers: To be sent along.
    """

    def __init__(self, status: int, message: str, *, hint: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.headers = headers or {}


class RoleError(RefusalError):
    """Somebody who was let in asks for more than their role lets them."""

    def __init__(self, message: str) -> None:
        super().__init__(403, message)


def answer(value: JsonObject, *, status: int = 200) -> web.Response:
    """An object as a response."""
    return web.json_response(value, status=status)


def error_answer(error: LokiError) -> web.Response:
    """An error as a response."""
    headers: dict[str, str] = {}
    match error:
        case RefusalError():
            status, headers = error.status, error.headers
        case UsageError():
            status = 409
        case JournalError():
            status = 503
        case _:
            status = 500
    said: JsonObject = {"error": error.message}
    if error.hint:
        said["hint"] = error.hint
    return web.json_response(said, status=status, headers=headers)


async def body_of(request: web.Request, model: type[Body]) -> Body:
    """What a request says, as one of our models; an empty body stands for an empty object.

    Raises:
        RefusalError: It is no JSON, or not what is asked for.
    """
    if request.can_read_body and request.content_type != "application/json":
        # Forms of other sites can send three other types without asking first; this one they cannot.
        raise RefusalError(415, "The body must be JSON.", hint="Content-Type: application/json")
    data = await request.read()
    try:
        return model.model_validate_json(data or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = one_line(".".join(map(str, first["loc"])))[:100]
        told = f"{where}: {first['msg']}" if where else first["msg"]
        raise RefusalError(400, f"The body is not what is asked for: {told}.", hint="See /api/openapi.json") from error


def number_in(request: web.Request, name: str, default: int, *, most: int) -> int:
    """A whole number in a query.

    Raises:
        RefusalError: It is none, or out of bounds.
    """
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) <= most):
        raise RefusalError(400, f"{name} must be a whole number from 0 to {most:,}.")
    return int(text)


def dumped(value: JsonObject) -> bytes:
    """An object as bytes, for what is sent more often than it changes."""
    return json.dumps(value).encode()
