"""Keeps secrets out of the journal, of models and of screens.

Exact values are found in the forms that programs print them in; tokens of well-known shape are
found without being known. Text that was cut in the middle of a secret, or changed in other ways,
is not recognised: that commands hold no secret in the first place is the hands' business.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from json import dumps
from urllib.parse import quote, quote_plus

from loki_tui.guard.shapes import SHAPES, Shape

MIN_SECRET_LENGTH = 8
"""A shorter value is too likely to be an ordinary word."""

_Tree = dict[str, "_Tree"]
"""Letters to what may follow them; an empty one ends a word."""

_FOLDED = tuple(telltale for shape in SHAPES if shape.folded for telltale in shape.telltales)


def _any_of(words: Iterable[str]) -> str:
    """A pattern for any of some words that tries no letter twice: twice as fast as a list of them."""
    tree: _Tree = {}
    for word in words:
        node = tree
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = {}
    return _spelt(tree)


def _spelt(node: _Tree) -> str:
    if "" in node:
        return ""
    ways = [re.escape(letter) + _spelt(below) for letter, below in sorted(node.items())]
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


_GLANCE = re.compile(_any_of(telltale for shape in SHAPES if not shape.folded for telltale in shape.telltales))
"""Text in which this finds nothing has no token, but for those with folded telltales."""

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:[A-Z0-9]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL)S?|AUTH|PASS|PAT|PW|DSN)(?:_|$)"
)
_NO_SECRET_NAME = re.compile(
    r"_(?:FILE|PATH|DIR|SOCK|URL|TYPE|NAME|METHOD)$|^GIT_CONFIG_KEY_|^SSH_ASKPASS|^LOKI_TLS_KEY$"
)
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
        self.forms = tuple(sorted(self._names, key=len, reverse=True))
        """What is looked for literally, longest first."""
        marks = "|".join(map(re.escape, sorted({*self._names.values(), *(shape.name for shape in SHAPES)})))
        # A mark comes first, so that nothing is found inside one; only marks of known names count
        # as such, or brackets around a secret would hide it.
        self._mark = rf"\[redacted:(?:{marks})\]"

    def suspects(self, text: str) -> bool:
        """Whether there may be a secret in a text: a quick look that misses none."""
        for form in self.forms:
            if form in text:
                return True
        lowered = text.lower()
        return _GLANCE.search(text) is not None or any(telltale in lowered for telltale in _FOLDED)

    def redact(self, text: str) -> str:
        """The text without secrets. Redacting it again changes nothing."""
        # What stood right behind a secret may be recognised only once that is gone.
        while (found := self.search_for(text)) is not None:
            clean = found.sub(self._replacement, text)
            if clean == text:
                break
            text = clean
        return text

    def search_for(self, text: str) -> re.Pattern[str] | None:
        """What to search a text for: the secrets and shapes that may be in it, and marks."""
        forms = tuple(form for form in self.forms if form in text)
        lowered = text.lower()
        shapes = tuple(
            shape
            for shape in SHAPES
            if any(telltale in (lowered if shape.folded else text) for telltale in shape.telltales)
        )
        return _pattern(self._mark, forms, shapes) if forms or shapes else None

    def _replacement(self, found: re.Match[str]) -> str:
        name = found.lastgroup or self._names.get(found[0])
        return f"[redacted:{name}]" if name else found[0]


@lru_cache(maxsize=256)
def _pattern(mark: str, forms: tuple[str, ...], shapes: tuple[Shape, ...]) -> re.Pattern[str]:
    tokens = (f"(?P<{shape.name}>{shape.pattern})" for shape in shapes)
    return re.compile("|".join((mark, *map(re.escape, forms), *tokens)))


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
