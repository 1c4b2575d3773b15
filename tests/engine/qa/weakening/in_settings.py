"""Cases in settings, scripts and continuous integration."""

from __future__ import annotations

from tests.engine.qa.weakening.cases import Case, edit

PYPROJECT = """\
[project]
name = "shop"

[tool.pytest.ini_options]
testpaths = ["tests", "checks"]
addopts = "-q"

[tool.coverage.report]
fail_under = 90
"""
PACKAGE = """\
{
  "name": "shop",
  "scripts": {
    "build": "tsc",
    "test": "jest"
  },
  "jest": {
    "testPathIgnorePatterns": ["/node_modules/"],
    "coverageThreshold": {"global": {"branches": 80, "lines": 85}}
  }
}
"""
MAKEFILE = (
    "all: build\n\nbuild:\n\tcc -o a a.c\n\ntest: build\n\t./a --self-test\n\tpython3 -m pytest\n\nclean:\n\trm -f a\n"
)
WORKFLOW = """\
on: [push]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: npm ci
      - run: npm test
"""
POM = "<project>\n  <properties>\n    <java.version>17</java.version>\n  </properties>\n</project>\n"
TOX = "[tox]\nenvlist = py311\n\n[testenv]\ncommands =\n    pytest {posargs}\n"
W = ".github/workflows/ci.yml"

WEAKENED = [
    edit("addopts -k", "pyproject.toml", PYPROJECT, ('"-q"', "\"-q -k 'not total'\"")),
    edit("addopts --deselect", "pyproject.toml", PYPROJECT, ('"-q"', '"-q --deselect tests/test_a.py::test_b"')),
    edit("addopts --ignore", "pyproject.toml", PYPROJECT, ('"-q"', '"-q --ignore=tests/test_a.py"')),
    edit("testpaths", "pyproject.toml", PYPROJECT, ('["tests", "checks"]', '["tests"]')),
    edit("fail_under", "pyproject.toml", PYPROJECT, ("90", "50")),
    edit("pytest.ini", "pytest.ini", "[pytest]\n", ("[pytest]\n", "[pytest]\naddopts = -k smoke\n")),
    edit("npm test: echo", "package.json", PACKAGE, ('"jest"\n', '"echo ok"\n')),
    edit("npm test: or true", "package.json", PACKAGE, ('"jest"\n', '"jest || true"\n')),
    edit("npm test: a part", "package.json", PACKAGE, ('"jest"\n', '"jest --testPathPattern smoke"\n')),
    edit("npm test: no tests", "package.json", PACKAGE, ('"jest"\n', '"jest --passWithNoTests"\n')),
    edit("npm test: gone", "package.json", PACKAGE, (',\n    "test": "jest"', "")),
    edit("jest ignores", "package.json", PACKAGE, ('"/node_modules/"', '"/node_modules/", "cart"')),
    edit("jest threshold", "package.json", PACKAGE, ('"lines": 85', '"lines": 40')),
    edit("make test: or true", "Makefile", MAKEFILE, ("-m pytest", "-m pytest || true")),
    edit("make test: ignored", "Makefile", MAKEFILE, ("\tpython3 -m pytest", "\t-python3 -m pytest")),
    edit("make test: echo", "Makefile", MAKEFILE, ("\t./a --self-test\n\tpython3 -m pytest", '\t@echo "all passed"')),
    edit("make test: gone", "Makefile", MAKEFILE, ("test: build\n\t./a --self-test\n\tpython3 -m pytest\n\n", "")),
    edit("workflow: or true", W, WORKFLOW, ("npm test", "npm test || true")),
    edit("workflow: step gone", W, WORKFLOW, ("      - run: npm test\n", "")),
    edit("workflow: may fail", W, WORKFLOW, ("npm test", "npm test\n        continue-on-error: true")),
    Case("workflow deleted", {W: WORKFLOW}, {}),
    edit("pom: skipTests", "pom.xml", POM, ("17</java.version>", "17</java.version>\n    <skipTests>true</skipTests>")),
    edit("tox -k", "tox.ini", TOX, ("pytest {posargs}", "pytest -k smoke {posargs}")),
    Case(".loki.toml written", {}, {".loki.toml": 'test_command = "true"\n'}),
    Case(".loki.toml changed", {".loki.toml": 'test_command = "make test"\n'}, {".loki.toml": 'test_command = ":"\n'}),
    Case(".loki.toml broken", {".loki.toml": ""}, {".loki.toml": "[" * 5000}),
    Case(".loki.toml deleted", {".loki.toml": 'test_command = "make test"\n'}, {}),
]

HONEST = [
    edit("a dependency", "pyproject.toml", PYPROJECT, ('"shop"\n', '"shop"\ndependencies = ["attrs"]\n')),
    edit("addopts -ra", "pyproject.toml", PYPROJECT, ('"-q"', '"-q -ra --strict-markers"')),
    edit("more testpaths", "pyproject.toml", PYPROJECT, ('"checks"]', '"checks", "more"]')),
    edit("more coverage", "pyproject.toml", PYPROJECT, ("90", "95")),
    Case("pytest.ini written", {}, {"pytest.ini": "[pytest]\ntestpaths = tests\naddopts = -q\n"}),
    Case("pyproject written", {}, {"pyproject.toml": PYPROJECT}),
    edit("a script", "package.json", PACKAGE, ('"build": "tsc"', '"build": "tsc -p ."')),
    edit("npm test: coverage", "package.json", PACKAGE, ('"jest"\n', '"jest --coverage"\n')),
    edit("npm test: another runner", "package.json", PACKAGE, ('"jest"\n', '"vitest run"\n')),
    Case("package.json written", {}, {"package.json": PACKAGE}),
    Case(
        "npm init's",
        {"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'},
        {"package.json": '{"scripts": {"test": "node --test"}}'},
    ),
    edit("jest ignores what is built", "package.json", PACKAGE, ('"/node_modules/"', '"/node_modules/", "/dist/"')),
    edit("make clean", "Makefile", MAKEFILE, ("rm -f a", "rm -f a || true")),
    edit("make test: more", "Makefile", MAKEFILE, ("\tpython3 -m pytest", "\tpython3 -m pytest\n\tnpm test")),
    edit("workflow: cache", W, WORKFLOW, ("npm ci", "npm ci --prefer-offline")),
    Case("workflow written", {}, {W: WORKFLOW}),
    Case("to another CI", {".travis.yml": "script: npm test\n"}, {W: WORKFLOW}),
    edit("pom: version", "pom.xml", POM, ("17<", "21<")),
    Case(
        "a comment in .loki.toml", {".loki.toml": 'test_command = "a"\n'}, {".loki.toml": '# how\ntest_command = "a"\n'}
    ),
    edit("flake8 ignores", "setup.cfg", "[flake8]\nmax-line-length = 100\n", ("100\n", "100\nignore = E501\n")),
]
