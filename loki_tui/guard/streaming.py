"""Secrets out of text that comes in pieces, wherever the pieces are cut.

What may be the beginning of a secret is held back until it is whole, or is none: as a rule the last
word. What was let out is never taken back, so a face can show it at once.
"""

from __future__ import annotations

import re

from loki_tui.guard.redact import Redactor

HELD = 16 * 1024
"""Characters held back at most; no secret is longer, and text without blanks must come out some time."""

WORDS = 4
"""Words held back: the longest beginning of a token that has blanks in it is `NAME = "`."""

_KEY = re.compile(r"-----BEGIN|Private-Lines: ")
_KEY_OVER = re.compile(r"-----END [A-Z0-9 ]+-----")


class RedactedStream:
    """One stream of text without its secrets.

    Args:
        redactor: Knows them.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._spaced = tuple(form for form in redactor.forms if re.search(r"\s", form))
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take a piece.

        Returns:
            What can be shown by now.
        """
        self._held += piece
        return self._let_out(self._safe(self._held))

    def end(self) -> str:
        """What is left when nothing more comes."""
        return self._let_out(len(self._held))

    def _let_out(self, up_to: int) -> str:
        text, self._held = self._held[:up_to], self._held[up_to:]
        return self._redactor.redact(text)

    def _safe(self, text: str) -> int:
        """How much of a text cannot be part of a secret that is still to come."""
        full = len(text) > HELD
        end = len(text) - HELD // 2 if full else min(_last_words(text), _open_key(text))
        if not full:
            end = min([end, *(_begins(form, text) for form in self._spaced)])
        pattern = self._redactor.search_for(text)
        if pattern is not None:
            for found in pattern.finditer(text):
                if found.start() < end < found.end():
                    end = found.start()
        return len(text) if full and not end else end


def _last_words(text: str) -> int:
    """Where the last few words begin."""
    end = len(text)
    for _ in range(WORDS):
        end = max(text.rfind(blank, 0, max(0, end - 1)) for blank in " \n\t\r") + 1
    return end


def _open_key(text: str) -> int:
    """Where a private key begins whose end has not come; the end of the text where there is none."""
    begun = None
    for found in _KEY.finditer(text):
        begun = found
    if begun is None or _KEY_OVER.search(text, begun.start()):
        return len(text)
    return begun.start()


def _begins(form: str, text: str) -> int:
    """Where the text's end may be the beginning of a secret that has blanks in it."""
    for length in range(min(len(form) - 1, len(text)), 0, -1):
        if text.endswith(form[:length]):
            return len(text) - length
    return len(text)
