"""Tests of changed code that the project's test command does not run: another language's, or another package's.

One command is run, and it may be that of a part of the repository only. What it says is true of that part.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from loki_tui.core.vocabulary import Check, TestCase, Verdict

ELSEWHERE = "tests elsewhere"
"""The check that names them."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class _Kind:
    runners: frozenset[str]
    code: re.Pattern[str]
    manifests: frozenset[str]
    tests: re.Pattern[str]


_KINDS = {
    "Python": _Kind(
        frozenset({"pytest", "unittest"}),
        re.compile(r"\.pyi?$"),
        frozenset({"pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", "requirements.txt"}),
        re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$"),
    ),
    "JavaScript": _Kind(
        frozenset({"node", "npm", "jest", "vitest", "mocha"}),
        re.compile(r"\.(?:[cm]?[jt]sx?|vue|svelte)$"),
        frozenset({"package.json"}),
        re.compile(r"[.\-_](?:test|spec)\.[cm]?[jt]sx?$|(?:^|/)(?:tests?|__tests__)/[^/]+\.[cm]?[jt]sx?$"),
    ),
    "Go": _Kind(frozenset({"go"}), re.compile(r"\.go$"), frozenset({"go.mod"}), re.compile(r"_test\.go$")),
    "Rust": _Kind(frozenset({"cargo"}), re.compile(r"\.rs$"), frozenset({"Cargo.toml"}), re.compile(r"\.rs$")),
    "Java": _Kind(
        frozenset({"maven", "gradle"}),
        re.compile(r"\.(?:java|kt)$"),
        frozenset({"pom.xml", "build.gradle", "build.gradle.kts"}),
        re.compile(r"(?:^|/)src/test/.*\.(?:java|kt)$"),
    ),
}


def left_elsewhere(
    files: Collection[str], changed: Iterable[str], *, runner: str, cases: Iterable[TestCase]
) -> Check | None:
    """What of the changes has tests that were not run; none where there is no such thing.

    Args:
        files: All paths of the checkout.
        changed: Paths that differ from the base.
        runner: Name of the one that ran; of one that a person or a Makefile names nothing is known.
        cases: What it reported, by the paths of files where it knows them.
    """
    if not any(runner in kind.runners for kind in _KINDS.values()):
        return None
    known, ran = set(files), tuple(case.id for case in cases)
    left = sorted({found for path in changed if (found := _left_out(path, known, runner, ran))})
    if not left:
        return None
    named = ", ".join(left[:_NAMED]) + (", and more" if len(left) > _NAMED else "")
    why = (
        f"what was changed has tests that {runner} does not run: {named}; LOKI_TEST_COMMAND can name what runs them all"
    )
    return Check(name=ELSEWHERE, verdict=Verdict.NOT_RUN, why=why)


def _left_out(path: str, files: set[str], runner: str, ran: tuple[str, ...]) -> str:
    """The part of the repository whose tests say something of a file and were not run; empty where there is none."""
    for language, kind in _KINDS.items():
        if kind.code.search(path) is None:
            continue
        part = _part_of(path, kind, files)
        if part is None or _is_run(part, kind, files, runner, ran):
            return ""
        below = f"{part}/" if part else ""
        if any(file.startswith(below) and kind.tests.search(file) for file in files):
            return f"{language} in {part or 'the root'}"
    return ""


def _part_of(path: str, kind: _Kind, files: set[str]) -> str | None:
    """The nearest directory above a file that says it is a project of its language's own; none where none does."""
    directory = posixpath.dirname(path)
    while True:
        if any(posixpath.join(directory, name) in files for name in kind.manifests):
            return directory
        if not directory:
            return None
        directory = posixpath.dirname(directory)


def _is_run(part: str, kind: _Kind, files: set[str], runner: str, ran: tuple[str, ...]) -> bool:
    """Whether the runner looks into a part: by what it reported where it names files, else by how it works."""
    if runner not in kind.runners:
        return False
    match runner:
        case "go":
            return not part or "go.work" in files
        case "node" | "jest" | "vitest" | "mocha" | "npm":
            paths = [case for case in ran if "::" in case]
            return not part or not paths or any(case.startswith(f"{part}/") for case in paths)
        case _:
            return True
