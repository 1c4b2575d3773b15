"""Secrets in files: tokens of known shape, said of without saying them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from loki_tui.core.vocabulary import Finding
from loki_tui.engine.qa.documents import one
from loki_tui.guard.redact import MIN_SECRET_LENGTH, Redactor, secrets_of

SECRETS_IN_FILE = 50
"""Most secrets that are told of in one file."""

_TOLD = 4
"""Last characters of a token that are told, so that its owner knows which one it is."""
_EXAMPLE_PLACE = re.compile(
    r"(^|/)(tests?|__tests__|specs?|e2e|testdata|fixtures?|__fixtures__|mocks?|__mocks__|examples?|samples?)/"
    r"|(^|/)(test_[^/]*|[^/]*_test|[^/]*\.(test|spec))\.\w+$"
    r"|\.(example|sample|template|dist)$",
    re.IGNORECASE,
)
_EXAMPLE_VALUE = re.compile(
    r"example|placeholder|dummy|fake|sample|changeme|redacted|your[_-]?|insert|_test_|x{6}|0{8}|1234567|abcdef"
    r"|eyJzdWIiOiIxMjM0NTY3ODkwIi",  # the subject 1234567890, of the token that everybody copies
    re.IGNORECASE,
)
_ASSIGNED = "assigned_secret"
"""What is known by the name of its variable alone."""
_MILD = frozenset({"bearer_token", _ASSIGNED})
"""Kinds that prose, documentation and defaults for development have as well."""
_UNTOLD = frozenset({"private_key", "putty_key", _ASSIGNED})
"""Kinds whose end says nothing, or may be most of it."""
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w{0,80})=[\"']?([^\s\"'#]+)")
_REFERENCE = re.compile(r"^[$<{%]|^(true|false|none|null|localhost)$", re.IGNORECASE)
_REDACTOR = Redactor({})


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret in a file."""

    shape: str
    value: str
    """Never to be shown."""
    file: str
    line: int
    in_example: bool
    """Whether it stands in a test or an example, or is one to look at."""

    def finding(self) -> Finding:
        """What is told of it."""
        kind = self.shape.replace("_", " ")
        article = "an" if kind[0] in "aeiou" else "a"
        ending = "" if self.shape in _UNTOLD else f" ending in …{one(self.value[-_TOLD:])}"
        advice = (
            "it looks like one for tests or examples: make sure that it opens nothing"
            if self.in_example
            else "take it out of the files, read it from the environment, and have it replaced: it is known now"
        )
        return Finding(
            severity=self._severity, file=one(self.file), line=self.line, message=f"{article} {kind}{ending}; {advice}"
        )

    @property
    def _severity(self) -> Literal["critical", "medium"]:
        return "medium" if self.in_example or self.shape in _MILD else "critical"


def secrets_in(path: str, text: str) -> list[Secret]:
    """The secrets in a file, at most `SECRETS_IN_FILE` of them, each value once.

    Args:
        path: Its path: in tests and examples, tokens are told of as such.
        text: All that is in it.
    """
    example = is_example(path)
    found: dict[str, Secret] = {}
    for shape, value, start in (*_tokens(text), *_assignments(path, text)):
        if value not in found and not any(value in other for other in found):
            line = text.count("\n", 0, start) + 1
            found[value] = Secret(shape, value, path, line, example or _is_made_up(value))
        if len(found) == SECRETS_IN_FILE:
            break
    return list(found.values())


def is_example(path: str) -> bool:
    """Whether a path is that of a test, a fixture or an example."""
    return bool(_EXAMPLE_PLACE.search(path))


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    pattern = _REDACTOR.search_for(text)
    for match in pattern.finditer(text) if pattern else ():
        if match.lastgroup:
            yield match.lastgroup, match[0], match.start()


def _assignments(path: str, text: str) -> Iterator[tuple[str, str, int]]:
    """What a file of environment variables says is secret by its name."""
    name = PurePosixPath(path).name
    if not (name == ".env" or name.startswith(".env.")) or is_example(path):
        return
    start = 0
    for line in text.splitlines(keepends=True):
        match = _ASSIGNMENT.match(line)
        if match and secrets_of({match[1]: match[2]}) and _could_be_secret(match[2]):
            yield _ASSIGNED, match[2], start
        start += len(line)


def _could_be_secret(value: str) -> bool:
    return len(value) >= MIN_SECRET_LENGTH and not _REFERENCE.match(value)


def _is_made_up(value: str) -> bool:
    """Whether a token is one that nobody was ever given: it says so, or hardly varies."""
    # A private key's few letters in a row mean nothing.
    return len(value) < 200 and (bool(_EXAMPLE_VALUE.search(value)) or len(set(value[-16:])) <= 5)
