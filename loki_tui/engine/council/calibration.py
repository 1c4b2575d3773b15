"""How good the council is at seeing defects: now and then a member is shown the work with one planted in it.

What is planted follows from the work's own hash, so that a run played again plants the same. Only lines that the work
added are touched, and only where the change keeps the file well-formed: a line is rewritten, never taken out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from loki_tui.core.tools import CastVote
from loki_tui.engine.changes import Change

_CODE = re.compile(r"\.(?:py|js|jsx|mjs|cjs|ts|tsx|go|rs|java|kt|rb|php|c|cc|cpp|h|hpp|cs|swift|scala)$")
_CONDITION = re.compile(r"^\s*(?:\}\s*)?(?:el)?(?:else )?(?:if|while)\b")
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)")
_CHARS = 400
"""Characters of a line that may be rewritten: longer ones nobody reads."""


@dataclass(frozen=True, slots=True)
class Defect:
    """A planted defect."""

    path: str
    line: int
    """Counted from 1."""
    before: str
    after: str
    what: str

    @property
    def told(self) -> str:
        """What was planted and where, in one line."""
        return f"{self.what} in {self.path}:{self.line}: `{self.before.strip()}` became `{self.after.strip()}`"


Rewrite = Callable[[str], str | None]
"""A line with a defect in it, or none where it has no place for one."""


def _swap(pattern: str, other: str, *, within: re.Pattern[str] | None = None) -> Rewrite:
    found = re.compile(pattern)

    def rewrite(line: str) -> str | None:
        if within is not None and not within.match(line):
            return None
        after = found.sub(other, line, count=1)
        return after if after != line else None

    return rewrite


_RETURN = re.compile(r"^\s*return\b")

REWRITES: tuple[tuple[str, Rewrite], ...] = (
    ("an inverted comparison", _swap(r" (?:===|==) ", " != ", within=_CONDITION)),
    ("a comparison off by one", _swap(r" <= ", " < ", within=_CONDITION)),
    ("a comparison off by one", _swap(r" >= ", " > ", within=_CONDITION)),
    ("a comparison off by one", _swap(r" < ", " <= ", within=_CONDITION)),
    ("a comparison off by one", _swap(r" > ", " >= ", within=_CONDITION)),
    ("an inverted guard", _swap(r"^(\s*if )not ", r"\1", within=_CONDITION)),
    ("a guard that never holds", _swap(r"^(\s*if )(?!not |False)([^:]+):\s*$", r"\1False and (\2):")),
    ("a guard that never holds", _swap(r"^(\s*if )\((?!false)(.+)\) \{\s*$", r"\1(false && (\2)) {")),
    ("one condition in place of both", _swap(r" and | && ", " or ", within=re.compile(r"^\s*(?:el)?if .*:\s*$"))),
    ("an inverted result", _swap(r"^(\s*return )True\b", r"\1False")),
    ("an inverted result", _swap(r"^(\s*return )true\b", r"\1false")),
    ("a sign that is wrong", _swap(r" \+ ", " - ", within=_RETURN)),
    ("a sign that is wrong", _swap(r" - ", " + ", within=_RETURN)),
    ("an error that is swallowed", _swap(r"^(\s*)raise\b(?!.*[(\[{]\s*$).*$", r"\1pass")),
    ("an error that is swallowed", _swap(r"^(\s*)throw\b.*;\s*$", r"\1return;")),
    ("an assertion that asserts nothing", _swap(r"^(\s*)assert (?!True\b)[^\\]*[^\\,(\[{]\s*$", r"\1assert True")),
    (
        "an assertion that asserts nothing",
        _swap(r"^(\s*)self\.assert(?!True\(True)\w+\(.*\)\s*$", r"\1self.assertTrue(True)"),
    ),
    (
        "an assertion that asserts nothing",
        _swap(r"^(\s*)expect\((?!true\)).*\)(\.\w+)+\(.*\);\s*$", r"\1expect(true).toBe(true);"),
    ),
)
"""What is planted: in words, and how."""


def choose(changes: Sequence[Change], *, seed: str) -> Defect | None:
    """A defect for these changes, always the same for the same seed; none where there is no place for one."""
    found = [defect for change in changes for defect in _places(change)]
    if not found:
        return None
    return found[int(sha256(seed.encode()).hexdigest(), 16) % len(found)]


def _places(change: Change) -> Iterator[Defect]:
    if change.binary or change.kind == "deleted" or not _CODE.search(change.path):
        return
    for number, line in _added(change.text):
        if len(line) > _CHARS:
            continue
        for what, rewrite in REWRITES:
            if (after := rewrite(line)) is not None:
                yield Defect(change.path, number, line, after, what)


def _added(text: str) -> Iterator[tuple[int, str]]:
    """Lines that a file's part of a diff adds, with their numbers in the file as it is now."""
    number = 0
    for line in text.split("\n"):
        if (hunk := _HUNK.match(line)) is not None:
            number = int(hunk[1])
        elif number and line.startswith("+"):
            yield number, line[1:]
            number += 1
        elif number and line.startswith(" "):
            number += 1


def planted(changes: Sequence[Change], defect: Defect) -> tuple[Change, ...]:
    """The changes as if the defect had been part of the work."""
    return tuple(
        replace(change, text=_in_diff(change.text, defect)) if change.path == defect.path else change
        for change in changes
    )


def _in_diff(text: str, defect: Defect) -> str:
    lines = text.split("\n")
    number = 0
    for at, line in enumerate(lines):
        if (hunk := _HUNK.match(line)) is not None:
            number = int(hunk[1])
        elif number and line.startswith(("+", " ")):
            if number == defect.line and line == f"+{defect.before}":
                lines[at] = f"+{defect.after}"
                break
            number += 1
    return "\n".join(lines)


def in_file(content: str, defect: Defect) -> str | None:
    """A file with the defect in it; none where the file is not what the diff says."""
    lines = content.split("\n")
    at = defect.line - 1
    if at >= len(lines) or lines[at] != defect.before:
        return None
    lines[at] = defect.after
    return "\n".join(lines)


def caught(vote: CastVote | None, defect: Defect) -> bool:
    """Whether a vote shows that the defect was seen: it rejects, and names the file."""
    if vote is None or (vote.verdict == "approve" and not vote.unmet):
        return False
    name = defect.path.rpartition("/")[2]
    said = (*vote.reasons, *vote.evidence)
    return any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) for text in said)


def due(sitting: int, interval: int) -> bool:
    """Whether a member is calibrated at this sitting."""
    return interval > 0 and sitting > 0 and sitting % interval == 0


def turn(members: Sequence[str], sitting: int, interval: int) -> str:
    """Whose turn it is; one after another."""
    return members[(sitting // interval - 1) % len(members)]
