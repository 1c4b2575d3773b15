"""Python: pytest or unittest, run by a launcher of the engine's own that reports each test."""

from __future__ import annotations

import posixpath
import re
import secrets
import shlex
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from loki_tui.core.vocabulary import Check, Finding, Verdict
from loki_tui.engine.ports import ActionResult
from loki_tui.engine.qa.inside import text_of
from loki_tui.engine.qa.reports.cases import counts_of
from loki_tui.engine.qa.reports.told import Told, read_told
from loki_tui.engine.qa.runners.model import Ran, Report
from loki_tui.engine.qa.runners.planted import doubt_of, plant, remove
from loki_tui.engine.qa.scene import Place

_TESTS = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")
_CONFIGURED = frozenset({"pytest.ini", ".pytest.ini", "conftest.py", "tests/conftest.py", "tox.ini"})

_SETTINGS = {
    "pytest.ini": "[pytest]",
    ".pytest.ini": "[pytest]",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
    "pyproject.toml": "[tool.pytest.",
}
"""Files that pytest is configured in, and by what."""
_MORE_TESTS = re.compile(r"--doctest-(?:modules|glob)|^\s*python_files\b", re.MULTILINE)

# An environment's interpreter is a link to the system's; a file of its own may be anything.
_LOOK = r"""
python=python3
for place in .venv venv; do
  real=$(readlink -f "$place/bin/python" 2>/dev/null) && [ -x "$real" ] || continue
  case $real in "$(dirname "$(readlink -f "$place")")"/* | "$PWD"/* | "$HOME"/* | /tmp/* | /var/tmp/*) ;;
  *) python=$place/bin/python; break ;; esac
done
echo "$python"
grep -rqE --include='test_*.py' --include='*_test.py' \
  --exclude-dir=node_modules --exclude-dir=.venv --exclude-dir=venv --exclude-dir=vendor \
  '^(import|from) pytest\b|^(async )?def test' . && echo functions
true
"""
_LOOK_SECONDS = 60.0

_AS_WRITTEN = ("--check-hash-based-pycs", "always")
"""Byte code that came with the project is not run in place of its source."""
PYTEST_COMMAND = "python3 -m pytest -q"
UNITTEST_COMMAND = "python3 -m unittest discover -v"


@dataclass(frozen=True, slots=True)
class PythonRunner:
    """pytest or unittest; implements `Runner`."""

    name: str
    files: tuple[str, ...]
    python: str = "python3"
    functions: bool = False
    """Whether there are tests that unittest does not know."""

    @property
    def command(self) -> str:
        """What a person types."""
        if self.name == "pytest":
            return PYTEST_COMMAND
        return " && ".join(_discover(start, top) for start, top in unittest_roots(self.files))

    async def run(self, place: Place, timeout: float) -> Ran:
        """Run all tests; with unittest where there is no pytest, and no test that takes it."""
        result, told = await self._launch(place, self._arguments(place), timeout)
        if told is not None and told.missing and self.name == "pytest" and not self.functions:
            return await replace(self, name="unittest").run(place, timeout)
        return Ran(result, _report_of(told, result, self.name))

    async def doubt(self, place: Place, timeout: float) -> str:
        """Why the runner is not to be believed; see `Runner`."""
        if self.name == "pytest":
            tests = Counter(posixpath.dirname(path) for path in python_tests(self.files))
            start, content, failures = next(iter(tests.most_common(1)), ("",))[0], _pytest_file, 3
        else:
            start, content, failures = unittest_roots(self.files)[0][0], _unittest_file, 2
        planted = plant(
            lambda words: posixpath.join(start, f"test_{words}.py"), content, failures=failures, taken=self.files
        )
        await place.write(planted.path, planted.content)
        if self.name == "pytest":
            arguments = [*self._arguments(place), *_ANY_NAME, "--planted", planted.path]
        else:
            arguments = [f"{posixpath.normpath(planted.path)}:{unittest_roots(self.files)[0][1]}"]
        result, told = await self._launch(place, arguments, timeout)
        await remove(planted, place)
        return doubt_of(planted, result.exit_code, None if told is None else told.cases)

    def _arguments(self, place: Place) -> Sequence[str]:
        if self.name == "pytest":
            # What an earlier run left in the cache would say what to leave out.
            return ["-q", "--rootdir=.", "-o", f"cache_dir={place.own}/cache"]
        return [f"{start}:{top}" for start, top in unittest_roots(self.files)]

    async def _launch(self, place: Place, arguments: Sequence[str], timeout: float) -> tuple[ActionResult, Told | None]:
        kind = f"in_{self.name}"
        for name in ("run.py", f"{kind}.py"):
            await place.write(f"{place.own}/{name}", text_of(name))
        report = f"{place.own}/{secrets.token_hex(8)}"
        words = (self.python, *_AS_WRITTEN, f"{place.own}/run.py", report, kind, *arguments)
        result = await place.run(" ".join(map(shlex.quote, words)), timeout=timeout)
        text = await place.read(report)
        return result, None if text is None else read_told(text)


_ANY_NAME = ("-o", "python_files=*.py", "-o", "python_functions=test", "-o", "python_classes=Test")
"""So that a planted file is collected whatever a project calls its own tests."""


