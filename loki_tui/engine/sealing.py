"""The one form that a receipt has as text, and the digest that it carries."""

from __future__ import annotations

import hashlib
import json

from loki_tui.core.messages import JsonObject
from loki_tui.engine.receipt import Receipt


def canonical(value: JsonObject) -> bytes:
    """A JSON object as the one text it has here: sorted names, no spaces, plain ASCII.

    Raises:
        ValueError: It holds a number that JSON does not have.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest_of(value: JsonObject) -> str:
    """What a receipt's `digest` has to be, whatever it says."""
    rest = {name: item for name, item in value.items() if name != "digest"}
    return hashlib.sha256(canonical(rest)).hexdigest()


def seal(receipt: Receipt) -> bytes:
    """A receipt as it is kept and given away: one line that carries its digest."""
    value: JsonObject = receipt.model_dump(mode="json")
    return canonical({**value, "digest": digest_of(value)}) + b"\n"
