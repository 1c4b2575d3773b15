"""What a project declares decides how it is tested; whatever else lies around does not."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from loki_tui.engine.qa.runners.choosing import Refused, choose
from loki_tui.engine.qa.runners.model import Runner
from loki_tui.engine.qa.runners.python import stand_ins, unittest_roots
from loki_tui.engine.qa.scene import Place
from tests.support.qa import lay_out, settings_of
from tests.support.workspace import LocalWorkspace

NPM = '{"scripts": {"test": "vitest run"}}'
NPM_INIT = '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'
PLAIN = "python3 -m unittest discover -v"


async def found(tmp_path: Path, files: dict[str, str], command: str | None = None) -> Runner | Refused | None:
    place = Place(LocalWorkspace(lay_out(tmp_path, files)))
    return await choose(place, tuple(sorted(files)), settings_of(test_command=command))


@pytest.mark.parametrize(
    ("files", "name", "command"),
    [
        ({"package.json": NPM}, "vitest", "npm test --silent"),
        ({"package.json": NPM.replace("vitest run", "node --test")}, "node", "npm test --silent"),
        ({"package.json": NPM.replace("vitest run", "npx tsc && npx jest -i")}, "jest", "npm test --silent"),
        ({"package.json": NPM.replace("vitest run", "./check.sh")}, "npm", "npm test --silent"),
        ({"Cargo.toml": "", "src/lib.rs": ""}, "cargo", "cargo test"),
        ({"go.mod": "", "a_test.go": ""}, "go", "go test ./..."),
        ({"pom.xml": ""}, "maven", "mvn -B -ntp test"),
        ({"gradlew": "", "build.gradle": ""}, "gradle", "./gradlew test"),
        ({"test_a.py": ""}, "unittest", PLAIN),
        ({"pkg/a_test.py": ""}, "unittest", f"{PLAIN} -s pkg"),
        ({"tests/test_a.py": ""}, "unittest", f"{PLAIN} -s tests"),
        ({"tests/test_a.py": "", "tests/__init__.py": ""}, "unittest", f"{PLAIN} -s tests -t ."),
        ({"tests/test_a.py": "", "test_b.py": ""}, "unittest", f"{PLAIN} && {PLAIN} -s tests"),
        ({"test_a.py": "", "pytest.ini": ""}, "pytest", "python3 -m pytest -q"),
        ({"tests/test_a.py": "", "tests/conftest.py": ""}, "pytest", "python3 -m pytest -q"),
        ({"test_a.py": "", "pyproject.toml": "[tool.pytest.ini_options]\n"}, "pytest", "python3 -m pytest -q"),
        (
            {"test_a.py": "", "pyproject.toml": '[dependency-groups]\ndev = ["pytest"]\n'},
            "pytest",
            "python3 -m pytest -q",
        ),
        ({"test_a.py": "import pytest\n"}, "pytest", "python3 -m pytest -q"),
        ({"test_a.py": "def test_it(): pass\n"}, "pytest", "python3 -m pytest -q"),
        ({"test_a.py": "", "pyproject.toml": "tool = 3\nno toml at all ["}, "unittest", PLAIN),
        ({"Makefile": "all:\n\ntest: all\n\t./check\n"}, "make", "make test"),
        ({"package.json": NPM, "test_a.py": ""}, "vitest", "npm test --silent"),
        ({"package.json": NPM_INIT, "test_a.py": ""}, "unittest", PLAIN),
    ],
)
async def test_projects(tmp_path: Path, files: dict[str, str], name: str, command: str) -> None:
    runner = await found(tmp_path, files)
    assert runner is not None
    assert (runner.name, runner.command) == (name, command)


async def test_what_a_person_names_comes_first(tmp_path: Path) -> None:
    runner = await found(tmp_path, {"package.json": NPM}, "./check --all")
    assert runner is not None
    assert (runner.name, runner.command) == ("custom", "./check --all")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "run the test: by hand"},
        {"main.py": "", "contest.py": "", "testing.py": ""},
        {"package.json": NPM_INIT},
        {"package.json": "{"},
        {"package.json": "[" * 100_000},
        {"package.json": "[]"},
        {"package.json": '{"scripts": []}'},
        {"package.json": '{"scripts": {"test": 5}}'},
        {"vendor/Cargo.toml": ""},
        {"Makefile": "contest:\n\ttrue\n"},
    ],
)
async def test_nothing_declared_is_nothing_found(tmp_path: Path, files: dict[str, str]) -> None:
    assert await found(tmp_path, files) is None


@pytest.mark.parametrize(
    ("files", "instead"),
    [
        (["unittest.py", "test_it.py"], ["unittest.py"]),
        (["pytest/__init__.py", "pluggy.py"], ["pluggy.py", "pytest/__init__.py"]),
        (["argparse.py"], ["argparse.py"]),
        (["src/unittest.py", "pytest/data.txt", "test/__init__.py", "code.py", "statistics.py"], []),
    ],
)
def test_what_would_run_in_place_of_the_runner_is_seen(files: list[str], instead: list[str]) -> None:
    assert stand_ins(files) == instead


async def test_what_would_run_in_place_of_the_runner_is_refused_where_it_is_python(tmp_path: Path) -> None:
    runner = await found(tmp_path / "python", {"unittest.py": "", "test_a.py": ""})
    assert isinstance(runner, Refused)
    assert "unittest.py" in runner.why
    assert not isinstance(await found(tmp_path / "node", {"unittest.py": "", "package.json": NPM}), Refused)


@pytest.mark.parametrize(
    ("files", "roots"),
    [
        (["test_a.py", "pkg/__init__.py", "pkg/test_b.py"], [(".", ".")]),
        (["src/pkg/__init__.py", "src/pkg/tests/__init__.py", "src/pkg/tests/test_a.py"], [("src/pkg", "src")]),
        (["tests/unit/test_a.py", "tests/it/test_b.py"], [("tests/it", "tests/it"), ("tests/unit", "tests/unit")]),
    ],
)
def test_where_unittest_starts(files: list[str], roots: list[tuple[str, str]]) -> None:
    assert unittest_roots(files) == roots


@pytest.mark.parametrize("real", ["linked", "own"])
async def test_an_environment_is_used_where_its_interpreter_is_the_systems(tmp_path: Path, real: str) -> None:
    files = {"test_a.py": ""} | ({".venv/bin/python": "#!/bin/sh\nexit 0\n"} if real == "own" else {})
    if real == "linked":
        (tmp_path / ".venv/bin").mkdir(parents=True)
        (tmp_path / ".venv/bin/python").symlink_to("/bin/sh")
    runner = await found(tmp_path, files)
    expected = ".venv/bin/python" if real == "linked" else "python3"
    assert getattr(runner, "python", None) == expected, shlex.join(files)