async def find_python(place: Place, files: tuple[str, ...]) -> PythonRunner | None:
    """What runs a project's Python tests; none where it has none."""
    if not python_tests(files):
        return PythonRunner("pytest", files) if await _collects_more(place, files) else None
    looked = await place.run(_LOOK, timeout=_LOOK_SECONDS)
    python, *rest = looked.output.split() or ["python3"]
    functions = "functions" in rest
    wanted = functions or bool(_CONFIGURED & set(files)) or "pytest" in (await place.read("pyproject.toml") or "")
    return PythonRunner("pytest" if wanted else "unittest", files, python, functions=functions)


async def _collects_more(place: Place, files: tuple[str, ...]) -> bool:
    """Whether pytest is told to find tests where files are not named for it, as in the documentation of functions."""
    for name in _SETTINGS.keys() & set(files):
        text = await place.read(name) or ""
        if _SETTINGS[name] in text and _MORE_TESTS.search(text):
            return True
    return False


def python_tests(files: Iterable[str]) -> list[str]:
    """The test files of a project, by their names."""
    return [path for path in files if _TESTS.search(path)]


def unittest_roots(files: Collection[str]) -> list[tuple[str, str]]:
    """Where unittest has to start to find every test file, and the top of the packages there."""
    known = set(files)
    roots: dict[tuple[str, str], None] = {}
    for path in python_tests(files):
        start = top = posixpath.dirname(path) or "."
        while f"{top}/__init__.py" in known:
            start, top = top, posixpath.dirname(top) or "."
        roots[start, top] = None
    # A package is found from where its top is, if that is a start itself.
    return sorted(root for root in roots if root[0] == root[1] or (root[1], root[1]) not in roots)


def stand_ins(files: Iterable[str]) -> list[str]:
    """Files that would be run in place of a Python test runner, or of what it is made of.

    Both look for modules in the project first. Whoever writes one of these decides what a test run says
    without a test having run.
    """
    found = (re.fullmatch(r"(\w+)(?:\.py|/__init__\.py)", path) for path in files)
    return sorted(match[0] for match in found if match and match[1] in _OF_THE_RUNNERS)


_OF_THE_RUNNERS = frozenset({"pytest", "_pytest", "pluggy", "iniconfig", "packaging"}) | (
    # What test runners have no use for, and what projects like to call their own.
    sys.stdlib_module_names - {"test", "site", "this", "code", "antigravity", "turtle", "calendar", "statistics"}
)


def _discover(start: str, top: str) -> str:
    options = [] if start == "." else ["-s", start] if start == top else ["-s", start, "-t", top]
    return " ".join([UNITTEST_COMMAND, *map(shlex.quote, options)])


def _report_of(told: Told | None, result: ActionResult, name: str) -> Report:
    """What a launcher's report amounts to, beside how its process ended."""
    if told is None:
        return Report(doubts=(f"{name} ended before it could report: something ended the whole process",))
    if told.missing:
        return Report(missing=f"{told.missing} is not installed where the tests run; install it, or use unittest")
    doubts = [told.stopped] if told.stopped else []
    if told.status != result.exit_code and not told.stopped:
        doubts.append(f"{name} reported exit code {told.status} and ended with {result.exit_code}")
    if told.turned:
        doubts.append(f"{len(told.turned)} tests raised an error and were reported as passed: {told.turned[0]}")
    if told.changed:
        doubts.append(f"the project put something else in the place of {told.changed[0]}")
    if name == "pytest" and not result.exit_code and told.collected > len(told.cases):
        doubts.append(f"{told.collected} tests were found and {len(told.cases)} reported on")
    checks, findings = _left_out(told)
    return Report(told.cases, counts_of(told.cases), doubts=tuple(doubts), checks=checks, findings=findings)


def _left_out(told: Told) -> tuple[tuple[Check, ...], tuple[Finding, ...]]:
    """What there is to say of tests that the project itself leaves out."""
    if not told.left_out_count:
        return (), ()
    why = f"the project's own configuration leaves out {told.left_out_count} tests, such as {told.left_out[0]}"
    named = (
        Finding(severity="low", message=f"left out by the project's configuration: {name}") for name in told.left_out
    )
    return (Check(name="left out", verdict=Verdict.NOT_RUN, why=why),), tuple(named)


def _pytest_file(word: str, one: int, other: int) -> str:
    return f"""import unittest


def combined(*{word}s):
    return sum({word}s)


def test_{word}():
    assert combined({one}, {other}) == {one + other + 1}


class Test{word.title()}(unittest.TestCase):
    def test_{word}_is_combined(self):
        self.assertEqual(combined({one}, {other}), {one + other - 1})

    def test_{word}_is_known(self):
        raise KeyError("{word}")
"""


def _unittest_file(word: str, one: int, other: int) -> str:
    return f"""import unittest


class {word.title()}Test(unittest.TestCase):
    def test_{word}_is_combined(self):
        self.assertEqual(sum([{one}, {other}]), {one + other + 1})

    def test_{word}_is_known(self):
        raise KeyError("{word}")
"""
