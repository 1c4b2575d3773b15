"""How a project measures its own speed, by what it declares."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass

from loki_tui.core.settings import Settings
from loki_tui.engine.qa.scene import Place

_MOST_SCRIPTS = 5
"""Scripts that are run, of those in a directory."""
_MOST_READ = 400
"""Test files that are looked into for a benchmark."""
_REQUIREMENTS = re.compile(r"^(?:pyproject\.toml|setup\.(?:cfg|py)|tox\.ini|(?:.*/)?requirements[^/]*\.txt|Pipfile)$")
_PYTHON_TEST = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|bench_[^/]*)\.py$")
_USES_FIXTURE = re.compile(r"^\s*(?:async )?def test\w*\([^)]*\bbenchmark\b", re.MULTILINE)
_SCRIPT = re.compile(r"^(?:benchmarks?|bench|perf)/[^/]+\.py$|^bench(?:mark)?s?\.py$")
_LOADS = ((re.compile(r"from ['\"]k6"), "k6"), (re.compile(r"\bimport locust|from locust "), "locust"))


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A command that measures speed."""

    tool: str
    command: str
    report: str = ""
    """Where it writes its figures, relative to the root; empty where it prints them, or its own time is the figure."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was found."""

    benchmark: Benchmark | None = None
    why_none: str = "the project has no benchmark of its own; set LOKI_BENCHMARK_COMMAND to name one"
    is_missing: bool = False
    """Whether there is one that cannot be run here."""


async def find_benchmark(place: Place, settings: Settings) -> Search:
    """How the project in a checkout measures its own speed.

    Raises:
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    files = await place.files()
    if settings.benchmark_command:
        return Search(Benchmark("LOKI_BENCHMARK_COMMAND", settings.benchmark_command))
    if found := await _by_pytest(place, files):
        return Search(found)
    if script := await _npm_script(place, files):
        return Search(Benchmark("npm", f"npm run --silent {script}"))
    if "Cargo.toml" in files and any(path.startswith("benches/") for path in files):
        return Search(Benchmark("cargo", "cargo bench"))
    if "go.mod" in files and await _any_has(
        place, files, "_test.go", re.compile(r"^func Benchmark\w*\(", re.MULTILINE)
    ):
        return Search(Benchmark("go", "go test -run '^$' -bench . -benchmem ./..."))
    if found := await _make_target(place, files):
        return Search(found)
    if scripts := [path for path in files if _SCRIPT.match(path) and not path.endswith("/__init__.py")]:
        each = (f"python3 {shlex.quote(path)}" for path in scripts[:_MOST_SCRIPTS])
        return Search(Benchmark("script", " && ".join(each)))
    return await _load_script(place, files)


async def _by_pytest(place: Place, files: tuple[str, ...]) -> Benchmark | None:
    tests = [path for path in files if _PYTHON_TEST.search(path)]
    if not tests:
        return None
    declared = False
    for path in files:
        if _REQUIREMENTS.match(path) and "pytest-benchmark" in (await place.read(path) or ""):
            declared = True
    if not declared and "benchmark" not in "".join(tests):
        return None
    using = [path for path in tests[:_MOST_READ] if _USES_FIXTURE.search(await place.read(path) or "")]
    if not using:
        return None
    report = f"{place.own}/benchmark.json"
    paths = " ".join(shlex.quote(f"./{path}") for path in using[:50])
    options = f"-q --benchmark-only --benchmark-json={shlex.quote(report)}"
    return Benchmark("pytest-benchmark", f"mkdir -p {place.own} && python3 -m pytest {paths} {options}", report)


async def _npm_script(place: Place, files: tuple[str, ...]) -> str | None:
    text = await place.read("package.json") if "package.json" in files else None
    try:
        package = json.loads(text or "null")
    except (ValueError, RecursionError):  # an agent wrote it
        return None
    scripts = package.get("scripts") if isinstance(package, dict) else None
    names = ("bench", "benchmark", "benchmarks", "perf")
    return next((name for name in names if isinstance(scripts, dict) and isinstance(scripts.get(name), str)), None)


async def _make_target(place: Place, files: tuple[str, ...]) -> Benchmark | None:
    for name in ("GNUmakefile", "makefile", "Makefile"):
        text = await place.read(name) if name in files else None
        if found := re.search(r"^(bench|benchmark|benchmarks|perf)\s*:(?!=)", text or "", re.MULTILINE):
            return Benchmark("make", f"make -s {found[1]}")
    return None


async def _any_has(place: Place, files: tuple[str, ...], ending: str, pattern: re.Pattern[str]) -> bool:
    for path in [path for path in files if path.endswith(ending)][:_MOST_READ]:
        if pattern.search(await place.read(path) or ""):
            return True
    return False


async def _load_script(place: Place, files: tuple[str, ...]) -> Search:
    """A script for a load tester wants a server to be up: whoever has one says how."""
    for path in [
        path for path in files if re.search(r"load|k6|locust|perf|artillery", path) and path.endswith((".js", ".py"))
    ]:
        text = await place.read(path) or ""
        for pattern, tool in _LOADS:
            if pattern.search(text):
                why = f"{path} is for {tool} and a running server: set LOKI_BENCHMARK_COMMAND to what starts both"
                return Search(why_none=why, is_missing=True)
    return Search()
