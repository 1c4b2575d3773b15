"""The house style, as far as a program can see it."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAX_MODULE_LINES = 400
MAX_MEDIAN_LINES = 125
MAX_FUNCTION_LINES = 50
MAX_CLASS_LINES = 250
MAX_METHODS = 20

BROAD_HANDLERS = {
    "loki_tui/engine/engine.py": "the engine's top: whatever broke is journaled before the process ends",
    "loki_tui/hands/box/main.py": "the hands' top: whatever broke is answered to the engine",
    "loki_tui/tui/threads.py": "a thread's top: whatever broke is raised by who waits for the thread",
}
"""The boundaries of processes and threads, where any exception may be caught."""

# Put together here, or this file would hold what it looks for.
FOREIGN = re.compile(
    "|".join(
        re.escape(first + second)
        for first, second in [
            ("pypi", ".org"),
            ("pythonhosted", ".org"),
            ("registry.npm", "js.org"),
            ("crates", ".io/api"),
            ("proxy.go", "lang.org"),
            ("ghcr", ".io"),
            ("docker", ".io/"),
            ("/wo", "rk/"),
            ("../sha", "red"),
            ("/opt/", "pypi"),
            ("/opt/", "wheels"),
            ("/home/", "runner"),
        ]
    )
)
"""Hosts of package registries and paths of one machine."""


@cache
def tracked() -> tuple[str, ...]:
    """Every file of the project, new ones too, ignored ones not."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    ).stdout
    return tuple(sorted(name for name in set(listing.split("\0")) if name and (ROOT / name).is_file()))


def python(*tops: str) -> list[str]:
    return [name for name in tracked() if name.endswith(".py") and name.startswith(tops)]


@cache
def parsed(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), name)


def length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def lines(name: str) -> int:
    return len((ROOT / name).read_text(encoding="utf-8").splitlines())


def test_modules_are_short() -> None:
    sizes = {name: lines(name) for name in python("loki_tui/", "tests/", "benchmarks/", "docs/", ".ci/")}
    assert not {name: count for name, count in sizes.items() if count > MAX_MODULE_LINES}


def test_the_median_module_is_small() -> None:
    sizes = [lines(name) for name in python("loki_tui/") if not name.endswith("__init__.py")]
    assert statistics.median(sizes) <= MAX_MEDIAN_LINES


def test_functions_and_classes_are_short() -> None:
    def problems() -> Iterator[str]:
        for name in python("loki_tui/", "benchmarks/", "docs/", ".ci/"):
            for node in ast.walk(parsed(name)):
                where = f"{name}:{getattr(node, 'lineno', 0)}"
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > MAX_FUNCTION_LINES:
                    yield f"{where} {node.name} has {length(node)} lines"
                if isinstance(node, ast.ClassDef):
                    methods = sum(isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body)
                    if length(node) > MAX_CLASS_LINES or methods > MAX_METHODS:
                        yield f"{where} {node.name} has {length(node)} lines and {methods} methods"

    assert not list(problems())


def test_modules_say_what_they_own() -> None:
    assert not [name for name in python("loki_tui/", "benchmarks/") if not ast.get_docstring(parsed(name))]


def test_nothing_but_the_process_boundaries_catches_everything() -> None:
    def broad(handler: ast.ExceptHandler) -> bool:
        caught = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else {""}
        # Tidying up and raising on is not catching.
        passes_on = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
        return not passes_on and not caught.isdisjoint({"", "Exception", "BaseException"})

    found = {
        f"{name}:{node.lineno}"
        for name in python("loki_tui/", "tests/", "benchmarks/")
        if name not in BROAD_HANDLERS
        for node in ast.walk(parsed(name))
        if isinstance(node, ast.ExceptHandler) and broad(node)
    }
    assert not found


def test_tests_neither_sleep_nor_mock() -> None:
    def problems(name: str) -> Iterator[str]:
        ours: set[str] = set()
        for node in ast.walk(parsed(name)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = getattr(node, "module", None) or ""
                names = [alias.name for alias in node.names]
                if module.startswith("loki_tui") or any(each.startswith("loki_tui") for each in names):
                    ours.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
                if "mock" in {*module.split("."), *names}:
                    yield f"{name}:{node.lineno} imports a mock"
        for node in ast.walk(parsed(name)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            call, first = ast.unparse(node.func), node.args[0]
            if call in {"time.sleep", "asyncio.sleep", "sleep", "anyio.sleep"} and ast.unparse(first) != "0":
                yield f"{name}:{node.lineno} sleeps"
            if call.endswith("patch.setattr") and (
                ast.unparse(first).split(".")[0] in ours or ast.unparse(first).startswith(("'loki_tui", '"loki_tui'))
            ):
                yield f"{name}:{node.lineno} replaces our own code"

    assert not [problem for name in python("tests/") for problem in problems(name)]


@pytest.mark.parametrize("pattern", [r"# *noqa(?!: [A-Z]+[0-9])", r"# *type: *ignore(?!\[)", r"# *ruff: *noqa"])
def test_what_is_silenced_is_named(pattern: str) -> None:
    silencer = re.compile(pattern)
    found = [
        f"{name}:{number}"
        for name in python("loki_tui/", "tests/", "benchmarks/", "docs/", ".ci/")
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)
        if silencer.search(line) and 'r"' not in line
    ]
    assert not found


def test_no_file_names_a_registry_or_this_machine() -> None:
    found = []
    for name in tracked():
        text = (ROOT / name).read_bytes().decode("utf-8", errors="replace")
        found += [f"{name}: {match[0]}" for match in FOREIGN.finditer(text)]
    assert not found
