"""The form in which events and outputs are kept: JSON and bytes, without secrets."""

from __future__ import annotations

from pydantic_core import PydanticSerializationError

from loki_tui.core.errors import JournalError
from loki_tui.core.events import Event, encode_event
from loki_tui.guard.cleaning import cleaned
from loki_tui.guard.redact import Redactor


def without_secrets(event: Event, redactor: Redactor) -> tuple[Event, str]:
    """An event without secrets, and its JSON.

    The JSON is there anyway, so one quick look at it is all that an event costs that has none.

    Raises:
        JournalError: It holds what JSON cannot.
    """
    body = _encode(event)
    if not redactor.suspects(body):
        return event, body
    clean = cleaned(event, redactor.redact)
    return clean, body if clean is event else _encode(clean)


def bytes_without_secrets(data: bytes, redactor: Redactor) -> bytes:
    """An output without secrets, text or not."""
    text = data.decode(errors="surrogateescape")
    clean = redactor.redact(text)
    return data if clean == text else clean.encode(errors="surrogateescape")


def _encode(event: Event) -> str:
    try:
        return encode_event(event)
    except PydanticSerializationError as error:
        raise JournalError(
            f"An event of kind {event.kind} cannot be written: {error}.",
            hint="Its text is not valid Unicode: a defect of Loki, please report it.",
        ) from error
