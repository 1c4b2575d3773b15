"""The secrets in a file of keys: netrc, INI, YAML, TOML, JSON, addresses with passwords.

Not a parser for any of them: a value counts if its name says that it lets somebody in, which is spelt
alike in all of them. Private keys need no file to be recognised by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MIN_LENGTH = 8
"""As for every secret: a shorter value is too likely to be an ordinary word."""

MOST = 40
"""Values taken from one file; each costs a little wherever text is written down."""

_NAMED = re.compile(
    r"(?im)(?:^|[\s{,;\"'_-])"
    r"(?:password|passwd|secret|secret_?access_?key|session_?token|oauth_?token|access_?token|refresh_?token"
    r"|id_?token|identity_?token|_?auth_?token|token|_?auth|api_?key|client-key-data|_password)"
    r"[\"']?\s*(?:[:=]|\s)\s*[\"']?([^\s\"',;#}]{8,})"
)
_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:([^/\s@]{8,})@", re.IGNORECASE)


def secrets_in(text: str) -> list[str]:
    """The values in a file that let somebody in, each once, as many as `MOST`."""
    return list(dict.fromkeys(value for value in _found(text) if len(value) >= MIN_LENGTH))[:MOST]


def _found(text: str) -> Iterator[str]:
    for pattern in (_NAMED, _IN_URL):
        yield from (match[1] for match in pattern.finditer(text))
