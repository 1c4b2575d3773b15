"""What a vote can cite, and whether a piece of evidence does. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TELLING = 6
"""Characters of a test's name that nothing begins with by chance."""

_SPLIT = re.compile(r"[\s\"'`,;()<>\[\]{}*|]+")
_PLACE = re.compile(r"(?:#L?\d+(?:-L?\d+)?|:\d+(?:[-:]\d+)*)$")
_CHECKPOINT = re.compile(r"c[1-9]\d{0,8}")
_HASH = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class Known:
    """All that a vote can cite."""

    files: frozenset[str]
    """Paths in the checkout, and those that the changes name."""
    phases: frozenset[str] = frozenset()
    """QA phases that were measured."""
    requirements: frozenset[str] = frozenset()
    tests: frozenset[str] = frozenset()
    """Tests that were run, as they may be cited."""
    hashes: frozenset[str] = frozenset()
    """Of commits and trees, whole."""
    checkpoints: int = 0
    """How many were taken."""

    def cites(self, evidence: str) -> bool:
        """Whether a piece of evidence names anything that exists."""
        whole = evidence.strip().strip("`\"'").strip()
        if self._is_file(whole) or self._phase(whole):
            return True
        # Names of tests may be whole sentences.
        if whole.startswith(tuple(test for test in self.tests if len(test) >= _TELLING)):
            return True
        return any(self._names(word) for word in _SPLIT.split(whole) if word)

    def _phase(self, evidence: str) -> bool:
        """A phase is cited where the evidence begins with it: many a phase's name is an everyday word."""
        begun = re.sub(r"^\W*(?:the\s+)?(?:(?:qa\s+)?phase\W+)?", "", evidence.lower())
        return any(re.match(rf"{re.escape(phase.lower())}\b", begun) for phase in self.phases)

    def _names(self, word: str) -> bool:
        bare = word.rstrip(".:!?")
        if word in self.tests or bare in self.tests or bare in self.requirements or self._is_file(bare):
            return True
        if _CHECKPOINT.fullmatch(bare):
            return int(bare[1:]) <= self.checkpoints
        return _HASH.fullmatch(bare) is not None and any(known.startswith(bare) for known in self.hashes)

    def _is_file(self, named: str) -> bool:
        # A test's id begins with its file, and a place in a file ends in a line.
        path = _PLACE.sub("", named.partition("::")[0]).removeprefix("./")
        return path in self.files


def known_files(paths: Iterable[str]) -> frozenset[str]:
    """Paths as they may be cited: whole, or by their last parts."""
    found: set[str] = set()
    for path in paths:
        parts = path.split("/")
        found.update("/".join(parts[at:]) for at in range(len(parts)))
    return frozenset(found)


def known_tests(ids: Iterable[str]) -> frozenset[str]:
    """Tests as they may be cited: by the runner's name, or by its last parts."""
    found: set[str] = set()
    for name in ids:
        parts = name.split("::")
        found.update("::".join(parts[at:]) for at in range(len(parts)))
    return frozenset(found)
