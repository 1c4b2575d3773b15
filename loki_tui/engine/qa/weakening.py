"""What a change did to the tests: which it took away, and which it made easier to pass.

It reads texts and runs nothing. It aims at few false alarms: a test that was written anew and demands as much is fine,
one that was moved, split or renamed too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from loki_tui.engine.qa.narrowing import narrowed, runs_tests_newly
from loki_tui.engine.qa.remarks import Change, Remark, remark
from loki_tui.engine.qa.softening import softened
from loki_tui.engine.qa.testcode.languages import is_runnable_name, is_test_file, language_of
from loki_tui.engine.qa.testcode.lines import parse_lines
from loki_tui.engine.qa.testcode.model import Place, Source, Unit
from loki_tui.engine.qa.testcode.python import parse_python

_MOST = 300
"""Remarks that are kept: whoever has more than these needs no more."""
_BODY = 25
"""Characters from which on two tests that do the same are taken for one that was renamed."""
_RECORDED = (".snap", ".ambr", ".approved.txt")
"""Endings of files with what tests expect, as runners record it."""
_ALIKE = 20
"""Tests that assert the same, among which a renamed one is looked for."""
_COLLECTING = {"pytest_collection_modifyitems", "pytest_ignore_collect"}


@dataclass(frozen=True, slots=True)
class _Versions:
    """A file of tests before and after."""

    path: str
    before: Source
    after: Source
    arrived: tuple[Unit, ...]
    """Tests that are new in it."""


@dataclass(frozen=True, slots=True)
class Weakening:
    """What a change did to the tests."""

    remarks: tuple[Remark, ...] = ()
    moved: frozenset[str] = frozenset()
    """Names of tests that are no longer where they were, but in another place, under another name, or split."""


class _Arrivals:
    """Tests that are new in their files: where those that are gone may have gone.

    Args:
        files: All that were changed.
    """

    def __init__(self, files: Sequence[_Versions]) -> None:
        self._by_name: dict[str, tuple[str, Unit]] = {}
        self._by_body: dict[str, tuple[str, Unit]] = {}
        self._by_text: dict[str, list[tuple[str, Unit]]] = {}
        for file in files:
            for unit in file.arrived:
                self._by_name.setdefault(unit.short, (file.path, unit))
                if len(unit.body) > _BODY:
                    self._by_body.setdefault(unit.body, (file.path, unit))
                for text in () if unit.disabled else {each.text for each in unit.assertions}:
                    self._by_text.setdefault(text, []).append((file.path, unit))
        self.texts = frozenset(self._by_text)
        """Everything that these assert."""
        self.taken: set[str] = set()
        """Names that tests had which are among these."""

    def find(self, unit: Unit) -> tuple[str, Unit] | None:
        """Where a test is now: under its name in another file, or under another name with what it asserts."""
        if unit.short in self._by_name:
            return self._by_name[unit.short]
        if unit.body in self._by_body:
            return self._by_body[unit.body]
        texts = {each.text for each in unit.assertions}
        shared: Counter[tuple[str, str]] = Counter()
        units: dict[tuple[str, str], tuple[str, Unit]] = {}
        for text in texts:
            for path, candidate in self._by_text.get(text, [])[:_ALIKE]:
                shared[path, candidate.name] += 1
                units[path, candidate.name] = (path, candidate)
        best = next(iter(shared.most_common(1)), None)
        return units[best[0]] if best and best[1] * 2 >= len(texts) else None

    def hold_all_of(self, unit: Unit) -> bool:
        """Whether a test that is gone was split: all it asserted is asserted by new ones."""
        texts = {each.text for each in unit.assertions}
        return bool(texts) and texts <= self.texts


def is_of_interest(path: str) -> bool:
    """Whether a changed file's texts are needed: it may hold tests, or say which of them run."""
    return (
        is_test_file(path) or path.endswith((".rs", *_RECORDED)) or bool(narrowed(Change(path, "", None), probe=True))
    )


def find_weakened(changes: Sequence[Change]) -> Weakening:
    """What a change did to the tests; raises nothing, whatever the texts are."""
    parsed = [(change, _parse(change.path, change.before), _parse(change.path, change.after)) for change in changes]
    files = [_versions(change.path, before, after) for change, before, after in parsed if before and after]
    remarks: list[Remark] = []
    arrivals = _Arrivals(files)
    for file in files:
        remarks += _file(file, arrivals)
    moved = any(map(runs_tests_newly, changes))
    for change, source, now in parsed:
        # Continuous integration that moved to another service is not taken away.
        remarks += () if moved and change.after is None and change.path.startswith(".") else narrowed(change)
        remarks += _snapshot(change)
        if source and source.units and now is None:
            message = "its tests can no longer be read, and so not be compared with those it had"
            remarks.append(remark("weakened", "medium", (change.path, None), message))
    return Weakening(tuple(remarks[:_MOST]), frozenset(arrivals.taken))


