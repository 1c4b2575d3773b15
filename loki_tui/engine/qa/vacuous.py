"""Tests whose text already says that they show nothing: no assertion, none that could fail, or a stand-in tested."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from loki_tui.core.vocabulary import Finding
from loki_tui.engine.qa.product import names_of, python_of, script_of
from loki_tui.engine.qa.scene import Place
from loki_tui.engine.qa.testcode.languages import is_runnable_name, is_test_file, language_of
from loki_tui.engine.qa.testcode.lines import parse_lines
from loki_tui.engine.qa.testcode.model import Assertion, Source, Strength, Unit
from loki_tui.engine.qa.testcode.python import parse_python

_FILES = 500
"""Most test files that are read."""
_MOST = 100
_CASE = re.compile(r"\[.*$", re.DOTALL)
"""What tells one case of a test from another."""
_DEMANDING = re.compile(
    r"assert|expect|check|verif|should|raise|fail|compar|valid|ensure|must|match|throw|warns|deny|require|equal|same|^run$|^exec",
    re.IGNORECASE,
)
"""In the name of what a test calls: it may well demand something."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What a project's tests are by their text alone."""

    findings: tuple[Finding, ...] = ()
    idle: frozenset[tuple[str, ...]] = frozenset()
    """The names of tests that show nothing, in parts."""
    telling: frozenset[tuple[str, ...]] = frozenset()
    """The names of all others."""

    def show_nothing(self, identity: str) -> bool:
        """Whether a test, by the runner's name of it, is one of those that show nothing, and surely no other one."""
        parts = _parts(identity)
        return _is_one_of(parts, self.idle) and not _is_one_of(parts, self.telling)


async def look_at(place: Place, files: tuple[str, ...]) -> Texts:
    """Read a project's tests."""
    # A script is called in a test what whoever wrote the test likes, most often like its file.
    scripts = (posixpath.basename(names_of(path)).rpartition(".")[2] for path in script_of(files))
    modules = frozenset({*map(names_of, python_of(files)), *scripts})
    found: list[Finding] = []
    idle: set[tuple[str, ...]] = set()
    telling: set[tuple[str, ...]] = set()
    for path in [path for path in files if is_test_file(path) and is_runnable_name(path)][:_FILES]:
        text = await place.read(path)
        source = None if text is None else _parse(path, text)
        if source is None:
            continue
        remarks = tuple(_remarks(path, source, modules))
        found += [finding for _, finding in remarks]
        bare = {unit.name for unit, _ in remarks}
        for unit in source.units:
            if unit.is_test:
                (idle if unit.name in bare else telling).add(_called(path, unit))
    return Texts(tuple(found[:_MOST]), frozenset(idle), frozenset(telling))


def _called(path: str, unit: Unit) -> tuple[str, ...]:
    """What a runner's name of a test ends with."""
    own = _parts(unit.name)
    # Runners of Python name the file; those of other languages may not.
    return (posixpath.basename(path).removesuffix(".py"), *own) if path.endswith(".py") else own


def _parts(name: str) -> tuple[str, ...]:
    bare = name if " > " in name else _CASE.sub("", name)
    return tuple(part for part in re.split(r"\.py::|::| > |[./]", bare) if part)


def _is_one_of(parts: tuple[str, ...], names: frozenset[tuple[str, ...]]) -> bool:
    return any(parts[at:] in names for at in range(len(parts)))


def vacuous(source: Source) -> Iterator[tuple[Unit, str]]:
    """The tests of a file that demand nothing, each with what is to be said of it."""
    helpers = {unit.short for unit in source.units if not unit.is_test and unit.assertions}
    for unit in source.units:
        if not unit.is_test or unit.disabled is not None:
            continue
        names = {name.rpartition(".")[2] for name in unit.calls}
        if names & helpers or (not unit.assertions and any(map(_DEMANDING.search, names))):
            continue
        if not unit.assertions:
            yield unit, "asserts nothing"
        elif all(each.strength is Strength.TRIVIAL or _is_with_itself(each) for each in unit.assertions):
            yield unit, "asserts nothing that could fail"


def _is_with_itself(demand: Assertion) -> bool:
    """Whether a result is compared with that of the same call; of two objects made alike equality says something."""
    called = demand.subject.partition("(")[0].rpartition(".")[2]
    return demand.text == f"{demand.subject} == {demand.subject}" and not called[:1].isupper()


def _remarks(path: str, source: Source, modules: frozenset[str]) -> Iterator[tuple[Unit, Finding]]:
    for unit, said in vacuous(source):
        yield unit, Finding(severity="medium", file=path, line=unit.line, message=f"{unit.name} {said}")
    for unit in source.units:
        for place in unit.replaced:
            if unit.is_test and place.what in unit.calls and place.what.rpartition(".")[0] in modules:
                said = f"{unit.name} puts something else in the place of {place.what} and tests that"
                yield unit, Finding(severity="medium", file=path, line=place.line, message=said)


def _parse(path: str, text: str) -> Source | None:
    if path.endswith(".py"):
        return parse_python(text)
    language = language_of(path)
    return parse_lines(text, language) if language else None
