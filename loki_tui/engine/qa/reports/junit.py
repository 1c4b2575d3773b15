"""JUnit's XML, as Surefire, Gradle, pytest and many others write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from loki_tui.core.vocabulary import TestCase
from loki_tui.engine.qa.reports.cases import CASES, Outcome, case

_DEPTH = 200
_TEXT = 2000
_SUITES = frozenset({"testsuite", "testsuites"})
_OUTCOMES: dict[str, Outcome] = {"failure": "failed", "error": "failed", "skipped": "skipped"}


class _RefusedError(Exception):
    """Not a report that is taken."""


@dataclass(slots=True)
class _Case:
    name: str
    outcome: Outcome = "passed"
    message: str = ""


@dataclass(slots=True)
class _Reader:
    """What the parser tells, put together."""

    cases: list[TestCase] = field(default_factory=list)
    depth: int = 0
    inside: _Case | None = None
    text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if (self.depth == 0 and tag not in _SUITES) or self.depth >= _DEPTH:
            raise _RefusedError
        self.depth += 1
        if tag == "testcase":
            self.inside = _Case(_name(attributes))
        elif self.inside is not None and tag in _OUTCOMES and self.inside.outcome != "failed":
            self.inside.outcome = _OUTCOMES[tag]
            self.inside.message = attributes.get("message", "")
            self.text = [] if not self.inside.message else None

    def data(self, text: str) -> None:
        if self.text is not None and sum(map(len, self.text)) < _TEXT:
            self.text.append(text)

    def end(self, tag: str) -> None:
        self.depth -= 1
        if tag in _OUTCOMES and self.text is not None and self.inside is not None:
            self.inside.message = "".join(self.text)
            self.text = None
        if tag == "testcase" and self.inside is not None:
            self.cases.append(case(self.inside.name, self.inside.outcome, self.inside.message))
            self.inside = None
            if len(self.cases) > CASES:
                raise _RefusedError

    def refuse(self, *_: object) -> None:
        """No report needs a document type, and entities can be made to grow without bound."""
        raise _RefusedError


def read_junit(text: str) -> list[TestCase] | None:
    """The cases of a report in their order, a name as often as it occurs; none where it is no whole report."""
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")  # whatever the text says of its encoding: it is decoded
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except (expat.ExpatError, _RefusedError):
        return None
    return reader.cases


def _name(attributes: dict[str, str]) -> str:
    name, owner, file = (attributes.get(key, "").strip() for key in ("name", "classname", "file"))
    if file and name:
        module = file.rpartition(".")[0].replace("/", ".")
        parts = [part for part in owner.removeprefix(module).split(".") if part]
        return "::".join([file, *parts, name]) if owner.startswith(module) else f"{file}::{name}"
    return f"{owner}.{name}" if owner and name else name or owner or "unnamed"
