"""Paths of a repository as shell words and as bytes, whatever they are made of."""

from __future__ import annotations

import ast
import shlex


def word(raw: bytes) -> str:
    """A shell word for a path, byte for byte; bash has a form for what is not plain text."""
    if all(0x20 <= byte < 0x7F for byte in raw):
        return shlex.quote(raw.decode())
    return "$'" + "".join(f"\\{byte:03o}" for byte in raw) + "'"


def unquoted(path: str) -> bytes:
    """The bytes of a path as git quotes it."""
    if not path.startswith('"'):
        return path.encode(errors="surrogateescape")
    raw: bytes = ast.literal_eval(f"b{path}")
    return raw


def shown(raw: bytes) -> str:
    """A path as text that is safe to show."""
    text = raw.decode(errors="replace")
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