def _versions(path: str, before: Source, after: Source) -> _Versions:
    known = {unit.short for unit in before.units if unit.is_test}
    runs = is_runnable_name(path)
    arrived = tuple(unit for unit in after.units if runs and unit.is_test and unit.short not in known)
    return _Versions(path, before, after, arrived)


def _parse(path: str, text: str | None) -> Source | None:
    """The tests in a file; none where it is not one of tests, or cannot be read."""
    if not is_test_file(path) and not path.endswith(".rs"):
        return None
    if text is None:
        return Source()
    if "\0" in text:
        return None
    if path.endswith(".py"):
        return parse_python(text)
    language = language_of(path)
    return parse_lines(text, language) if language else None


def _file(file: _Versions, arrivals: _Arrivals) -> Iterator[Remark]:
    """What became of one file's tests."""
    kept = {(unit.name, unit.is_test): unit for unit in file.after.units}
    by_short = {unit.short: unit for unit in file.after.units if unit.is_test}
    helpers = {unit.short: unit for unit in file.after.units if not unit.is_test and unit.assertions}
    for unit in {unit.name: unit for unit in file.before.units}.values():
        now = kept.get((unit.name, unit.is_test)) or (by_short.get(unit.short) if unit.is_test else None)
        path = file.path
        if now is None and unit.is_test:
            path, now = arrivals.find(unit) or (path, None)
            if now is None and not arrivals.hold_all_of(unit):
                yield _removed(file, unit)
            else:
                arrivals.taken.add(unit.short)
        if now is not None:
            # A function that both versions have is compared by itself: here it would be told again for each test.
            yield from softened(path, unit, _expanded(now, helpers), arrivals.texts)
    yield from _whole_file(file)


def _expanded(unit: Unit, helpers: Mapping[str, Unit]) -> Unit:
    """A test with what functions of its file assert for it."""
    if not unit.is_test or not helpers:
        return unit
    called = [(helpers.get(re.split(r"[.:]", name)[-1]), often) for name, often in unit.calls.items()]
    more = (replace(each, times=often * each.times) for helper, often in called if helper for each in helper.assertions)
    return replace(unit, assertions=(*unit.assertions, *more))


def _removed(file: _Versions, unit: Unit) -> Remark:
    message = f"test {unit.name} was taken away: restore it"
    return remark("removed", "high", (file.path, unit.line), message, test=unit.short)


def _whole_file(file: _Versions) -> Iterator[Remark]:
    old, new = file.before, file.after
    if not old.units and "conftest" not in file.path:
        return
    if new.disabled and (not old.disabled or (old.conditional and not new.conditional)):
        where = " where its condition holds" if new.conditional else ""
        message = f"every test of this file is switched off{where}: {new.disabled.what}"
        yield remark("weakened", "medium" if new.conditional else "high", (file.path, new.disabled.line), message)
    if len(new.focused) > len(old.focused):
        place = new.focused[-1]
        message = f"{place.what} keeps all other tests of this file from running"
        yield remark("weakened", "high", (file.path, place.line), message)
    known = {place.what for place in old.hooks}
    for place in new.hooks:
        if place.what not in known:
            yield _hook(file.path, place)
    yield from _stand_ins(file)


def _hook(path: str, place: Place) -> Remark:
    if place.what.startswith("collect_ignore"):
        return remark("settings", "high", (path, place.line), f"tests are left out: {place.what[:100]}")
    message = f"{place.what} decides what runs, or what is said of it"
    return remark("settings", "medium" if place.what in _COLLECTING else "high", (path, place.line), message)


def _stand_ins(file: _Versions) -> Iterator[Remark]:
    """What tests used to import from the product, and now is made in their own file."""
    imported, still = dict(file.before.imported), dict(file.after.imported)
    made = {place.what: place for place in file.after.defined}
    called = {name for unit in file.before.units if unit.is_test for name in unit.calls}
    for name in sorted(made.keys() & imported.keys() - still.keys()):
        whole = imported[name]
        if whole in called and not any(word in whole.lower() for word in ("test", "helper", "util", "fixture", "mock")):
            message = f"{name} was imported from the product and is now written in the test itself: test the product's"
            yield remark("weakened", "high", (file.path, made[name].line), message)


def _snapshot(change: Change) -> Iterator[Remark]:
    """Recorded expectations, which runners write anew when told to."""
    if (
        change.path.endswith(_RECORDED)
        and change.before is not None
        and change.after is not None
        and change.before != change.after
    ):
        message = "recorded expectations were changed: see whether the new ones are right"
        yield remark("weakened", "medium", (change.path, None), message)
