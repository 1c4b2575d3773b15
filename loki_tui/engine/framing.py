"""Frames around text from outside in what a model is told, which the text cannot close.

A frame's name ends in letters made from the text itself, and longer ones where the text holds them by
chance or by design: whatever somebody writes into a file or prints from a command, it stays inside. The
same text always gets the same frame, so that a resumed engine says the same, byte for byte.
"""

from __future__ import annotations

from hashlib import sha256

SHORTEST = 8
"""Hexadecimal digits of a frame's name where the text does not hold them."""


def framed(text: str, tag: str = "data", *, source: str = "") -> str:
    """Text in a frame of its own.

    Args:
        text: From a file, a command, a document, another agent: anybody but Loki.
        tag: What the frame's name begins with.
        source: Where it is from, in words that Loki chose.
    """
    name = f"{tag}-{mark_of(text)}"
    head = f'<{name} from="{source}">' if source else f"<{name}>"
    return f"{head}\n{text}{'' if text.endswith(chr(10)) else chr(10)}</{name}>"


def mark_of(text: str) -> str:
    """Hexadecimal digits that this text does not hold."""
    digits = sha256(text.encode(errors="surrogatepass")).hexdigest()
    length = SHORTEST
    while digits[:length] in text and length < len(digits):
        length += 4
    # No text holds its own digest; and if one did, it would not hold twice as much.
    return digits[:length] if digits[:length] not in text else digits * 2
