"""Foreign text made harmless: no control sequence of it reaches a terminal or a model.

The standard library alone: this also runs beside the agent.
"""

from __future__ import annotations

import re
from functools import cache

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    r"|(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS and kin
    r"|\x1b[ -/]*[0-~]"
)
_OVERSTRUCK = re.compile(r"[^\n\x08]\x08")
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # invisible
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Text with every control character but tab and newline written out in hexadecimal."""
    return _UNSAFE.sub(lambda match: _written_out(match.group()), text)


def plain(text: str) -> str:
    """Output of a command as a screen would have ended up showing it, roughly.

    Control sequences go, lines drawn over and over (progress bars) keep their last state, and
    whatever control character is left is written out.
    """
    text = _OVERSTRUCK.sub("", _SEQUENCE.sub("", text))
    if "\r" in text:
        text = "\n".join(map(_last_state, text.split("\n")))
    return visible(text)


def _last_state(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2]


@cache
def _written_out(character: str) -> str:
    """One text for all occurrences: a binary file has hundreds of thousands."""
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def one_line(text: str) -> str:
    """Foreign text as one harmless line."""
    return " ".join(plain(text).split())
