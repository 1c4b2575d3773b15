"""What became of the tests that passed at the base."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loki_tui.core.vocabulary import TestCase

_SUBTEST = re.compile(r"\s*[\[(<].*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fates:
    """By what they came to, each in the order of the base."""

    passing: int = 0
    """They pass, here or where they were moved."""
    failing: tuple[TestCase, ...] = ()
    """As they came out here."""
    skipped: tuple[TestCase, ...] = ()
    gone: tuple[TestCase, ...] = ()
    """As they came out at the base."""

    @property
    def total(self) -> int:
        """How many there are."""
        return self.passing + len(self.failing) + len(self.skipped) + len(self.gone)


def trace(base: Iterable[TestCase], here: Sequence[TestCase], moved: frozenset[str] = frozenset()) -> Fates:
    """Follow the tests that passed at the base.

    Args:
        base: All tests of the base.
        here: All tests of the checkpoint.
        moved: Names of tests that are known to be in another place or to have another name.
    """
    base = tuple(base)
    passed = [case for case in base if case.outcome == "passed"]
    now = {case.id: case for case in here}
    known = {case.id for case in base}
    arrived = [case for case in here if case.id not in known and case.outcome == "passed"]
    places = {(around, _last(case.id)) for case in arrived for around in _around(case.id)}
    families = Counter(_family(case.id) for case in arrived)
    failing: list[TestCase] = []
    skipped: list[TestCase] = []
    gone: list[TestCase] = []
    passing = 0
    for case in passed:
        found = now.get(case.id)
        if found is not None and found.outcome != "passed":
            (failing if found.outcome == "failed" else skipped).append(found)
        elif found is not None or name_of(case.id) in moved:
            passing += 1
        elif any((around, _last(case.id)) in places for around in _around(case.id)):
            passing += 1  # in a file or class of the same name elsewhere
        elif families[_family(case.id)] > 0:
            families[_family(case.id)] -= 1  # a case of the same test took the place of this one
            passing += 1
        else:
            gone.append(case)
    return Fates(passing, tuple(failing), tuple(skipped), tuple(gone))


def name_of(identity: str) -> str:
    """A test's own name, without its file, its class and what tells one of its cases from another."""
    return _SUBTEST.sub("", _last(identity)) or _last(identity)


def _last(identity: str) -> str:
    return _parts(identity)[-1]


def _parts(identity: str) -> list[str]:
    """File, classes or suites, and name, as far as the runner's way to write them tells."""
    for separator in ("::", " > ", " \u203a "):
        if separator in identity:
            parts = identity.split(separator)
            return [parts[0].rpartition("/")[2], *parts[1:]]
    head = _SUBTEST.sub("", identity)
    parts = re.split(r"[.#/]", head)
    return [*parts[:-1], parts[-1] + identity[len(head) :]]


def _around(identity: str) -> list[str]:
    """The file and the class that a test is in, or as much of that as its name tells."""
    return _parts(identity)[:-1][-2:]


def _family(identity: str) -> str:
    """A test with all its cases."""
    return "::".join([*_parts(identity)[:-1], name_of(identity)])
