"""How a project is tested, by what it declares."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Read = Callable[[str], Awaitable[str | None]]
"""The text of a file at the project's root, or none where there is none."""


@dataclass(frozen=True, slots=True)
class Runner:
    """A way to run a project's tests."""

    name: str
    command: str


async def detect_runner(read: Read, files: list[str]) -> Runner | None:
    """The test command of a project, or none where it declares nothing known.

    Args:
        read: Reads a file at the root.
        files: Paths of all files, relative to the root.
    """
    if (script := await _npm_test(read)) is not None:
        return Runner("npm", script)
    if "Cargo.toml" in files:
        return Runner("cargo", "cargo test")
    if "go.mod" in files:
        return Runner("go", "go test ./...")
    if "pom.xml" in files:
        # Not quietly: that would keep how many tests ran to itself.
        return Runner("maven", "mvn -B -ntp test")
    if "gradlew" in files:
        return Runner("gradle", "./gradlew test")
    if (runner := await _python(read, files)) is not None:
        return runner
    makefile = await read("Makefile")
    if makefile is not None and re.search(r"^test:", makefile, re.MULTILINE):
        return Runner("make", "make test")
    return None


async def _npm_test(read: Read) -> str | None:
    text = await read("package.json")
    if text is None:
        return None
    try:
        package = json.loads(text)
    except (ValueError, RecursionError):  # an agent wrote it
        return None
    scripts = package.get("scripts") if isinstance(package, dict) else None
    script = scripts.get("test") if isinstance(scripts, dict) else None
    # What `npm init` writes declares that there are no tests.
    if not isinstance(script, str) or "no test specified" in script:
        return None
    return "npm test --silent"


async def _python(read: Read, files: list[str]) -> Runner | None:
    tests = [path for path in files if re.search(r"(^|/)(test_[^/]*|[^/]*_test)\.py$", path)]
    if not tests:
        return None
    if await _wants_pytest(read, files):
        return Runner("pytest", "python3 -m pytest -q")
    start = "-s tests -t ." if "tests/__init__.py" in files else "-s tests" if _all_below_tests(tests) else ""
    return Runner("unittest", f"python3 -m unittest discover -v {start}".strip())


def stand_ins(runner: Runner, files: list[str]) -> list[str]:
    """Files that would be run in place of a Python test runner, or of what it is made of.

    Both look for modules in the project first. Whoever writes one of these decides what a test run says
    without a test having run.
    """
    if runner.name not in {"pytest", "unittest"}:
        return []
    found = (re.fullmatch(r"(\w+)(?:\.py|/__init__\.py)", path) for path in files)
    return sorted(match[0] for match in found if match and match[1] in _OF_THE_RUNNERS)


_OF_THE_RUNNERS = frozenset({"pytest", "_pytest", "pluggy", "iniconfig", "packaging"}) | (
    # What test runners have no use for, and what projects like to call their own.
    sys.stdlib_module_names - {"test", "site", "this", "code", "antigravity", "turtle", "calendar", "statistics"}
)


def _all_below_tests(tests: list[str]) -> bool:
    return all(path.startswith("tests/") for path in tests)


async def _wants_pytest(read: Read, files: list[str]) -> bool:
    if {"pytest.ini", "conftest.py", "tests/conftest.py", "tox.ini"} & set(files):
        return True
    text = await read("pyproject.toml")
    return text is not None and "pytest" in text
