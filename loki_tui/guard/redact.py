"""Keeps secrets out of the journal, of models and of screens.

Exact values are found in the forms that programs print them in; tokens of well-known shape are
found without being known. Text that was cut in the middle of a secret, or changed in other ways,
is not recognised: that commands hold no secret in the first place is the hands' business.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from json import dumps
from urllib.parse import quote, quote_plus

from pydantic import JsonValue

MIN_SECRET_LENGTH = 8
"""A shorter value is too likely to be an ordinary word."""

_TOKENS = {
    "anthropic_key": r"sk-ant-[A-Za-z0-9_-]{16,}",
    "github_token": r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})",
    "aws_key_id": r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "aws_secret_key": r"(?i:aws_?secret_?access_?key)[\"']?\s*[=:]\s*[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
    "slack_token": r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    "jwt": r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    # A token has a digit: prose about bearer tokens stays as it is.
    "bearer_token": r"(?i:bearer)\s+(?=[A-Za-z._~+/-]*[0-9])[A-Za-z0-9._~+/-]{16,}=*",
    # Possessive throughout: no input makes it try twice. Without a line of key it is only a mention of one.
    "private_key": (
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:\s|\\[nr])*+(?:[A-Za-z0-9+/]{16,}+=*+|(?:Proc-Type|DEK-Info):[^\n\\]*+))++"
        r"(?:(?:\s|\\[nr])*+[A-Za-z0-9+/=]*+(?:\s|\\[nr])*+-----END [A-Z0-9 ]+-----)?+"
    ),
}
"""Name to shape, as their issuers document them."""

_TELLTALES = (
    "sk-ant-",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "akia",
    "asia",
    "aws",
    "xox",
    "eyj",
    "bearer",
    "-----begin",
)
"""Lower-case text without one of these has no such token: a look ten times as fast as the search."""

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:[A-Z0-9]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL)S?|AUTH|PASS|PAT|PW|DSN)(?:_|$)"
)
_NO_SECRET_NAME = re.compile(r"_(?:FILE|PATH|DIR|SOCK|URL|TYPE|NAME|METHOD)$|^GIT_CONFIG_KEY_|^SSH_ASKPASS")
_CREDENTIALS_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:([^/\s@]+)@", re.IGNORECASE)


def secrets_of(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables whose name, or a password in whose URL, says that they are secret."""
    return dict(_secrets(environ))


def _secrets(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        found = _CREDENTIALS_IN_URL.match(value)
        upper = name.upper()
        if found:
            yield name, found[1]
        elif _SECRET_NAME.search(upper) and not _NO_SECRET_NAME.search(upper):
            yield name, value


class Redactor:
    """Replaces secrets by `[redacted:NAME]`.

    Args:
        secrets: Name to value; values shorter than `MIN_SECRET_LENGTH` are passed over.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names = {
            form: re.sub(r"[^\w.-]", "_", name)
            for name, value in secrets.items()
            if len(value) >= MIN_SECRET_LENGTH
            for form in _forms(value)
        }
        marks = "|".join(map(re.escape, sorted({*self._names.values(), *_TOKENS})))
        exact = "|".join(map(re.escape, sorted(self._names, key=len, reverse=True)))
        tokens = "|".join(f"(?P<{name}>{shape})" for name, shape in _TOKENS.items())
        # A mark comes first, so that nothing is found inside one; only marks of known names count
        # as such, or brackets around a secret would hide it.
        self._pattern = re.compile("|".join(filter(None, (rf"\[redacted:(?:{marks})\]", exact, tokens))))

    def redact(self, text: str) -> str:
        """The text without secrets. Redacting it again changes nothing."""
        if not self._may_hold_secrets(text):
            return text
        # What stood right behind a secret may be recognised only once that is gone.
        while (clean := self._pattern.sub(self._replacement, text)) != text:
            text = clean
        return text

    def redact_json(self, value: JsonValue) -> JsonValue:
        """The same for all text in a JSON value, keys included."""
        match value:
            case str():
                return self.redact(value)
            case list():
                return [self.redact_json(item) for item in value]
            case dict():
                return {self.redact(key): self.redact_json(item) for key, item in value.items()}
        return value

    def _may_hold_secrets(self, text: str) -> bool:
        lowered = text.lower()
        return any(telltale in lowered for telltale in _TELLTALES) or any(form in text for form in self._names)

    def _replacement(self, found: re.Match[str]) -> str:
        name = found.lastgroup or self._names.get(found[0])
        return f"[redacted:{name}]" if name else found[0]


def _forms(value: str) -> Iterator[str]:
    """A secret as programs print it: as it is, in JSON, in an address, in base64."""
    yield value
    yield dumps(value)[1:-1]
    yield dumps(value, ensure_ascii=False)[1:-1]
    for escaped in (quote(value), quote(value, safe=""), quote_plus(value)):
        yield escaped
        yield re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), escaped)
    for encoded in _base64_middles(value.encode()):
        yield encoded
        yield encoded.translate(str.maketrans("+/", "-_"))


def _base64_middles(data: bytes) -> Iterator[str]:
    """What data looks like in base64 wherever it stands: the characters that hold no neighbour's bits."""
    for shift in range(3):
        encoded = b64encode(bytes(shift) + data).decode().rstrip("=")
        head = -(-shift * 8 // 6)
        tail = len(encoded) - (1 if (shift + len(data)) % 3 else 0)
        yield encoded[head:tail]
