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
_UNEVEN = re.compile(
    "(?P<looks>[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]+)"  # joiner, selectors, skin tones
    "|[\u2630-\u2637\u268a-\u268f\U0001d300-\U0001d356\U0001d360-\U0001d378"  # one cell until Unicode 16
    "\u302e\u302f\u3164\u3248-\u324f\uffa0\U00016ff0\U00016ff1]"
)
"""Found by asking a terminal (tmux 3.3a) how far each character there is moves its cursor, beside Rich 15."""
_KEYS = frozenset("0123456789#*")
_KEYCAP = "\ufe0f\u20e3"


def visible(text: str) -> str:
    """Text with every control character but tab and newline written out in hexadecimal."""
    return _UNSAFE.sub(lambda match: _written_out(match.group()), text)


def even(text: str) -> str:
    """Visible text that takes as many cells on every terminal as it is measured to take.

    Emoji go without what only changes how they look, since terminals disagree on its width: an
    edge drawn after them would not stand in its column. After anything but a symbol or a letter
    beyond ASCII that is no emoji's, and it is written out: two names that differ in it must not look alike.
    For a screen alone; what a model is told, or a person copies, is `visible`.
    """
    text = visible(text)
    return text if text.isascii() else _UNEVEN.sub(_evened, text)


def _evened(match: re.Match[str]) -> str:
    text, start = match.string, match.start()
    before = text[start - 1 : start]
    keycap = before in _KEYS and text.startswith(_KEYCAP, start)
    if match["looks"] and (keycap or not before.isascii()):
        return ""
    return "".join(map(_written_out, match.group()))


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
    """Foreign text as one harmless line of a screen.

    Nothing of it is hidden, or a carriage return would leave a person to approve the end of a command alone.
    """
    return " ".join(even(text).split())
