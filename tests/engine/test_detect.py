"""What a project declares decides how it is tested; whatever else lies around does not."""

from __future__ import annotations

import pytest

from loki_tui.engine.detect import Runner, detect_runner, stand_ins

NPM = '{"scripts": {"test": "vitest run"}}'
NPM_INIT = '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'
PLAIN = "python3 -m unittest discover -v"


async def detect(files: dict[str, str]) -> Runner | None:
    async def read(path: str) -> str | None:
        return files.get(path)

    return await detect_runner(read, list(files))


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"package.json": NPM}, "npm test --silent"),
        ({"Cargo.toml": "", "src/lib.rs": ""}, "cargo test"),
        ({"go.mod": "", "a_test.go": ""}, "go test ./..."),
        ({"pom.xml": ""}, "mvn -B -ntp test"),
        ({"gradlew": "", "build.gradle": ""}, "./gradlew test"),
        ({"test_a.py": ""}, PLAIN),
        ({"pkg/a_test.py": ""}, PLAIN),
        ({"tests/test_a.py": ""}, f"{PLAIN} -s tests"),
        ({"tests/test_a.py": "", "tests/__init__.py": ""}, f"{PLAIN} -s tests -t ."),
        ({"tests/test_a.py": "", "test_b.py": ""}, PLAIN),
        ({"test_a.py": "", "pytest.ini": ""}, "python3 -m pytest -q"),
        ({"tests/test_a.py": "", "tests/conftest.py": ""}, "python3 -m pytest -q"),
        ({"test_a.py": "", "pyproject.toml": "[tool.pytest.ini_options]\n"}, "python3 -m pytest -q"),
        ({"test_a.py": "", "pyproject.toml": '[dependency-groups]\ndev = ["pytest>=8"]\n'}, "python3 -m pytest -q"),
        ({"test_a.py": "", "pyproject.toml": "tool = 3\nno toml at all ["}, PLAIN),
        ({"Makefile": "all:\n\ntest: all\n\t./check\n"}, "make test"),
        ({"package.json": NPM, "test_a.py": ""}, "npm test --silent"),
        ({"package.json": NPM_INIT, "test_a.py": ""}, PLAIN),
    ],
)
async def test_projects(files: dict[str, str], command: str) -> None:
    runner = await detect(files)
    assert runner is not None
    assert runner.command == command


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
async def test_nothing_declared_is_nothing_found(files: dict[str, str]) -> None:
    assert await detect(files) is None


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
    assert stand_ins(Runner("unittest", "python3 -m unittest"), files) == instead
    assert stand_ins(Runner("npm", "npm test"), files) == []
